import { lines, list, type Area } from '../grammar.ts';

export const tech: Area = {
  label: 'Computers and Electronics',
  steps: lines(`
    {Restart|Turn off} {the device|your computer|it} {and turn it on again|}
    {Open|Launch} the {settings|app|program|menu}
    {Click|Tap|Select} {"Save"|"OK"|"Next"|"Apply"}
    {Update|Install} the latest {version|software|driver}
    {Back up|Save} {your files|your work|everything} {first|to the cloud|on a drive}
    {Right-click|Click|Double-click} the {icon|file|folder}
    {Scroll|Swipe} down {to the bottom|until you see it}
    {Plug|Connect} {it|the cable} {in|to a port|to the charger}
    {Sign|Log} {in|out} {with your account|again}
    {Search|Look} for {the error message|a fix|the model number} online
    {Download|Copy} the file to your {desktop|device|downloads folder}
    {Enter|Type} your {name|email address|code}
  `),
  details: lines(`
    {The menu|This option} {may be named differently|has moved} in {newer|older} versions
    {The icon|It} {looks like|is} a {gear|pencil|trash can|set of three dots}
    {You will|You may} {be asked to confirm|see a warning}
    {This cannot be undone|Changes are saved by themselves}
    {A cable|Wi-Fi|The battery} is the usual {problem|culprit}
  `),
  topics: [
    {
      label: 'Smartphones',
      parents: ['Phones and Gadgets'],
      rows: 330,
      also: ['Internet Security', 'Photo Editing'],
      titles: lines(`
        {Reset|Set Up|Unlock|Speed Up|Charge} {a|an} $it
        {Block Calls|Take a Screenshot|Save Battery|Free Up Storage} on {a|an} $it
      `),
      subjects: list(
        'Android phone, smartphone, old phone, tablet, new phone, phone with a cracked screen, work phone',
      ),
      methods: list('Using the Settings, Using an App, Using the Buttons'),
      steps: lines(`
        {Press|Hold} the {power|volume|home} button {for ten seconds|until it vibrates}
        {Swipe|Tap} {up from the bottom|the notification|and hold the app}
        {Turn|Switch} {on|off} {airplane mode|Bluetooth|location|dark mode}
        {Remove|Insert} the SIM {card|tray} {with a pin|}
        {Lower|Dim} the {brightness|screen timeout}
        {Delete|Uninstall} {apps|photos|messages} you no longer {use|need}
        {Block|Silence} {the number|unknown callers|group chats}
        {Charge|Unplug} {it|the phone|the battery} {at 80 percent|before bed}
        {Clean|Replace} the {charging port|screen protector|case}
        {Transfer|Move} your {contacts|messages|photos} {to the new phone|with a cable}
        {Clear|Check} the {cache|storage|battery usage}
        {Set|Change} {the ringtone|a passcode|the wallpaper|a fingerprint}
      `),
      details: lines(`
        {Apps|Games} in the background {drain|use} the battery
        {Heat|Cold} {harms|slows} the battery
        {Your carrier|A repair shop} can {unlock|replace} it
        A {cracked|wet} screen should be {seen to|dried} at once
      `),
    },
    {
      label: 'Spreadsheets',
      parents: ['Software'],
      rows: 260,
      also: ['Budgeting', 'Mathematics'],
      titles: lines(`
        {Make|Create|Format|Sort|Share} a $it {|in a Spreadsheet}
      `),
      subjects: list(
        'pivot table, budget sheet, bar chart, drop-down list, timesheet, invoice, mailing list, grade book, loan table, checklist',
      ),
      methods: list('Entering Data, Using Formulas, Making Charts, Formatting'),
      steps: lines(`
        {Select|Highlight} the {cells|column|range|header row}
        {Type|Enter} the formula {=SUM(A1:A10)|=AVERAGE(B2:B20)|=A2*B2} {in the first cell|}
        {Drag|Copy} the {corner|formula|fill handle} {down|across} the {column|rows}
        {Sort|Filter} the {rows|data} by {date|amount|name}
        {Insert|Delete} a {row|column|chart|sheet}
        {Freeze|Hide} the {first row|top row|extra columns}
        {Format|Show} the {numbers|cells} as {currency|percentages|dates}
        {Merge|Color|Border} the {header|title} cells
        {Rename|Duplicate} the {sheet|tab}
        {Label|Title} the {axes|columns|chart}
        {Export|Print} the {sheet|table} as a {PDF|CSV file}
        {Check|Fix} the {error|reference} in the formula
      `),
      details: lines(`
        {A dollar sign|Ctrl+Z} {keeps the reference fixed|undoes it}
        {Empty cells|Text} {are counted as zero|break the sum}
        {Totals|Results} change as soon as you {edit|enter} a number
        The {chart|pivot table} uses the {first row|labels} as names
      `),
    },
    {
      label: 'Internet Security',
      parents: ['Internet'],
      rows: 190,
      also: ['Smartphones', 'Social Media'],
      titles: lines(`
        {Create|Protect|Recover|Change} a $it
        {Avoid|Spot|Report} {Phishing|Scams|Identity Theft}
      `),
      subjects: list(
        'strong password, hacked account, home network, email account, password manager, backup, bank account',
      ),
      methods: list('Choosing Passwords, Spotting Scams, Securing Devices'),
      steps: lines(`
        {Use|Create|Choose} a {long|different|random} password {for each account|with symbols}
        {Turn|Set} {on|up} two-factor {authentication|login}
        {Ignore|Report|Delete} {suspicious|strange} {emails|links|messages}
        {Scan|Check} {your computer|the drive} for {viruses|malware|spyware}
        {Hover|Look} {over|at} the {link|sender's address} before clicking
        {Change|Reset} {the router's|your} password
        {Sign|Log} out {of all sessions|on shared computers}
        {Write|Store} your {passwords|recovery codes} {in a manager|offline}
        {Freeze|Check} your {credit|bank account} {for strange charges|}
        {Encrypt|Lock} the {drive|network|screen}
      `),
      details: lines(`
        {Banks|Real companies} never ask for your password
        {Hackers|Scammers} try {common words|old leaks} first
        {A passphrase|Four random words} is easy to remember and hard to guess
        Public Wi-Fi is {not private|easy to spy on}
      `),
    },
    {
      label: 'Social Media',
      parents: ['Internet'],
      rows: 125,
      also: ['Photo Editing', 'Internet Security', 'Friendship'],
      titles: lines(`
        {Delete|Set Up|Grow|Promote|Hide} a $it
      `),
      subjects: list('profile, group page, video channel, blog, podcast, photo account, dating profile'),
      methods: list('Posting, Managing Privacy, Gaining Followers'),
      steps: lines(`
        {Post|Upload|Share} a {photo|video|story} {every $day|at noon}
        {Write|Edit} your {bio|profile|caption}
        {Add|Use} {hashtags|a location|keywords}
        {Block|Unfollow|Mute} {the person|strangers|the account}
        {Reply|Respond} to {comments|messages}
        {Change|Review} who can see your {posts|friends list}
        {Delete|Deactivate} your account
        {Ask|Invite} {friends|followers} to {share|follow|subscribe}
      `),
      details: lines(`
        {Nothing|A deleted post} is ever truly gone
        {Faces|Short videos} get more {likes|views}
        {Trolls|Rude comments} want attention
      `),
    },
    {
      label: 'Websites',
      parents: ['Internet', 'Software'],
      rows: 100,
      also: ['Small Business', 'Spreadsheets'],
      titles: lines(`
        {Build|Code|Publish|Design} a $it
      `),
      subjects: list('web page, online store, portfolio site, HTML form, landing page, web app, wiki'),
      methods: list('Writing the Markup, Styling, Publishing'),
      steps: lines(`
        {Write|Close} the {tags|headings|function|loop}
        {Register|Buy} a domain {name|}
        {Upload|Push} the {files|code|images} to the {server|host}
        {Style|Center} the {page|text|menu} with CSS
        {Test|View} the page in {several browsers|a phone-sized window}
        {Fix|Debug} the {errors|code|broken links}
        {Link|Embed} the {pages|video|style sheet}
        {Save|Name} the file with {an .html|a .js} ending
      `),
      details: lines(`
        {A missing|One extra} {bracket|semicolon} breaks {everything|the script}
        {Visitors|Readers} leave a slow page
        {Indent|Comment} your code
      `),
    },
    {
      label: 'Photo Editing',
      parents: ['Software'],
      rows: 85,
      also: ['Photography'],
      titles: lines(`
        {Crop|Resize|Retouch|Edit|Restore} {a|an} $it
      `),
      subjects: list('portrait, old photograph, selfie, image, logo, screenshot, black and white photo'),
      methods: list('Using Layers, Adjusting Color, Exporting'),
      steps: lines(`
        {Crop|Straighten|Rotate} the {image|photo|horizon}
        {Duplicate|Hide|Merge} the {layer|background}
        {Adjust|Raise} the {contrast|exposure|saturation}
        {Select|Erase|Mask} the {background|subject|edges}
        {Heal|Clone} {spots|scratches|blemishes}
        {Export|Save} {it|a copy} as {PNG|JPEG}
        {Blur|Sharpen} the {eyes|edges|background}
        {Resize|Scale} {it|the canvas} to {800|1200} pixels
      `),
      details: lines(`
        {Work|Edit} on a copy so that the original is safe
        {Skin|The sky} turns {gray|orange} if you push it too far
      `),
    },
    {
      label: 'Printers',
      parents: ['Phones and Gadgets'],
      rows: 36,
      also: ['Spreadsheets'],
      titles: lines(`
        {Fix|Connect|Refill|Share} a $it
      `),
      subjects: list('printer, scanner, laser printer, jammed printer, ink cartridge'),
      methods: list('Clearing Jams, Connecting, Replacing Ink'),
      steps: lines(`
        {Load|Fan} the paper
        {Pull|Remove} the jammed {sheet|paper} {in the direction of travel|}
        {Replace|Shake} the {toner|ink|cartridge}
        {Print|Align} a test page
        {Add|Share} the printer on the network
        {Clean|Wipe} the {print heads|rollers|glass}
      `),
      details: lines(`
        {Streaks|Faded text} mean the {ink|toner} is low
        Torn scraps jam the rollers again
      `),
    },
    {
      label: 'Video Games',
      parents: [],
      rows: 155,
      also: ['Smartphones'],
      titles: lines(`
        {Win|Beat|Play|Level Up in} a $it
      `),
      subjects: list(
        'racing game, role-playing game, building game, puzzle game, fighting game, farming game, strategy game, online shooter',
      ),
      methods: list('Getting Started, Leveling Up, Beating Bosses, Playing Online'),
      steps: lines(`
        {Collect|Mine|Craft} {coins|wood|armor|iron} {early|before nightfall}
        {Defeat|Dodge|Fight} the {boss|enemies|dragon}
        {Save|Load} the game {often|before the fight}
        {Upgrade|Equip} your {sword|character|kart|base}
        {Level|Power} up {your team|a healer|one skill}
        {Explore|Unlock} the {map|dungeon|next world}
        {Press|Hold} {the jump button|A and B together}
        {Join|Start} a {guild|match|server}
        {Build|Plant|Breed} {a shelter|crops|animals} {near water|}
        {Mute|Report} players who {cheat|are rude}
      `),
      details: lines(`
        {Bosses|Enemies} {have a pattern|flash before they attack}
        {Health|Mana} {refills|runs out} when you {sleep|run}
        {Gold|Rare items} can be {traded|sold}
      `),
    },
  ],
};
