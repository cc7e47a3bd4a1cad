import { lines, list, type Area } from '../grammar.ts';

export const sports: Area = {
  label: 'Sports and Fitness',
  steps: lines(`
    {Warm up|Stretch|Cool down} {for $minutes|before you start|afterward}
    {Rest|Recover} {a day|for $minutes} between {sessions|sets}
    {Wear|Buy} {proper shoes|a helmet|comfortable clothes|sunscreen}
    {Keep|Hold} your {back straight|core tight|knees bent|eyes ahead}
    {Increase|Build up} the {distance|weight|time} {slowly|by ten percent}
    {Drink|Carry} {water|a sports drink}
    {Breathe|Exhale} {as you push|evenly|out}
    {Join|Find} a {club|coach|team}
    {Repeat|Do} {ten|twelve|three sets of} {times|repetitions|on each side}
    {Track|Write down} your {progress|times}
  `),
  details: lines(`
    {Pain|Dizziness} is a sign to stop
    {Good form|Technique} {matters more than|comes before} {speed|weight}
    {Muscles|You} grow while {they|you} rest
    {See|Ask} a doctor if you have {a heart condition|an old injury}
  `),
  topics: [
    {
      label: 'Running',
      parents: [],
      rows: 180,
      also: ['Weight Loss', 'Dogs', 'Strength Training'],
      titles: lines(`
        {Run|Train for|Pace|Finish} a $it
      `),
      subjects: list('marathon, 5K, half marathon, sprint, trail race, mile, relay, hill workout'),
      methods: list('Building Endurance, Improving Form, Race Day'),
      steps: lines(`
        {Run|Jog|Walk} {for $minutes|three times a week|at an easy pace}
        {Land|Push off} on the {ball|middle} of your foot
        {Swing|Relax} your {arms|shoulders}
        {Sprint|Add} {intervals|hills|strides} {once a week|}
        {Taper|Rest} {two weeks|the day} before the race
        {Lace|Replace} your {running |}shoes
        {Eat|Take} {carbs|a gel} {the night before|every 45 minutes}
        {Line|Start} up {slowly|with your pace group}
        {Cross|Lean} {train|into the finish} 
        {Pace|Time} yourself {with a watch|}
      `),
      details: lines(`
        {Shin splints|Blisters} come from {worn shoes|too many miles}
        {You should be able to talk while you jog|Slow down if you cannot talk}
        {Cadence|Stride} should be {short|about 170 steps a minute}
      `),
    },
    {
      label: 'Yoga',
      parents: [],
      rows: 135,
      also: ['Stress Management', 'Strength Training'],
      titles: lines(`
        {Do|Hold|Learn} the $it
      `),
      subjects: list(
        'downward dog, sun salutation, headstand, tree pose, warrior pose, lotus position, crow pose, bridge pose',
      ),
      methods: list('Getting into Position, Breathing, Modifying the Pose'),
      steps: lines(`
        {Spread|Roll out} your {fingers|mat}
        {Inhale|Exhale} and {lift|lower|fold} {your chest|your hips|forward}
        {Hold|Stay in} the pose for {five breaths|$minutes}
        {Step|Bring} your {left|right} foot {back|forward|to your thigh}
        {Press|Root} your {heels|palms} {into the mat|down}
        {Lengthen|Twist|Arch} your spine
        {Fix|Soften} your gaze
        {Use|Place} a {block|strap|blanket}
        {Come|Release} {into child's pose|slowly out}
        {Engage|Draw in} your {core|belly}
      `),
      details: lines(`
        {Never|Do not} force {a stretch|your knee}
        {Breath|Balance} {leads the movement|comes with practice}
        {Bend|Micro-bend} your knees if your hamstrings are tight
      `),
    },
    {
      label: 'Strength Training',
      parents: [],
      rows: 115,
      also: ['Nutrition', 'Running'],
      titles: lines(`
        {Do|Master|Improve} $it
      `),
      subjects: list('push-ups, squats, pull-ups, deadlifts, planks, bench presses, lunges, sit-ups'),
      methods: list('Using Good Form, Adding Weight, Making a Plan'),
      steps: lines(`
        {Lower|Lift|Press} {the bar|the dumbbells|your body} {under control|to your chest}
        {Grip|Rack} the bar {shoulder-width apart|}
        {Bend|Lock} your {elbows|hips|knees}
        {Do|Finish} {three|five} sets of {8|12}
        {Add|Load} {weight|2.5 kg} {every week|}
        {Squat|Hinge} {until your thighs are level|back}
        {Squeeze|Brace} your {glutes|abs}
        {Use|Ask for} a spotter
        {Alternate|Split} {legs and arms|push and pull} days
      `),
      details: lines(`
        {Rounding|Swinging} your back {invites injury|is cheating}
        Protein within an hour helps {repair|growth}
      `),
    },
    {
      label: 'Swimming',
      parents: [],
      rows: 92,
      also: ['Babies'],
      titles: lines(`
        {Swim|Learn|Teach} the $it
      `),
      subjects: list('front crawl, backstroke, breaststroke, butterfly, dive, flip turn, dead man float'),
      methods: list('Floating, Kicking, Breathing, Diving'),
      steps: lines(`
        {Kick|Flutter} {from the hips|with pointed toes}
        {Float|Glide} on your {back|stomach}
        {Turn|Roll} your head to breathe
        {Reach|Pull} {through the water|forward}
        {Hold|Push off} the {wall|edge|kickboard}
        {Blow|Exhale} bubbles
        {Tuck|Dive} {in|your chin}
        {Tread|Enter} the water
      `),
      details: lines(`
        {Never|Do not} swim alone
        {Goggles|A cap} {keep|keeps} {chlorine out|you streamlined}
      `),
    },
    {
      label: 'Soccer',
      parents: ['Team Sports'],
      rows: 112,
      also: ['Running'],
      titles: lines(`
        {Kick|Dribble|Shoot|Defend|Curve} a $it
      `),
      subjects: list('soccer ball, penalty, free kick, corner kick, one-on-one, header'),
      methods: list('Controlling the Ball, Passing, Shooting'),
      steps: lines(`
        {Plant|Place} your foot beside the ball
        {Strike|Kick} {it|the ball} with {your laces|the inside of the foot}
        {Dribble|Pass} {around cones|to a teammate|into space}
        {Mark|Tackle|Press} the {striker|defender}
        {Trap|Juggle} the ball
        {Follow|Lean} {through|over the ball}
        {Aim|Shoot} for the {corner|far post}
        {Shout|Point} to your teammates
      `),
      details: lines(`
        {Keepers|Defenders} watch your {hips|eyes}
        {Both|Weak} feet should be trained
      `),
    },
    {
      label: 'Basketball',
      parents: ['Team Sports'],
      rows: 46,
      also: ['Soccer', 'Strength Training'],
      titles: lines(`
        {Shoot|Practice|Learn} a $it
      `),
      subjects: list('free throw, jump shot, layup, crossover, three-pointer, rebound'),
      methods: list('Shooting, Ball Handling'),
      steps: lines(`
        {Dribble|Pass} {low|with your fingertips|behind your back}
        {Square|Bend} {up to the hoop|your knees}
        {Flick|Snap} your wrist
        {Jump|Box out} {for the rebound|off one foot}
        {Aim|Bank} {it|the ball} off the backboard
        {Guard|Screen} your man
      `),
      details: lines(`
        {Elbow|Eyes} {in|on the rim}
        Backspin softens the bounce
      `),
    },
    {
      label: 'Rock Climbing',
      parents: ['Outdoor Recreation'],
      rows: 28,
      also: ['Strength Training', 'Camping'],
      titles: lines(`
        {Climb|Belay|Tie} a $it
      `),
      subjects: list('figure-eight knot, boulder, climbing wall, cliff, overhang'),
      methods: list('Tying In, Climbing'),
      steps: lines(`
        {Tie|Check} the {figure-eight|harness|knot}
        {Chalk|Dry} your hands
        {Belay|Lower} your partner
        {Trust|Place} your {feet|toes}
        {Clip|Anchor} the {rope|carabiner}
        {Rest|Hang} on straight arms
      `),
      details: lines(`
        {Two people|Your partner} should check every knot
        Legs are stronger than arms
      `),
    },
    {
      label: 'Camping',
      parents: ['Outdoor Recreation'],
      rows: 160,
      also: ['Packing', 'First Aid', 'Grilling'],
      titles: lines(`
        {Build|Set Up|Pack|Find} a $it
      `),
      subjects: list('campfire, tent, shelter, campsite, backpack, hammock, camp kitchen, snow cave'),
      methods: list('Choosing a Site, Pitching, Lighting a Fire, Leaving No Trace'),
      steps: lines(`
        {Pitch|Stake|Take down} the {tent|tarp} {on high ground|before dark}
        {Gather|Split|Stack} {kindling|tinder|dry wood}
        {Light|Put out} the fire {with a match|with water and dirt}
        {Hang|Store} food {in a bear canister|from a tree}
        {Filter|Boil|Purify} {stream|lake} water
        {Clear|Level} the ground {of stones|}
        {Unroll|Air} your sleeping {bag|pad}
        {Tie|Run} {a guy line|a tarp} between two trees
        {Pack|Bring} {a headlamp|a map|bug spray|rain gear}
        {Bury|Carry} out {waste|trash}
      `),
      details: lines(`
        {Bears|Mice} smell {toothpaste|food} from far away
        {Cold|Damp} {comes from the ground|ruins sleep}
        {Wind|Rain} {changes|comes} fast in the mountains
      `),
    },
  ],
};
