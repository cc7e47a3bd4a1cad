import { lines, list, type Area } from '../grammar.ts';

export const home: Area = {
  label: 'Home and Garden',
  steps: lines(`
    {Put on|Wear} {gloves|old clothes|safety glasses}
    {Sweep|Vacuum|Mop} the {floor|area|corners}
    {Water|Soak} {it|the area} {thoroughly|until damp|every morning}
    {Fill|Pour} a bucket {halfway |}with {warm|soapy} water
    {Cover|Protect} the {floor|furniture} with {a drop cloth|newspaper|plastic}
    {Scrub|Brush} the {surface|dirt} with a {stiff|soft} brush
    {Dig|Clear} {out |}the {dirt|old material|leaves|roots}
    {Open|Prop open} the windows {for fresh air|to let it dry}
    {Buy|Pick up} {what you need|supplies} at {a hardware store|a garden center}
    {Trim|Cut} {back |}the {edges|dead parts|loose bits}
    {Mix|Dilute} {vinegar|bleach|soap} with {water|two parts water}
    {Spray|Wipe} the {leaves|surface|corners} {with soapy water|down}
  `),
  details: lines(`
    {Test|Try} it in a hidden {spot|corner} first
    {Bleach|Ammonia|Strong soap} can {damage the surface|burn your skin|fade the color}
    {Spring|Autumn|A dry day} is the best time for this
    {Dirt|Moisture|Mold} will come back if you {skip this|leave a gap}
    {Rent|Borrow} the {tool|machine|ladder} if you only need it once
    Keep {children|pets} {out|away} until it is dry
  `),
  topics: [
    {
      label: 'Vegetable Gardens',
      parents: ['Gardening'],
      rows: 460,
      also: ['Compost', 'Flowers'],
      titles: lines(`
        {Grow|Plant|Harvest} $it
        Grow $it {in a Pot|from Seed|in Raised Beds}
      `),
      subjects: list(
        'tomatoes, carrots, potatoes, lettuce, peppers, cucumbers, pumpkins, beans, peas, zucchini, spinach, garlic, sweet corn, strawberries, cabbage, radishes',
      ),
      methods: list('Starting Seeds, Planting Out, Caring for Plants, Harvesting'),
      steps: lines(`
        {Sow|Plant|Start} the seeds {indoors|in trays|$length apart|after the last frost}
        {Choose|Find} a {bed|spot} that gets {six hours of|full} sun
        {Loosen|Till|Turn} the soil {with a fork|to a depth of $length}
        {Work|Rake} {compost|manure|fertilizer} into the {soil|bed}
        {Thin|Transplant|Harden off} the seedlings {when they have two leaves|$carefully}
        {Water|Feed} {the $it|the plants} {at the base|in the morning|every week}
        {Stake|Tie|Train} the {vines|stems|plants} {to a trellis|with twine}
        {Mulch|Weed} {around the plants|between the rows}
        {Pick|Harvest|Dig up} the {fruit|$it|ripe ones} {when firm|before they flower|in dry weather}
        {Pinch|Prune} {off |out }the {suckers|side shoots|yellow leaves}
        {Check|Inspect} the leaves for {aphids|slugs|blight|caterpillars}
        {Rotate|Change} the {beds|crops} every year
        {Dig|Make} a {trench|furrow|hole} {twice as wide as|for} the roots
        {Cover|Shade} {the rows|young plants} with {netting|fleece|straw}
      `),
      details: lines(`
        {Roots|Seedlings} {rot|suffer} in {wet|cold} soil
        {Tomatoes|Beans|Peppers|Cabbages} are heavy feeders
        {Seeds|They} {sprout|germinate} in {7|10|14} days
        {Mulch|Straw} keeps the {soil|roots} {cool|moist}
        {Ripe|Young} ones {taste sweeter|come away easily}
      `),
    },
    {
      label: 'Flowers',
      parents: ['Gardening'],
      rows: 300,
      also: ['House Plants', 'Lawn Care', 'Weddings'],
      titles: lines(`
        {Grow|Prune|Care for|Plant|Arrange} $it
      `),
      subjects: list(
        'roses, tulips, lavender, sunflowers, hydrangeas, daffodils, dahlias, peonies, wildflowers, lilies, marigolds, geraniums',
      ),
      methods: list('Planting Bulbs, Pruning, Keeping Blooms, Cutting a Bouquet'),
      steps: lines(`
        {Plant|Bury|Set} the {bulbs|tubers} {pointed side up|in autumn|$length deep}
        {Deadhead|Snip} {faded|spent} {blooms|flowers}
        {Prune|Cut} the {canes|stems|bushes} {above a bud|at an angle|in late winter}
        {Feed|Fertilize} the {roses|$it|bed} in {spring|early summer}
        {Divide|Lift} the {clumps|bulbs|roots} every {third|second} year
        {Choose|Buy} {varieties|a color} that {bloom|flower} {all summer|early}
        {Soak|Trim} the {bare roots|stems} in water
        {Arrange|Put} the cut {stems|flowers} in a {tall|clean} vase
        {Change|Sweeten} the vase water {every other day|with sugar}
        {Scatter|Sow} the seed {thinly|over raked soil}
        {Spray|Treat} {black spot|mildew|aphids} with {neem oil|soap}
        {Tie|Gather} the {bouquet|stems} with {ribbon|string}
      `),
      details: lines(`
        {Buds|Petals} {drop|brown} when the {soil|air} is dry
        {Bees|Butterflies} {love|visit} {open blooms|lavender}
        {Bulbs|Roots} need {cold|drainage} to {bloom|survive}
        {Morning|Six hours of} sun {dries the leaves|brings more blooms}
      `),
    },
    {
      label: 'House Plants',
      parents: ['Gardening'],
      rows: 190,
      also: ['Flowers', 'Interior Decorating'],
      titles: lines(`
        {Care for|Repot|Propagate|Revive} a $it
      `),
      subjects: list(
        'succulent, snake plant, orchid, cactus, aloe vera plant, spider plant, bonsai, fern, peace lily, jade plant, monstera',
      ),
      methods: list('Watering, Repotting, Finding the Right Light, Taking Cuttings'),
      steps: lines(`
        {Repot|Move} {it|the $it} {into a larger pot|every two years|in spring}
        {Water|Soak} {it|the $it} {only when the soil is dry|from below|less in winter}
        {Mist|Dust|Wipe} the leaves {every week|with a damp cloth}
        {Place|Put} the pot {near a window|in indirect light|away from drafts}
        {Take|Snip} a cutting {below a node|with clean scissors}
        {Root|Place} the cutting in {water|damp sand}
        {Mix|Use} {sand|perlite|bark} into the potting soil
        {Cut|Trim} {away |}{brown|rotten|leggy} {tips|roots|stems}
        {Empty|Drain} the saucer
        {Turn|Rotate} the pot a quarter turn
        {Wire|Shape} the branches
      `),
      details: lines(`
        {Yellow|Drooping} leaves mean {too much water|too little light}
        {Roots|They} like to be {crowded|dry between waterings}
        {Tap|Cold} water {spots the leaves|shocks the roots}
        A pot must have {holes|drainage}
      `),
    },
    {
      label: 'Lawn Care',
      parents: ['Gardening'],
      rows: 130,
      also: ['Compost'],
      titles: lines(`
        {Mow|Seed|Fertilize|Aerate|Repair} $it
      `),
      subjects: list('a lawn, new grass, bare patches, a shady lawn, turf, clover'),
      methods: list('Mowing, Seeding, Feeding the Grass, Fighting Weeds'),
      steps: lines(`
        {Mow|Cut} the grass {high|when dry|in a new direction}
        {Sharpen|Raise} the mower {blades|deck}
        {Aerate|Rake|Dethatch} the {lawn|soil}
        {Spread|Broadcast} {grass seed|fertilizer|lime} with a spreader
        {Water|Sprinkle} the {lawn|seed} {deeply|at dawn|twice a week}
        {Pull|Dig out|Spray} the {dandelions|weeds|crabgrass}
        {Lay|Roll} {out |}the {sod|turf}
        {Edge|Trim} along the {path|driveway}
        {Leave|Rake up} the clippings
      `),
      details: lines(`
        {Short|Scalped} grass {burns|dries out} in summer
        {Clippings|Leaves} feed the soil
        {Seed|Sod} needs water every day until it roots
      `),
    },
    {
      label: 'Compost',
      parents: ['Gardening'],
      rows: 42,
      also: ['Vegetable Gardens'],
      titles: lines(`
        {Build|Start|Use} a $it
      `),
      subjects: list('compost bin, compost heap, worm farm, leaf mold pile'),
      methods: list('Building the Bin, Balancing Greens and Browns'),
      steps: lines(`
        {Layer|Mix} {greens|kitchen scraps} with {browns|dry leaves|cardboard}
        {Turn|Fork} the {pile|heap} every {week|month}
        {Feed|Add} the worms {peelings|coffee grounds}
        {Keep|Leave} {meat|dairy|oil} out
        {Wet|Dampen} the {pile|bedding}
        {Sift|Dig out} the finished compost
      `),
      details: lines(`
        It should be as {damp|wet} as a wrung sponge
        A bad smell means too many {greens|scraps}
      `),
    },
    {
      label: 'Kitchen Cleaning',
      parents: ['Housekeeping'],
      rows: 340,
      also: ['Stain Removal', 'Pest Control'],
      titles: lines(`
        {Clean|Deep Clean|Deodorize} {a|an} $it
      `),
      subjects: list(
        'oven, refrigerator, microwave, dishwasher, cast iron pan, coffee maker, cutting board, stainless steel sink, stovetop, garbage disposal, blender, toaster',
      ),
      methods: list('Using Baking Soda, Using Vinegar, Keeping It Clean, Removing Grease'),
      steps: lines(`
        {Sprinkle|Spread} baking soda {over the grease|on the bottom|in the drain}
        {Spray|Pour} {white |}vinegar {over it|onto the paste|into the drain}
        {Scrape|Scrub} {off |}the {burnt bits|grease|grime} with {a spatula|a nylon pad|steel wool}
        {Take|Pull} out the {racks|shelves|drawers} and soak them
        {Unplug|Empty} the {$it|fridge|appliance} {first|before you clean it}
        {Wipe|Polish} the {inside|door|handles|seal} with a $cloth
        {Run|Start} {an empty|a hot} cycle with {vinegar|lemon}
        {Heat|Microwave} a bowl of {water and lemon|vinegar} for $few minutes
        {Throw|Toss} out {expired|moldy|old} food
        {Season|Oil} the pan {after washing|and heat it}
        {Disinfect|Wash} the {counters|boards|handles} with {bleach|hot water}
        {Degrease|Soak} the {filters|burners|knobs} in {dish soap|hot water}
      `),
      details: lines(`
        {Steam|Vinegar} loosens {grease|dried food}
        {Steel wool|Harsh powder} scratches {enamel|stainless steel}
        The paste will {fizz|turn brown}
        {Smells|Odors} hide in the {seal|drip tray|drain}
      `),
    },
    {
      label: 'Laundry',
      parents: ['Housekeeping'],
      rows: 290,
      also: ['Stain Removal', 'Clothing Care'],
      titles: lines(`
        {Wash|Dry|Iron|Fold|Whiten} $it
      `),
      subjects: list(
        'wool sweaters, jeans, bed sheets, towels, silk shirts, white clothes, a down jacket, curtains, sneakers, delicates, a comforter',
      ),
      methods: list('Sorting, Machine Washing, Hand Washing, Drying, Ironing'),
      steps: lines(`
        {Sort|Separate} the {clothes|load} by {color|fabric|care label}
        {Measure|Pour} the {detergent|softener} into the {drum|drawer}
        {Wash|Soak} {the $it|it|them} {in cold water|by hand|on a gentle cycle}
        {Hang|Lay} {it|them|the $it} {flat|on a line|in the shade} to dry
        {Iron|Steam|Press} {it|the $it|the collar} {inside out|while damp|on low heat}
        {Fold|Stack} the {sleeves|sheets|towels} {into thirds|neatly}
        {Tumble|Dry} {on low|with tennis balls|until just damp}
        {Check|Empty} the pockets
        {Wring|Squeeze} out the water {in a towel|without twisting}
        {Add|Pour} {vinegar|bleach|baking soda} to the rinse
        {Turn|Zip} {it|them|the $it} inside out
        {Clean|Empty} the lint {filter|trap}
      `),
      details: lines(`
        {Heat|Hot water} {shrinks wool|sets colors|fades black}
        {Suds|Too much soap} leave a film
        {Sunlight|Lemon juice} {whitens|bleaches} cotton
        {Elastic|Silk} does not like the dryer
      `),
    },
    {
      label: 'Stain Removal',
      parents: ['Housekeeping'],
      rows: 210,
      also: ['Laundry', 'Kitchen Cleaning'],
      titles: lines(`
        {Remove|Get Out|Lift} $it {|from Carpet|from Clothes|from a Couch}
      `),
      subjects: list(
        'red wine stains, ink, blood stains, coffee stains, grass stains, candle wax, chewing gum, oil stains, chocolate, lipstick, nail polish, rust',
      ),
      methods: list('Treating Fresh Stains, Using Household Items, Treating Old Stains'),
      steps: lines(`
        {Blot|Dab} the {stain|spot|spill} with a $cloth
        {Apply|Dab} {hydrogen peroxide|rubbing alcohol|dish soap|lemon juice} to the {stain|mark}
        {Freeze|Scrape off} the {wax|gum} {with ice|with a dull knife}
        {Cover|Sprinkle} the {stain|spot} with {salt|baking soda|cornstarch}
        {Work|Rub} the {paste|soap} in with {an old toothbrush|your fingers}
        {Flush|Rinse} the {back of the fabric|stain} with cold water
        {Treat|Spray} {it|the stain} {again|with an enzyme cleaner}
        {Iron|Press} {brown paper|a paper bag} over the wax
        {Vacuum|Brush} up the {powder|residue}
        {Check|Hold} the {fabric|carpet} {in daylight|before drying}
      `),
      details: lines(`
        {Rubbing|Hot water} {spreads|sets} the stain
        {Peroxide|Bleach} can lighten {dyes|the carpet}
        {Old|Dried} {marks|stains} need {several rounds|more time}
        {Salt|Starch} draws out the {liquid|oil}
      `),
    },
    {
      label: 'Painting Walls',
      parents: ['Home Improvement'],
      rows: 200,
      also: ['Interior Decorating', 'Furniture'],
      titles: lines(`
        {Paint|Prime|Repaint} a $it
      `),
      subjects: list(
        'room, ceiling, front door, kitchen cabinet, brick wall, fence, radiator, hallway, wooden floor, staircase',
      ),
      methods: list('Preparing the Surface, Priming, Painting, Cleaning Up'),
      steps: lines(`
        {Tape|Mask} {off |}the {trim|edges|windows} with painter's tape
        {Sand|Fill|Patch} the {walls|holes|cracks} {until smooth|with filler}
        {Roll|Brush} {on |}a {thin|second|first} coat of {paint|primer}
        {Stir|Pour} the paint {into a tray|with a stick}
        {Cut|Paint} in along the {ceiling|corners}
        {Choose|Test} a {color|finish|shade} {in daylight|on a sample board}
        {Remove|Peel off} the tape {while wet|at an angle}
        {Clean|Wrap} the {brushes|rollers} {in plastic|with thinner|with soapy water}
        {Wash|Dust} the {walls|surface} {with sugar soap|before priming}
        {Load|Dip} the {roller|brush} and {roll off|tap off} the excess
        {Let|Leave} the first coat dry {for four hours|overnight}
      `),
      details: lines(`
        {Drips|Brush marks} show in {gloss|daylight}
        {Primer|Two coats} {hides|cover} the old color
        {Oil|Latex} paint dries {slowly|fast}
        Keep a wet edge to avoid {lap marks|streaks}
      `),
    },
    {
      label: 'Plumbing',
      parents: ['Home Improvement'],
      rows: 140,
      also: ['Kitchen Cleaning'],
      titles: lines(`
        {Fix|Unclog|Replace|Install} a $it
      `),
      subjects: list(
        'leaky faucet, toilet, kitchen sink, shower head, drain, water heater, garden hose, bathtub drain, running toilet',
      ),
      methods: list('Diagnosing the Leak, Replacing Parts, Clearing the Drain'),
      steps: lines(`
        {Turn|Shut} off the water {at the main|under the sink}
        {Unscrew|Loosen} the {nut|trap|handle|valve} with a wrench
        {Replace|Check} the {washer|O-ring|cartridge|flapper}
        {Plunge|Snake} the {drain|toilet}
        {Wrap|Seal} the threads with {plumber's tape|putty}
        {Pour|Flush} {boiling water|baking soda and vinegar} down the drain
        {Tighten|Reattach} the {fitting|pipe|hose} {by hand|a quarter turn}
        {Drain|Flush} the {tank|heater}
        {Place|Put} a bucket {under the trap|below the leak}
        {Test|Look} for {leaks|drips}
      `),
      details: lines(`
        {Overtightening|Old rubber} {cracks the fitting|causes drips}
        {Chemicals|Drain cleaner} can eat {old pipes|your skin}
        {Turn|Open} the tap to release the pressure
      `),
    },
    {
      label: 'Furniture',
      parents: ['Home Improvement'],
      rows: 95,
      also: ['Woodworking', 'Painting Walls', 'Interior Decorating'],
      titles: lines(`
        {Assemble|Refinish|Move|Reupholster|Distress} a $it
      `),
      subjects: list('dresser, bookshelf, couch, dining table, wooden chair, bed frame, wardrobe, desk'),
      methods: list('Stripping, Staining, Assembling, Moving'),
      steps: lines(`
        {Strip|Sand} the old {varnish|finish|paint}
        {Apply|Wipe on} the {stain|varnish|wax} {with the grain|in thin coats}
        {Attach|Screw in} the {legs|back panel|drawers|hinges}
        {Staple|Stretch} the {fabric|padding} {over the seat|tight}
        {Lift|Slide} {it|the $it} {with your legs|on felt pads|with straps}
        {Glue|Clamp} the loose joints
        {Lay|Count} out the {screws|panels|dowels}
        {Anchor|Fix} {it|the $it} to the wall
      `),
      details: lines(`
        {Wood|Veneer} is thinner than it looks
        {Hand-tighten|Leave} the screws until the {frame|$it} is square
        Take out the drawers before you {move|sand} it
      `),
    },
    {
      label: 'Pest Control',
      parents: ['Housekeeping'],
      rows: 105,
      also: ['Kitchen Cleaning', 'Vegetable Gardens'],
      titles: lines(`
        Get Rid of $it
      `),
      subjects: list(
        'ants, mice, fruit flies, bed bugs, moths, cockroaches, wasps, fleas, mosquitoes, slugs',
      ),
      methods: list('Setting Traps, Keeping Them Out, Using Natural Repellents'),
      steps: lines(`
        {Set|Bait} {traps|a trap} with {peanut butter|sugar and borax|cider vinegar|beer}
        {Seal|Caulk} the {cracks|holes|gaps} {they come in by|around the pipes}
        {Find|Follow} the {nest|trail|source}
        {Wash|Bag} the {bedding|clothes} {hot|in plastic}
        {Spray|Dust} {peppermint oil|diatomaceous earth|insecticide} {along the baseboards|near the door}
        {Store|Keep} {food|grain|pet food} in {glass jars|sealed tins}
        {Vacuum|Steam} the {mattress|carpet|cracks}
        {Call|Hire} an exterminator
        {Empty|Remove} {standing water|the trash|fallen fruit}
      `),
      details: lines(`
        {They|Eggs} {hide in|come through} gaps as thin as a card
        {Poison|Traps} must be out of reach of {pets|children}
        {One female|A nest} can {lay hundreds of eggs|return within weeks}
      `),
    },
    {
      label: 'Interior Decorating',
      parents: ['Home Improvement'],
      rows: 62,
      also: ['Painting Walls', 'Furniture', 'House Plants'],
      titles: lines(`
        {Decorate|Arrange|Light} a $it
      `),
      subjects: list('small bedroom, living room, studio apartment, hallway, bathroom, home office'),
      methods: list('Choosing Colors, Arranging Furniture, Adding Accents'),
      steps: lines(`
        {Hang|Group} {pictures|mirrors} at eye level
        {Choose|Settle on} a {palette|focal point|style}
        {Layer|Add} {rugs|cushions|throws|lamps}
        {Float|Push} the {sofa|bed} {off|against} the wall
        {Draw|Sketch} a floor plan
        {Swap|Change} the {curtains|lampshades|handles}
      `),
      details: lines(`
        {Mirrors|Light colors} make a room look larger
        {Odd|Three} {numbers|accents} look {natural|best}
      `),
    },
  ],
};
