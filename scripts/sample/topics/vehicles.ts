import { lines, list, type Area } from '../grammar.ts';

export const vehicles: Area = {
  label: 'Cars & Other Vehicles',
  steps: lines(`
    {Park|Stop} {on level ground|in a safe place} {and set the brake|}
    {Turn|Switch} {off|on} the {engine|ignition|lights}
    {Check|Top up} the {oil|coolant|fuel}
    {Loosen|Tighten} the {bolts|screws|nuts} {with a wrench|}
    {Take|Drive} it {to a mechanic|for a test drive|slowly}
    {Wash|Wax|Dry} the {car|paint|windows}
    {Raise|Lower} it {with a jack|}
    {Read|Check} the owner's manual
    {Look|Signal} {over your shoulder|before you turn}
  `),
  details: lines(`
    {The engine|The exhaust} {may be hot|should be cold}
    {A mechanic|The dealer} will charge more
    {Worn|Rusty} parts {squeal|snap}
    {Dispose|Get rid} of {oil|old parts} at a recycling center
  `),
  topics: [
    {
      label: 'Car Maintenance',
      parents: [],
      rows: 190,
      also: ['Driving', 'Stain Removal'],
      titles: lines(`
        {Change|Check|Replace|Clean} the $it
      `),
      subjects: list(
        'oil filter, flat tire, car battery, brake pad, spark plug, windshield wiper, headlight, radiator, car seat, air filter',
      ),
      methods: list('Raising the Car, Removing the Old Part, Installing'),
      steps: lines(`
        {Jack|Lift} up the {car|wheel}
        {Drain|Replace|Pour in} the {oil|coolant|brake fluid}
        {Remove|Unscrew} the {lug nuts|drain plug|cover|terminal}
        {Disconnect|Connect} the {negative|red} {cable|clamp}
        {Install|Gap} the {spark plugs|new pads|filter}
        {Open|Prop} the hood
        {Inflate the tires to 32 psi|Rotate the tires|Check the tires for wear}
        {Bleed|Pump} the brakes
        {Jump|Start} the {engine|car} {and let it idle|}
        {Vacuum|Shampoo} the {seats|carpets}
        {Scrape|Clean} the {corrosion|windshield}
      `),
      details: lines(`
        {Torque|Overfilling} {matters|can damage seals}
        {Brake dust|Battery acid} is harmful
        {Most cars|Engines} need this every {5,000|10,000} miles
      `),
    },
    {
      label: 'Driving',
      parents: [],
      rows: 98,
      also: ['Car Maintenance', 'Teenagers'],
      titles: lines(`
        {Drive|Park|Reverse} in a $it
      `),
      subjects: list('manual car, snowstorm, parallel spot, roundabout, trailer, city, truck, heavy rain'),
      methods: list('Shifting Gears, Parking, Driving Safely'),
      steps: lines(`
        {Press|Release|Ease off} the {clutch|brake|gas} {slowly|}
        {Shift|Put it} into {first|reverse|second} gear
        {Check|Adjust} your {mirrors|blind spot|seat}
        {Turn|Straighten} the wheel {fully|}
        {Slow|Brake} {down|before the curve}
        {Yield|Merge} {to traffic|when clear}
        {Keep|Leave} {three seconds|space} {behind the car ahead|}
        {Steer|Look} {into the skid|where you want to go}
      `),
      details: lines(`
        {Phones|Fatigue} {cause|causes} crashes
        {Wet|Icy} roads double the stopping distance
      `),
    },
    {
      label: 'Bicycles',
      parents: [],
      rows: 90,
      also: ['Running', 'Car Maintenance'],
      titles: lines(`
        {Fix|Ride|Clean|Lock|Adjust} a $it
      `),
      subjects: list(
        'bicycle chain, mountain bike, flat bike tire, road bike, bike brake, fixed gear bike, bike seat',
      ),
      methods: list('Fixing a Flat, Adjusting Brakes, Riding'),
      steps: lines(`
        {Lube|Degrease|Shorten} the chain
        {Patch|Replace|Inflate} the {inner tube|tire}
        {Pry|Lever} the tire off the rim
        {Adjust|Tighten} the {saddle|brake cable|derailleur|spokes}
        {Pedal|Coast} {downhill|standing up}
        {Lock|Chain} {the frame|it} to a rack
        {Shift|Change} down before the hill
        {Balance|Push} off {with one foot|}
        {Spin|True} the wheel
      `),
      details: lines(`
        {A leg|Your knee} should be almost straight at the bottom
        {Rust|Grit} wears the {chain|gears}
      `),
    },
    {
      label: 'Motorcycles',
      parents: [],
      rows: 20,
      also: ['Driving'],
      titles: lines(`
        {Ride|Wash|Winterize|Start} a $it
      `),
      subjects: list('motorcycle, scooter, dirt bike, moped'),
      methods: list('Riding, Maintaining'),
      steps: lines(`
        {Twist|Roll off} the throttle
        {Lean|Countersteer} into the turn
        {Zip|Buckle} your {jacket|helmet}
        {Kick|Fold} up the stand
        {Squeeze|Cover} the {clutch|front brake} lever
      `),
      details: lines(`
        Cars may not see you
        Gravel is slippery
      `),
    },
  ],
};
