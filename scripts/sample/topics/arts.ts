import { lines, list, type Area } from '../grammar.ts';

export const arts: Area = {
  label: 'Arts and Entertainment',
  steps: lines(`
    {Practice|Play|Repeat} {it|the piece|this} {slowly|with a metronome|for $minutes}
    {Listen|Watch} {to a recording|a video|a professional} 
    {Find|Hire} a teacher
    {Record|Film} yourself {and listen back|}
    {Learn|Study} the {basics|names of the parts|theory}
    {Perform|Play} {for friends|in front of a small audience}
    {Warm|Loosen} up {your voice|your fingers|first}
    {Buy|Rent|Borrow} {an instrument|a camera|the gear}
    {Keep|Count} the {beat|time}
  `),
  details: lines(`
    {Ten|Twenty} minutes a day {beats|is better than} two hours on Sunday
    {Mistakes|Nerves} are part of {learning|a performance}
    {Good|Used} {gear|instruments} {need not be expensive|can be rented}
    {Relax|Loosen} your {shoulders|wrists|jaw}
  `),
  topics: [
    {
      label: 'Guitar',
      parents: ['Music'],
      rows: 190,
      also: ['Singing', 'Piano'],
      titles: lines(`
        {Play|Tune|Restring|Hold} {a|an} $it
      `),
      subjects: list(
        'acoustic guitar, electric guitar, bass guitar, ukulele, G chord, barre chord, banjo, guitar solo',
      ),
      methods: list('Tuning Up, Learning Chords, Strumming, Changing Strings'),
      steps: lines(`
        {Place|Press} your {index|ring|middle} finger on the {second|third|first} fret
        {Strum|Pluck|Pick} {down|the strings|each string} {in time|with a pick}
        {Tune|Tighten} the {low E|string|strings} {with a tuner|by ear}
        {Switch|Change} between {G and C|the chords} {cleanly|in time}
        {Mute|Skip} the {sixth|bottom} string
        {Wind|Cut|Remove} the {old string|string} {around the peg|}
        {Read|Learn} the {tabs|chord chart}
        {Bend|Slide} up to the {fifth|seventh} fret
        {Rest|Hold} {it|the guitar} on your {thigh|lap}
        {Adjust|Set} the {amp|strap|action}
      `),
      details: lines(`
        {Buzzing|A dead note} means your finger is too far from the fret
        {Fingertips|Calluses} {hurt|toughen} after a few weeks
        {Nylon|Light} strings are kinder to beginners
      `),
    },
    {
      label: 'Piano',
      parents: ['Music'],
      rows: 96,
      also: ['Guitar', 'Singing'],
      titles: lines(`
        {Play|Learn|Clean|Read Music for} the $it
      `),
      subjects: list('piano, keyboard, piano scale, blues riff, waltz, organ, left-hand part'),
      methods: list('Sitting Correctly, Playing Scales, Reading Music'),
      steps: lines(`
        {Find|Play} middle C {with your thumb|}
        {Curve|Number} your fingers
        {Play|Practice} the {scale|chord|melody} {hands together|with the right hand}
        {Cross|Tuck} the thumb under
        {Press|Release} the pedal
        {Read|Count} the {notes|rests} on the {treble|bass} staff
        {Dust|Wipe} the {keys|bench}
        {Sit|Adjust} the bench so that your elbows are level
      `),
      details: lines(`
        {Black|White} keys {come in twos and threes|are naturals}
        Have it tuned {twice|once} a year
      `),
    },
    {
      label: 'Singing',
      parents: ['Music'],
      rows: 60,
      also: ['Piano', 'Public Speaking'],
      titles: lines(`
        {Sing|Hit|Learn} $it
      `),
      subjects: list('high notes, harmony, vibrato, a ballad, in tune, opera, a cappella'),
      methods: list('Breathing, Warming Up, Finding Your Range'),
      steps: lines(`
        {Breathe|Sing} from your {diaphragm|chest}
        {Hum|Sing} {scales|lip trills} to warm up
        {Open|Relax} your {mouth|throat|jaw}
        {Match|Hold} the {pitch|note}
        {Drink|Sip} warm {water|tea with honey}
        {Memorize|Mark} the {lyrics|breaths}
        {Join|Audition for} a choir
      `),
      details: lines(`
        {Dairy|Shouting} {coats|strains} the {throat|voice}
        {Head|Chest} voice carries {higher|lower}
      `),
    },
    {
      label: 'Photography',
      parents: ['Visual Arts'],
      rows: 150,
      also: ['Photo Editing', 'Weddings', 'Camping'],
      titles: lines(`
        {Photograph|Take Pictures of|Shoot} $it
      `),
      subjects: list(
        'the moon, fireworks, food, babies, landscapes, a wedding, birds, waterfalls, night skies, portraits, products',
      ),
      methods: list('Choosing Settings, Composing, Using Light'),
      steps: lines(`
        {Set|Raise|Lower} the {aperture|shutter speed|ISO} {to 1/60|to f/8|}
        {Use|Steady} {a tripod|a remote|the camera}
        {Focus|Meter} on the {eyes|subject|foreground}
        {Frame|Compose} the {shot|subject} {off center|with the rule of thirds}
        {Shoot|Wait} {at golden hour|in raw|for the light}
        {Change|Clean} the {lens|filter|sensor}
        {Bounce|Diffuse} the flash
        {Fill|Blur} the {frame|background}
        {Check|Level} the {histogram|horizon}
        {Pose|Direct} the {model|couple|people}
      `),
      details: lines(`
        {Wide|Long} lenses {stretch|flatten} {faces|distance}
        {Harsh|Soft} light {is flattering|makes deep shadows}
        {Noise|Blur} {shows|creeps in} at {high ISO|slow speeds}
      `),
    },
    {
      label: 'Dancing',
      parents: [],
      rows: 72,
      also: ['Weddings', 'Yoga'],
      titles: lines(`
        {Dance|Learn} the $it
      `),
      subjects: list('waltz, salsa, tango, moonwalk, swing, hip hop basics, cha-cha'),
      methods: list('Learning the Footwork, Dancing with a Partner'),
      steps: lines(`
        {Step|Slide} {forward|back|to the side} with your {left|right} foot
        {Shift|Transfer} your weight
        {Hold|Lead|Follow} your partner
        {Turn|Spin} {under the arm|on the ball of your foot}
        {Bend|Soften} your knees
        {Count|Clap} {quick-quick-slow|one, two, three}
        {Cross|Point} your feet
      `),
      details: lines(`
        {Look|Keep} {up|your chin level}, not at your feet
        {Leather|Smooth} soles turn best
      `),
    },
  ],
};
