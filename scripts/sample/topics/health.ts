import { lines, list, type Area } from '../grammar.ts';

export const health: Area = {
  label: 'Health',
  steps: lines(`
    {See|Call|Visit} {a|your} doctor {if it does not improve|within a week|right away}
    {Drink|Sip} {plenty of |}{water|fluids}
    {Get|Have} enough {rest|sleep}
    {Take|Ask about} {a painkiller|medication|vitamins} {as directed|}
    {Apply|Hold} {a cold pack|ice|a warm towel} {to the area|for $minutes}
    {Breathe|Exhale} {deeply|slowly} {through your nose|for a count of four}
    {Lie|Sit} down {in a dark room|and raise your legs}
    {Avoid|Cut down on} {caffeine|alcohol|sugar|screens}
    {Wash|Dry} your hands {with soap|often}
    {Keep|Start} a {diary|log} of your {symptoms|meals|moods}
    {Stretch|Massage} your {neck|back|legs} 
  `),
  details: lines(`
    {Symptoms|Pain} that {last|return} {should be checked|need a doctor}
    {Your doctor|A pharmacist} can {tell you more|adjust the dose}
    {Children|Older people|Pregnant women} should {ask first|take less}
    {Stress|Dehydration|Lack of sleep} {makes it worse|is a common cause}
    {Everybody's|The} body {reacts|heals} at its own pace
  `),
  topics: [
    {
      label: 'Sleep',
      parents: ['Mental Health'],
      rows: 220,
      also: ['Stress Management', 'Babies'],
      titles: lines(`
        {Fall Asleep|Sleep Better|Wake Up Early|Stop Snoring} {|with $it|Despite $it}
      `),
      subjects: list(
        'insomnia, a cold, jet lag, a noisy neighbor, night shifts, bad dreams, back pain, hot weather',
      ),
      methods: list('Changing Your Routine, Preparing the Bedroom, Relaxing'),
      steps: lines(`
        {Go|Get} to bed {at the same time|earlier|only when tired}
        {Darken|Cool} the {bedroom|room}
        {Turn|Switch} off {screens|your phone|the lights} {an hour before bed|}
        {Avoid|Limit} {naps|coffee|heavy meals} {after noon|in the evening}
        {Set|Move} the alarm {across the room|}
        {Change|Replace} your {pillow|mattress|sheets}
        {Count|Picture} {backward|sheep|a calm place}
        {Relax|Tense} each muscle {in turn|from your toes up}
        {Read|Listen} {to quiet music|a dull book|until drowsy}
        {Get|Step} {up|outside} {as soon as you wake|into sunlight}
        {Sleep|Lie} on your {side|back}
      `),
      details: lines(`
        {Blue light|A snack} {tells your brain|keeps you awake}
        {Seven to nine|Eight} hours is normal for adults
        {Snoring|Waking up tired} may be {apnea|a sign of something else}
        The bed should be for sleeping only
      `),
    },
    {
      label: 'Stress Management',
      parents: ['Mental Health'],
      rows: 240,
      also: ['Yoga', 'Sleep', 'Studying'],
      titles: lines(`
        {Cope with|Manage|Reduce|Overcome} $it
      `),
      subjects: list(
        'stress, anxiety, panic attacks, burnout, anger, worry, exam nerves, grief, loneliness, fear of flying',
      ),
      methods: list('Calming Down Now, Changing Habits, Getting Support'),
      steps: lines(`
        {Name|Notice|Accept} {the feeling|what you feel|your thoughts}
        {Talk|Write} {to someone you trust|about what worries you|it down}
        {Meditate|Breathe} for $minutes
        {Challenge|Question} {negative|anxious} thoughts
        {Say|Learn to say} no
        {Go|Take} {for a walk|a break|a day off}
        {Ground|Distract} yourself with {five things you can see|music}
        {Find|Make} time for {hobbies|friends|yourself}
        {See|Join} a {therapist|support group}
        {Break|Split} {big |}{tasks|problems} into {small steps|parts}
        {Limit|Turn off} {the news|notifications}
        {Practice|List} {gratitude|what you can control}
      `),
      details: lines(`
        {Feelings|Panic} {pass|fade} like a wave
        {Nobody|You} {is calm all the time|deserve help}
        {Exercise|Laughter} lowers {stress hormones|tension}
        If you think about harming yourself, call for help at once
      `),
    },
    {
      label: 'First Aid',
      parents: [],
      rows: 150,
      also: ['Babies', 'Camping', 'Dogs'],
      titles: lines(`
        {Treat|Dress|Relieve|Recognize} {a|an} $it
      `),
      subjects: list(
        'burn, sprained ankle, nosebleed, bee sting, deep cut, splinter, blister, insect bite, concussion, black eye, fever',
      ),
      methods: list('Acting Fast, Dressing the Wound, Watching for Complications'),
      steps: lines(`
        {Clean|Rinse|Flush} the {wound|cut|burn|bite} {under running water|with saline}
        {Press|Pinch|Hold} {the wound|your nose} {until the bleeding stops|for $minutes}
        {Cover|Wrap|Bandage} {it|the ankle|the wound} with {gauze|a sterile pad|an elastic bandage}
        {Raise|Elevate|Ice} the {leg|ankle|arm|injury}
        {Pull|Remove} the {stinger|splinter|tick} with tweezers
        {Call|Phone} {emergency services|an ambulance|poison control}
        {Check|Watch} for {infection|swelling|confusion|a pulse}
        {Apply|Dab on} {antibiotic ointment|aloe|calamine}
        {Change|Check} the {dressing|bandage} {daily|twice a day}
        {Lay|Turn} the person on their side
      `),
      details: lines(`
        {Butter|Ice} makes a burn worse
        {Redness|Pus|Fever} {is a sign of infection|needs a doctor}
        {Sterilize|Wipe} the tweezers with alcohol
      `),
    },
    {
      label: 'Nutrition',
      parents: [],
      rows: 170,
      also: ['Soups', 'Smoothies', 'Strength Training', 'Weight Loss'],
      titles: lines(`
        {Eat|Get|Add} {More|Enough|Less} $it
        Plan a Diet with {More|Less} $it
      `),
      subjects: list('protein, fiber, iron, salt, sugar, vegetables, vitamin D, calcium, whole grains, fat'),
      methods: list('Choosing Foods, Planning Meals, Reading Labels'),
      steps: lines(`
        {Fill|Cover} half your plate with {vegetables|salad}
        {Swap|Replace} {white bread|soda|chips} {with|for} {whole grains|water|nuts}
        {Read|Compare} the nutrition labels
        {Eat|Choose} {lean meat|beans|fish|lentils|eggs|yogurt} {for protein|twice a week}
        {Plan|Prepare} your {meals|lunches|snacks} {on Sunday|ahead}
        {Count|Track} {calories|carbs|portions}
        {Snack|Have breakfast} on {fruit|nuts|oats}
        {Take|Discuss} a supplement {with your doctor|}
        {Cook|Steam} {at home|vegetables lightly}
        {Limit|Avoid} {added sugar|processed food|fried food}
      `),
      details: lines(`
        {Fiber|Protein} {keeps you full|helps digestion}
        {Adults|Most people} need {25|50} grams a day
        {Juice|Sauces} {hides|hide} a lot of sugar
      `),
    },
    {
      label: 'Weight Loss',
      parents: [],
      rows: 66,
      also: ['Nutrition', 'Running'],
      titles: lines(`
        {Lose|Burn|Keep Off} $it
      `),
      subjects: list('belly fat, baby weight, ten pounds, weight, holiday weight'),
      methods: list('Eating Less, Moving More, Staying Motivated'),
      steps: lines(`
        {Weigh|Measure} yourself {weekly|in the morning}
        {Cut|Burn} {500|300} calories a day
        {Walk|Climb} {stairs|10,000 steps} {every day|instead of driving}
        {Use|Eat from} smaller plates
        {Eat|Chew} slowly
        {Set|Celebrate} small goals
        {Find|Ask} a {partner|dietitian}
      `),
      details: lines(`
        {Crash diets|Pills} do not last
        {Muscle|Water} weighs more than you think
      `),
    },
    {
      label: 'Dental Care',
      parents: [],
      rows: 58,
      also: ['First Aid', 'Babies'],
      titles: lines(`
        {Whiten|Brush|Floss|Protect} $it
      `),
      subjects: list('your teeth, teeth with braces, sensitive teeth, dentures, gums, a loose tooth'),
      methods: list('Brushing, Visiting the Dentist, Using Home Remedies'),
      steps: lines(`
        {Brush|Polish} in small circles for two minutes
        {Floss|Clean} between {the teeth|the wires}
        {Rinse|Gargle} with {salt water|mouthwash|peroxide}
        {Replace|Soak} your {toothbrush|dentures}
        {See|Visit} the dentist {twice a year|}
        {Avoid|Skip} {candy|soda|coffee}
      `),
      details: lines(`
        {Bleeding|Sore} gums need attention
        {Enamel|Fluoride} {does not grow back|protects enamel}
      `),
    },
    {
      label: 'Quitting Smoking',
      parents: [],
      rows: 26,
      also: ['Stress Management'],
      titles: lines(`
        {Quit|Stop|Cut Down on} $it
      `),
      subjects: list('smoking, vaping, cigarettes'),
      methods: list('Preparing, Handling Cravings'),
      steps: lines(`
        {Pick|Circle} a quit date
        {Throw|Give} away {lighters|ashtrays|cigarettes}
        {Chew|Use} nicotine {gum|patches}
        {Ride|Wait} out the craving
        {Tell|Ask} {friends|coworkers} not to smoke near you
      `),
      details: lines(`
        A craving passes in {five|ten} minutes
        Most people need several tries
      `),
    },
  ],
};
