import { lines, list, type Area } from '../grammar.ts';

export const family: Area = {
  label: 'Family Life',
  steps: lines(`
    {Set|Explain} {clear rules|limits|a routine}
    {Praise|Hug|Encourage} {your child|the child|them}
    {Talk|Read|Sing} to {your child|your baby}
    {Offer|Give} {choices|a snack|a favorite toy}
    {Plan|Do} something together {as a family|}
    {Keep|Put} {dangerous things|medicine} out of reach
    {Ask|Call} the {pediatrician|teacher|grandparents}
    {Stay|Remain} {calm|consistent}
  `),
  details: lines(`
    {Children|Kids} {copy|notice} what you do
    {Every|Each} child {grows|learns} at {its|their} own pace
    {Parents|You} need {rest|help} too
    {Yelling|Bribes} {rarely works|makes it worse}
  `),
  topics: [
    {
      label: 'Babies',
      parents: ['Parenting'],
      rows: 210,
      also: ['Sleep', 'First Aid', 'Nutrition'],
      titles: lines(`
        {Bathe|Burp|Feed|Soothe|Dress|Swaddle} a $it
      `),
      subjects: list(
        'newborn, crying baby, baby with colic, premature baby, teething baby, six-month-old, baby at night, infant',
      ),
      methods: list('Feeding, Soothing, Changing, Bathing'),
      steps: lines(`
        {Support|Cradle} {the|your} {baby's head|newborn}
        {Change|Check} the diaper {often|before bed}
        {Warm|Sterilize|Shake} the {bottle|formula}
        {Burp|Rock|Swaddle} {the baby|your baby} {over your shoulder|in a blanket|after feeding}
        {Lay|Put} {the baby|your baby} {on its back|down awake|in the crib}
        {Wipe|Bathe} {the baby|from front to back} {with a washcloth|in a small tub}
        {Test|Check} the water with your elbow
        {Latch|Hold} the baby {at the breast|tummy to tummy}
        {Mash|Purée|Introduce} {carrots|banana|solid food}
        {Let|Give} {the baby|it} {chew a cold ring|time on its tummy}
        {Hum|Shush|Walk} until {the crying stops|the baby is calm}
      `),
      details: lines(`
        {Newborns|Babies} {sleep|feed} {every two or three hours|16 hours a day}
        {Honey|Blankets} {is|are} not safe in the first year
        {A fever|Fewer wet diapers} {calls for|needs} a doctor
      `),
    },
    {
      label: 'Toddlers',
      parents: ['Parenting'],
      rows: 112,
      also: ['Babies', 'Drawing', 'Dental Care'],
      titles: lines(`
        {Potty Train|Discipline|Entertain|Teach} a $it
      `),
      subjects: list(
        'toddler, picky eater, three-year-old, stubborn preschooler, shy child, child who bites',
      ),
      methods: list('Potty Training, Handling Tantrums, Playing'),
      steps: lines(`
        {Sit|Put} {your child|your toddler} on the potty {after meals|}
        {Use|Give} a time-out {of two minutes|}
        {Ignore|Wait out} the tantrum
        {Read|Choose} a picture book {at bedtime|}
        {Hide|Serve} vegetables {in a sauce|with a dip}
        {Let|Help} {your toddler|your child} {dress|choose a shirt|stir the batter}
        {Childproof|Gate} the {stairs|outlets}
        {Build|Play} {towers|pretend|hide and seek}
        {Stick|Earn} a star on the chart
      `),
      details: lines(`
        {Toddlers|Two-year-olds} say no to everything
        {Accidents|Tantrums} {are|stay} normal
      `),
    },
    {
      label: 'Teenagers',
      parents: ['Parenting'],
      rows: 58,
      also: ['Driving', 'Social Media', 'Friendship'],
      titles: lines(`
        {Talk to|Ground|Trust|Motivate} a $it
      `),
      subjects: list('teenager, teenage daughter, moody son, teen who lies, high school student'),
      methods: list('Talking, Setting Boundaries'),
      steps: lines(`
        {Knock|Wait} before {entering|you lecture}
        {Agree|Insist} on a curfew
        {Take|Limit} {away the phone|screen time}
        {Respect|Ask about} their {privacy|music|friends}
        {Discuss|Explain} {drugs|consent|grades}
        {Let|Allow} {them|your teen} {fail|choose a hobby|earn money}
      `),
      details: lines(`
        {Teens|They} need {more sleep|to be heard}
        Pick your battles
      `),
    },
    {
      label: 'Gift Giving',
      parents: ['Holidays and Traditions'],
      rows: 118,
      also: ['Friendship', 'Knitting and Crochet', 'Cookies'],
      titles: lines(`
        {Wrap|Choose|Make|Give} a $it
      `),
      subjects: list(
        "birthday gift, gift basket, round present, gift for a teacher, Mother's Day card, stocking, last-minute gift, homemade present",
      ),
      methods: list('Finding Ideas, Wrapping, Presenting'),
      steps: lines(`
        {Wrap|Tape|Crease} the {paper|ends} {around the box|}
        {Tie|Curl} the {ribbon|bow}
        {Write|Sign} the {card|tag}
        {Remove|Hide} the price tag
        {Fill|Line} the {basket|box} with {tissue|treats}
        {Ask|Drop} hints {to their family|}
        {Buy|Knit|Bake} {something personal|a scarf|a batch of cookies}
        {Hand|Mail} it over {in person|in time}
      `),
      details: lines(`
        {Thought|A handwritten note} counts more than price
        {Gift cards|Receipts} let them {choose|exchange it}
      `),
    },
    {
      label: 'Costumes',
      parents: ['Holidays and Traditions'],
      rows: 34,
      also: ['Sewing', 'Makeup'],
      titles: lines(`
        Make a $it
      `),
      subjects: list(
        'witch costume, pirate costume, vampire cape, robot costume, ghost sheet, superhero mask',
      ),
      methods: list('Making the Outfit, Doing the Face'),
      steps: lines(`
        {Cut|Paint} {eye holes|cardboard|felt}
        {Wear|Tear} {a black dress|an old shirt|striped socks}
        {Paint|Draw} {fake blood|whiskers|stitches} on your face
        {Carry|Add} {a broom|a sword|fangs}
        {Spray|Tease} your hair {gray|}
        {Glue|Sew} on {sequins|foil|a cape}
      `),
      details: lines(`
        {Masks|Long capes} {block your view|catch on doors}
        Face paint comes off with {oil|cream}
      `),
    },
  ],
};
