import { lines, list, type Area } from '../grammar.ts';

export const food: Area = {
  label: 'Food and Entertaining',
  steps: lines(`
    {Season|Salt} {it|the mixture|everything} to taste
    {Taste|Try} it and {adjust the seasoning|add more salt|add a squeeze of lemon|add $amount of sugar}
    {Preheat|Heat} the {oven|grill|pan} {to $degrees|until it is hot}
    {Serve|Plate} it {warm|hot|cold|right away|with bread|at room temperature}
    {Store|Keep} the leftovers in {the fridge|an airtight container|the freezer} for {up to |}$few days
    {Chop|Slice|Dice} the {onion|garlic|herbs|fruit|carrots} {finely|into thin pieces|into cubes}
    {Bring|Heat} {the water|it} to a {boil|simmer}
    {Melt|Warm} the butter {in a pan|over low heat|in the microwave}
    {Drain|Strain} it {through a sieve|in a colander|and keep the liquid}
    {Sprinkle|Scatter} {sugar|salt|chopped nuts|fresh herbs} over the top
    {Beat|Whisk} the {eggs|cream} in a $small bowl
    {Lower|Reduce} the heat and stir {now and then|constantly}
  `),
  details: lines(`
    {It is done|You will know it is ready} when {it smells good|a knife comes out clean|the edges turn golden}
    {Stir|Scrape the bottom} so that {it does not burn|nothing sticks to the pan}
    {Use|Choose} fresh {ingredients|fruit|eggs|herbs} where you can
    {Leftovers|It} will keep in the fridge for $few days
    {Salt|Sugar|Lemon juice|Vinegar} {brings out the flavor|balances the taste|helps it keep}
    Guests will {want seconds|thank you|never notice the difference}
  `),
  topics: [
    {
      label: 'Cakes',
      parents: ['Baking'],
      rows: 840,
      also: ['Party Planning', 'Weddings', 'Cookies'],
      titles: lines(`
        {Bake|Make|Decorate} a $it
        {Make|Frost} a {Perfect|Simple|Layered|Last-Minute} $it
      `),
      subjects: list(
        'chocolate cake, sponge cake, carrot cake, birthday cake, cheesecake, lemon cake, layer cake, pound cake, bundt cake, red velvet cake, fruit cake, coffee cake, cupcake tower, angel food cake',
      ),
      methods: list('Making the Batter, Baking the Layers, Frosting the Cake, Mixing, Decorating'),
      steps: lines(`
        {Cream|Beat|Whip} the {butter|margarine} {and|with the} sugar until {pale|light|fluffy}
        {Sift|Sieve} the {flour|cocoa powder|icing sugar} {into|over} the {bowl|batter|wet ingredients}
        {Fold|Stir} the {flour|egg whites|melted chocolate|berries} into the batter $carefully
        {Grease|Butter|Line} {two round pans|the cake tin|a loaf pan} {with parchment|and dust with flour|}
        {Pour|Spoon|Spread} the batter into the {tin|pans|molds} {and smooth the top|}
        Bake {it|the $it|the layers} for {25|30|40|50} minutes at $degrees
        {Insert|Stick} a {toothpick|skewer} into the {middle|center} {to see if it is done|and check for crumbs}
        {Turn|Tip} the {cake|layers} out onto a {wire rack|plate}
        {Level|Trim} the top of the {cake|$it} with a {bread knife|long knife}
        {Spread|Pipe|Smooth} {frosting|buttercream|ganache|whipped cream} over the {layers|sides|top}
        {Decorate|Finish} {it|the $it} with {sprinkles|berries|candles|chocolate curls|sugar flowers}
        {Separate|Add} the eggs {one at a time|at room temperature}
        {Chill|Refrigerate} the {frosting|layers|iced cake} before {slicing|stacking}
        {Fill|Attach} a {piping bag|star nozzle} and practice on {parchment|a plate}
      `),
      details: lines(`
        {Overmixing|Too much flour} makes {the crumb|a cake} {tough|dry}
        The center should {spring back|not wobble|feel firm} when {touched|you press it}
        {Cold butter|A warm layer} will {split the batter|melt the frosting}
        Opening the oven {too early|now} makes the {middle|cake} sink
        A turntable makes {icing|smoothing the sides} easier
        {Vanilla|Lemon zest|A pinch of salt} lifts the {flavor|sweetness} of the $it
      `),
    },
    {
      label: 'Bread',
      parents: ['Baking'],
      rows: 560,
      also: ['Soups', 'Pickles'],
      titles: lines(`
        {Bake|Make} {$it|$it at Home|$it Without a Machine}
      `),
      subjects: list(
        'sourdough, white bread, focaccia, rye bread, whole wheat bread, bagels, baguettes, dinner rolls, flatbread, pita, brioche, cornbread, banana bread',
      ),
      methods: list('Mixing the Dough, Proofing, Shaping, Baking, Feeding a Starter'),
      steps: lines(`
        {Dissolve|Activate|Proof} the yeast in {warm|lukewarm} {water|milk}{| with $amount of sugar}
        {Knead|Work} the dough {on a floured surface|with the heel of your hand|for $minutes}
        {Let|Leave} the dough {rise|double in size|proof} {in a warm place|under a damp towel|overnight in the fridge}
        {Punch|Knock} {down|back} the dough
        {Shape|Roll} {it|the dough} into {a loaf|a ball|small rolls|a long log}
        {Score|Slash} the {top|loaf|crust} with a {razor|sharp knife}
        {Feed|Refresh} the starter with {flour and water|equal parts flour}
        {Dust|Flour} the {counter|basket|peel} {lightly|so that nothing sticks}
        {Slide|Move} the loaf onto a hot {stone|tray|Dutch oven}
        {Throw|Pour} {a cup of water|some ice} into a tray {to make steam|below}
        {Knock|Tap} the bottom of the loaf and listen for a hollow sound
        {Combine|Mix} the flour, salt and water {into a shaggy dough|in a $small bowl}
        {Stretch|Pull} and fold the dough every {half hour|20 minutes}
        {Brush|Glaze} the {crust|rolls} with {egg|milk|olive oil}
      `),
      details: lines(`
        {The dough|It} should be {sticky|smooth|elastic|soft} but {not wet|easy to handle}
        {Gluten|The crumb} needs {time|rest} to {develop|set}
        {Press|Poke} it with a finger: it should spring back slowly
        {Too much|Hot} water kills the yeast
        A {crackling|thick|brown} crust means {it is done|the steam worked}
      `),
    },
    {
      label: 'Cookies',
      parents: ['Baking'],
      rows: 350,
      also: ['Cakes', 'Gift Giving'],
      titles: lines(`
        {Make|Bake} $it
        {Make|Bake} {Chewy|Crisp|Soft|Simple} $it
      `),
      subjects: list(
        'sugar cookies, chocolate chip cookies, gingerbread, shortbread, oatmeal cookies, macarons, peanut butter cookies, brownies, biscotti, snickerdoodles',
      ),
      methods: list('Making the Dough, Cutting Out Shapes, Baking, Icing'),
      steps: lines(`
        {Chill|Refrigerate} the {dough|cookie dough} {for $minutes|before rolling}
        {Roll|Press} {it|the dough} {out|flat} between {two sheets of parchment|floured hands}
        {Cut|Stamp} {out |}{stars|hearts|rounds|shapes} with a {cookie cutter|glass}
        {Drop|Scoop} {spoonfuls|balls} of dough onto the {baking sheet|tray} $length apart
        {Stir|Fold} in the {chocolate chips|oats|raisins|nuts}
        {Cream|Beat} the butter with {brown|white} sugar
        Bake for {8|10|12} minutes{| until the edges are golden}
        {Cool|Leave} the cookies on the {sheet|rack} {for $minutes|until firm}
        {Ice|Decorate} {them|the $it} with {royal icing|melted chocolate|colored sugar}
        {Line|Grease} a baking sheet
        {Pack|Stack} them in a tin {between layers of paper|as a present}
      `),
      details: lines(`
        They {spread|harden|darken} as they {bake|cool}
        {Baking soda|Brown sugar|An extra yolk} makes them {chewy|spread|darker}
        {Warm|Soft} dough spreads too {far|thin}
        {Take them out|Remove the tray} while the middle is still soft
      `),
    },
    {
      label: 'Soups',
      parents: ['Cooking'],
      rows: 430,
      also: ['Vegetable Gardens', 'Pasta'],
      titles: lines(`
        {Make|Cook|Thicken|Freeze} $it
        {Make|Cook} {Hearty|Easy|Vegetarian} $it
      `),
      subjects: list(
        'tomato soup, chicken stock, lentil soup, beef stew, pumpkin soup, onion soup, miso soup, chowder, minestrone, chili, curry, bone broth, ramen broth',
      ),
      methods: list('Building the Base, Simmering, Blending, Finishing the Pot'),
      steps: lines(`
        {Sweat|Fry|Sauté} the {onions|leeks|celery} in {butter|oil} {until soft|without browning}
        {Brown|Sear} the {meat|bones|beef} in {batches|a heavy pot}
        {Pour|Add} {in |}the {stock|broth|water|tomatoes} {and scrape the pan|}
        {Simmer|Cook} {it|the $it} {uncovered|with the lid on|gently} for $minutes
        {Skim|Spoon} {the foam|the fat} {off|from} the {top|surface}
        {Blend|Purée} {the soup|it} {until smooth|in batches|with a stick blender}
        {Thicken|Finish} it with {cream|flour and butter|a mashed potato|cornstarch}
        {Peel|Chop} the {carrots|potatoes|pumpkin|turnips} into chunks
        {Toss|Drop} in {a bay leaf|the lentils|the beans|the noodles|thyme}
        {Ladle|Pour} {it|the $it} into {bowls|jars|mugs}
        {Soak|Rinse} the {beans|lentils|barley} {overnight|in cold water}
        {Strain|Pass} the {stock|broth} through a {sieve|cheesecloth}
      `),
      details: lines(`
        {Boiling|High heat} makes {it cloudy|the meat tough}
        {Hot liquid|Steam} expands, so fill the blender only half full
        {A rind of cheese|Soy sauce|A parmesan crust} adds depth
        It {tastes better|thickens} {the next day|as it cools}
        {Freeze|Cool} it in {portions|shallow containers}
      `),
    },
    {
      label: 'Pasta',
      parents: ['Cooking'],
      rows: 330,
      also: ['Soups', 'Bread'],
      titles: lines(`
        {Cook|Make|Serve} $it
        {Make|Cook} $it {from Scratch|for a Crowd}
      `),
      subjects: list(
        'spaghetti, lasagna, fresh pasta, gnocchi, ravioli, macaroni and cheese, carbonara, pesto, fettuccine, pasta salad, noodles',
      ),
      methods: list('Boiling the Noodles, Making the Sauce, Rolling the Dough, Assembling'),
      steps: lines(`
        {Salt|Boil} {a large pot of|the} water
        {Cook|Boil} the {noodles|spaghetti|$it} until {al dente|firm to the bite|they float}
        {Reserve|Save} a {cup|mug} of the {cooking|starchy} water
        {Toss|Mix} the {noodles|$it} {with|in} the {sauce|pesto|olive oil}
        {Roll|Feed} the dough through the {machine|rollers} {thinner each time|twice}
        {Make|Dig} a well in the flour and crack in the eggs
        {Layer|Spread} the {sheets|sauce|ricotta} in a {baking dish|deep pan}
        {Grate|Shave} {parmesan|cheese|nutmeg} over the {top|dish}
        {Crush|Simmer} the tomatoes with {garlic|basil|oregano}
        {Fry|Crisp} the {bacon|garlic|mushrooms} in {olive oil|its own fat}
        {Cut|Slice} the {dough|sheets} into {ribbons|squares|strips}
        {Seal|Pinch} the edges {with water|with a fork}
      `),
      details: lines(`
        {Starch|The water} helps the sauce {cling|thicken}
        {Do not|Never} {rinse|overcook} the {noodles|$it}
        {Fresh|Egg} {noodles|dough} {cook|dries} in two minutes
        The sauce should coat {the back of a spoon|every strand}
      `),
    },
    {
      label: 'Grilling',
      parents: ['Cooking'],
      rows: 120,
      also: ['Camping', 'Party Planning'],
      titles: lines(`
        {Grill|Barbecue|Smoke} $it
      `),
      subjects: list(
        'steak, ribs, burgers, chicken wings, corn on the cob, salmon, sausages, kebabs, pork shoulder, peppers',
      ),
      methods: list('Lighting the Coals, Marinating, Grilling, Smoking Low and Slow'),
      steps: lines(`
        {Light|Stack} the {charcoal|coals|wood chips} {in a chimney|and wait for gray ash}
        {Oil|Brush|Scrub} the {grates|grill}
        {Marinate|Rub} the {meat|$it} {overnight|with spices|in vinegar and oil}
        {Sear|Char} {it|the $it} over direct heat {on each side|for $minutes}
        {Thread|Push} the {pieces|vegetables} onto {skewers|soaked sticks}
        {Baste|Brush} with {sauce|butter} {near the end|every few minutes}
        {Move|Slide} {it|them} to the cooler side of the {grill|fire}
        {Rest|Tent} the meat under foil
        {Check|Measure} the {inside|internal} temperature with a thermometer
      `),
      details: lines(`
        {Fat|Sugar} {drips and flares|burns quickly}
        {Smoke|The lid} {does|holds} most of the work
        {Cut|Slice} across the grain
        Gray ash means the coals are ready
      `),
    },
    {
      label: 'Coffee',
      parents: ['Drinks'],
      rows: 310,
      also: ['Tea'],
      titles: lines(`
        {Make|Brew|Order} {$it|$it at Home|Better $it}
      `),
      subjects: list(
        'espresso, cold brew, French press coffee, iced coffee, a latte, cappuccino, pour-over coffee, Turkish coffee, mocha, decaf',
      ),
      methods: list('Grinding the Beans, Brewing, Steaming Milk, Cleaning the Machine'),
      steps: lines(`
        {Grind|Crush} the beans {coarsely|finely|just before brewing}
        {Tamp|Press|Level} the {grounds|coffee} {in the basket|firmly}
        {Pour|Drip} {hot|boiling} water over the {grounds|filter} in {circles|a thin stream}
        {Steam|Froth|Heat} the milk until {it doubles|silky|small bubbles form}
        {Rinse|Wet} the paper filter {with hot water|first}
        {Weigh|Measure} {out |}{20|30} grams of {beans|coffee}
        {Press|Push} the plunger down $carefully
        {Steep|Brew} {it|the $it} for {four minutes|$minutes|12 hours in the fridge}
        {Descale|Flush|Clean} the {machine|pot|kettle} with {vinegar|citric acid}
        {Pull|Draw} a {double|short} shot
        {Stir|Add} {in |}{sugar|syrup|cinnamon|ice} {while it is hot|to taste}
      `),
      details: lines(`
        {Bitter|Sour} means the grind is too {fine|coarse}
        {Old|Stale} beans {lose their aroma|taste flat}
        Water just off the boil {works|tastes} best
        {Warm|Preheat} the cup so that it stays hot
      `),
    },
    {
      label: 'Tea',
      parents: ['Drinks'],
      rows: 85,
      also: ['Coffee', 'Sleep'],
      titles: lines(`
        {Brew|Make|Serve} $it
      `),
      subjects: list('green tea, chai, iced tea, ginger tea, kombucha, matcha, black tea, chamomile tea'),
      methods: list('Steeping, Adding Flavor, Fermenting'),
      steps: lines(`
        {Steep|Brew} the {leaves|bags} for {three|five} minutes
        {Warm|Rinse} the teapot with {hot|boiling} water
        {Whisk|Sift} the {powder|matcha} into {hot|a little} water
        {Simmer|Toast} the {cardamom|cinnamon|cloves} {with milk|in a dry pan}
        {Strain|Pour} {it|the $it} into {cups|a jug over ice}
        {Add|Stir in} {honey|lemon|mint|milk} {to taste|last}
        {Float|Cover} the {culture|scoby} {in sweet tea|with a cloth}
        {Heat|Cool} the water to {80|70} °C
      `),
      details: lines(`
        {Boiling water|Long steeping} makes it bitter
        {Loose leaves|A good teapot} give more {flavor|aroma}
        {Herbs|Chamomile} may help you {relax|sleep}
      `),
    },
    {
      label: 'Smoothies',
      parents: ['Drinks'],
      rows: 48,
      also: ['Nutrition'],
      titles: lines(`
        Make a $it
      `),
      subjects: list(
        'banana smoothie, green smoothie, protein shake, berry smoothie, milkshake, mango lassi',
      ),
      methods: list('Blending, Adding Protein'),
      steps: lines(`
        {Freeze|Peel} the {bananas|berries|mango} {the night before|in chunks}
        {Blend|Pulse} {it|everything} until {smooth|creamy}
        {Add|Pour in} {yogurt|milk|oats|spinach|protein powder}
        {Crush|Add} the ice last
        {Thin|Thicken} it with {juice|more fruit}
      `),
      details: lines(`
        Frozen fruit makes it {thick|cold} without ice
        {Spinach|Oats} {hardly change the taste|add fiber}
      `),
    },
    {
      label: 'Pickles',
      parents: ['Food Preservation'],
      rows: 75,
      also: ['Vegetable Gardens', 'Jam'],
      titles: lines(`
        {Pickle|Ferment|Can} $it
      `),
      subjects: list('cucumbers, red onions, cabbage, beets, eggs, peppers, kimchi, garlic'),
      methods: list('Making the Brine, Canning, Fermenting'),
      steps: lines(`
        {Boil|Dissolve} the {vinegar|salt|sugar} {and spices|in water}
        {Sterilize|Boil} the {jars|lids}
        {Pack|Press} the {vegetables|$it} {tightly|into jars}
        {Pour|Ladle} the {hot |}brine over {them|the $it}
        {Massage|Rub} the {cabbage|leaves} with salt
        {Weigh|Keep} {it|them} down below the liquid
        {Leave|Ferment} at room temperature for $few days
        {Seal|Process} the jars in {boiling water|a water bath}
      `),
      details: lines(`
        {Bubbles|Sour smells} are a sign of {fermentation|life}
        {Mold|A soft lid} means it must be thrown out
        {Salt|Vinegar} keeps bad bacteria away
      `),
    },
    {
      label: 'Jam',
      parents: ['Food Preservation'],
      rows: 34,
      also: ['Pickles', 'Gift Giving'],
      titles: lines(`
        Make $it
      `),
      subjects: list('strawberry jam, marmalade, apple butter, fig preserves, grape jelly'),
      methods: list('Cooking the Fruit, Filling Jars'),
      steps: lines(`
        {Mash|Hull} the {fruit|berries}
        {Boil|Cook} the fruit with {sugar|pectin} {until it sets|at a rolling boil}
        {Test|Check} the set on a cold {plate|spoon}
        {Skim|Ladle} the {foam|jam} {off|into jars}
        {Sterilize|Warm} the jars in the oven
      `),
      details: lines(`
        {Pectin|Lemon juice} helps it set
        Leave a {small gap|finger's width} below the lid
      `),
    },
    {
      label: 'Party Planning',
      parents: [],
      rows: 230,
      also: ['Cakes', 'Gift Giving', 'Friendship'],
      titles: lines(`
        {Plan|Host|Throw} a $it
      `),
      subjects: list(
        'birthday party, dinner party, baby shower, housewarming, surprise party, garden party, potluck, costume party, movie night, tea party',
      ),
      methods: list('Planning Ahead, Inviting Guests, Decorating, Hosting'),
      steps: lines(`
        {Send|Write} the invitations {three weeks ahead|by email|with a date for replies}
        {Draw up|Decide on} {a guest list|a budget|a theme|a menu}
        {Decorate|Set up} the {room|tables|yard} with {balloons|candles|paper lanterns|flowers}
        {Plan|Prepare} {games|music|party favors} for the {children|guests}
        {Greet|Welcome} {people|each guest} at the door
        {Put|Make} together a playlist
        {Order|Arrange} {enough |}{food|drinks|chairs|ice} for {twenty|everyone}
        {Ask|Tell} guests to bring {a dish|a costume|nothing but themselves}
        {Introduce|Seat} {people|guests} who {do not know each other|share interests}
        {Thank everyone|Walk everyone out} at the end of the {night|$it}
      `),
      details: lines(`
        {Keep|Leave} {a path|room} for people to {dance|move around}
        {Shy|Late} guests {need|like} something to do
        {Neighbors|Your landlord} should know about the noise
        {Two|Three} drinks a person is a fair guess
      `),
    },
  ],
};
