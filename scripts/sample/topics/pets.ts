import { lines, list, type Area } from '../grammar.ts';

export const pets: Area = {
  label: 'Pets and Animals',
  steps: lines(`
    {Take|Bring} {it|your pet|the animal} to the vet {for a checkup|}
    {Feed|Give} {it|your pet} {a treat|fresh food|twice a day|small meals}
    {Change|Refill|Provide} {the|fresh} water {daily|}
    {Clean|Scrub} the {cage|bowl|bedding|tank|box} {every week|with mild soap}
    {Brush|Comb} {its coat|the fur} {gently|to remove loose hair}
    {Speak|Move} {calmly|softly|slowly} around {it|the animal}
    {Watch|Check} for {fleas|ticks|limping|loss of appetite}
    {Reward|Praise} {good behavior|it right away}
    {Let|Allow} {it|your pet} {come to you|sniff your hand|get used to you}
    {Trim|Clip} {its|the} {nails|claws}
  `),
  details: lines(`
    {Chocolate|Onions|Grapes} are poisonous to {many pets|it}
    {Animals|It} can {sense fear|get bored|hide pain}
    {Never|Do not} {punish|shout at|chase} {it|a frightened animal}
    The vet can {show you how|trim them|check the weight}
  `),
  topics: [
    {
      label: 'Dogs',
      parents: [],
      rows: 420,
      also: ['Cats', 'First Aid', 'Running'],
      titles: lines(`
        {Train|Bathe|Groom|Walk|Calm|House-Train} {a|an} $it
      `),
      subjects: list(
        'puppy, Labrador, old dog, rescue dog, Chihuahua, barking dog, husky, beagle, German shepherd, anxious dog, poodle',
      ),
      methods: list('Teaching Commands, Grooming, Leash Training, Socializing'),
      steps: lines(`
        {Say|Use} {"sit"|"stay"|"come"|a command} {once|in a firm voice}
        {Walk|Take} {your dog|the puppy|it} {on a leash|twice a day|to the park}
        {Reward|Praise|Treat} {your dog|the $it} {as soon as it sits|when it is quiet}
        {Crate|House} train {it|the puppy} {in short stretches|}
        {Bathe|Rinse|Lather} {your dog|the $it} {with dog shampoo|in lukewarm water}
        {Hold|Put} the treat {above its nose|in your fist}
        {Fit|Clip} the {collar|harness|leash|muzzle}
        {Ignore|Interrupt} {barking|jumping|chewing|begging}
        {Take|Let} {it|the puppy} out {after meals|every two hours}
        {Throw|Hide} a {ball|toy|bone}
        {Introduce|Expose} {it|the puppy} to {other dogs|strangers|traffic}
        {Brush|Check} its {teeth|ears|paws|coat}
        {Vaccinate|Deworm|Microchip} your dog
      `),
      details: lines(`
        {Puppies|Dogs} {learn|tire} {quickly|by repetition}
        {A tired|An exercised} dog {does not chew|is a good dog}
        {Pulling|Whining} should get {no attention|you standing still}
        {Shepherds|Terriers} were bred to {bark|work|dig}
        Accidents will happen: clean them with an enzyme cleaner
      `),
    },
    {
      label: 'Cats',
      parents: [],
      rows: 250,
      also: ['Dogs', 'Furniture', 'Stain Removal'],
      titles: lines(`
        {Groom|Feed|Calm|Play with|Litter Train} a $it
      `),
      subjects: list(
        'kitten, stray cat, shy cat, Persian cat, old cat, hissing cat, Maine Coon, cat that scratches furniture',
      ),
      methods: list('Building Trust, Using the Litter Box, Grooming, Playing'),
      steps: lines(`
        {Scoop|Change|Move} the litter {box|} {daily|to a quiet corner}
        {Put|Place} a scratching post {beside the couch|near the window}
        {Wiggle|Drag} a {feather|string|toy mouse}
        {Stroke|Scratch} {it|your cat} {under the chin|behind the ears}
        {Blink|Look away} slowly
        {Lure|Guide} {it|the kitten} into the carrier with {tuna|a treat}
        {Wrap|Hold} your cat in a towel {to give a pill|to trim claws}
        {Brush|Detangle} {mats|its long fur}
        {Feed|Offer} {wet food|kibble|a spoonful of tuna}
        {Spay|Neuter|Microchip} {it|the cat}
        {Spray|Cover} {the sofa|it} with {citrus|double-sided tape}
        {Give|Set up} it {a perch|a hiding place|catnip}
      `),
      details: lines(`
        {Purring|A raised tail} {is a greeting|does not always mean joy}
        {Cats|Kittens} {hate|avoid} {dirty litter|strong smells}
        {Milk|Lilies} {upsets|are deadly to} cats
        A flattened ear means {stop|leave it alone}
      `),
    },
    {
      label: 'Aquariums',
      parents: ['Fish and Reptiles'],
      rows: 140,
      also: ['House Plants'],
      titles: lines(`
        {Set Up|Clean|Cycle|Stock} a $it
      `),
      subjects: list(
        'goldfish tank, betta tank, saltwater aquarium, guppy tank, pond, planted tank, shrimp tank',
      ),
      methods: list('Cycling the Tank, Changing Water, Adding Fish'),
      steps: lines(`
        {Rinse|Spread} the gravel
        {Siphon|Change|Replace} {a quarter|25 percent} of the water
        {Test|Treat} the {water|ammonia|pH}
        {Float|Open} the bag {for 15 minutes|in the tank}
        {Install|Rinse|Clean} the {filter|heater|pump}
        {Feed|Drop in} {flakes|pellets|brine shrimp} {sparingly|}
        {Scrape|Wipe} algae off the glass
        {Plant|Anchor} {java fern|driftwood|moss}
        {Quarantine|Net} the {new|sick} fish
        {Dechlorinate|Warm} tap water
      `),
      details: lines(`
        {Chlorine|Ammonia} {kills|burns} {fish|gills}
        {Overfeeding|A new tank} clouds the water
        {Bettas|Males} fight in the same tank
      `),
    },
    {
      label: 'Reptiles',
      parents: ['Fish and Reptiles'],
      rows: 36,
      also: ['Aquariums'],
      titles: lines(`
        {Care for|Feed|Handle} a $it
      `),
      subjects: list('bearded dragon, leopard gecko, corn snake, box turtle, tortoise'),
      methods: list('Setting Up the Enclosure, Feeding'),
      steps: lines(`
        {Hang|Set} a {heat|UVB} lamp {over the basking spot|}
        {Dust|Gut-load} the crickets
        {Thaw|Offer} a mouse with tongs
        {Mist|Line} the {terrarium|enclosure}
        {Support|Scoop} its {body|belly}
        {Soak|Check} {it|the shed skin} in warm water
      `),
      details: lines(`
        {Calcium|Humidity} {prevents|eases} {bone disease|shedding}
        Sand can block its gut
      `),
    },
    {
      label: 'Hamsters and Rabbits',
      parents: [],
      rows: 84,
      also: ['Cats'],
      titles: lines(`
        {Hold|Feed|House|Tame} a $it
      `),
      subjects: list('hamster, rabbit, guinea pig, gerbil, dwarf hamster, lop rabbit'),
      methods: list('Setting Up the Cage, Feeding, Bonding'),
      steps: lines(`
        {Line|Spread} the cage with {paper bedding|hay}
        {Offer|Give} {hay|pellets|leafy greens|a carrot top}
        {Add|Put in} {a wheel|a tunnel|a chew stick|a hide}
        {Scoop|Cup} it {in both hands|from below}
        {Spot|Litter} clean {the corner|}
        {Let|Bunny-proof} {it run|the room}
        {Trim|Check} its {teeth|nails}
      `),
      details: lines(`
        {Cedar|Pine} shavings {harm|irritate} the lungs
        {They|Teeth} {are most active at dusk|never stop growing}
      `),
    },
    {
      label: 'Birds',
      parents: [],
      rows: 62,
      also: ['Woodworking'],
      titles: lines(`
        {Tame|Feed|Attract|Teach} $it
      `),
      subjects: list('a parrot, budgies, hummingbirds, cockatiels, chickens, finches, a canary'),
      methods: list('Hand Taming, Feeding, Building a Home'),
      steps: lines(`
        {Hang|Fill} the {feeder|birdbath|perch}
        {Offer|Mix} {seed|millet|sugar water|pellets}
        {Teach|Ask} it to step up
        {Cover|Line} the cage at night
        {Collect|Candle} the eggs
        {Clip|Bathe} {its wings|the bird}
        {Whistle|Repeat} a word
      `),
      details: lines(`
        {Avocado|Nonstick fumes} can kill a bird
        {Cats|Windows} are the main danger
      `),
    },
    {
      label: 'Horses',
      parents: [],
      rows: 30,
      also: ['Dogs'],
      titles: lines(`
        {Ride|Saddle|Groom|Lead} a $it
      `),
      subjects: list('horse, pony, nervous horse, foal'),
      methods: list('Grooming, Tacking Up, Riding'),
      steps: lines(`
        {Pick|Clean} out the hooves
        {Tighten|Check} the girth
        {Brush|Curry} {its back|the mane}
        {Lead|Tie} it {from the left|with a quick-release knot}
        {Mount|Sit} {from a block|deep in the saddle}
        {Squeeze|Give} with your {legs|reins}
      `),
      details: lines(`
        {Never|Do not} stand right behind it
        A swishing tail shows it is annoyed
      `),
    },
  ],
};
