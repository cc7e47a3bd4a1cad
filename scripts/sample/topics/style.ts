import { lines, list, type Area } from '../grammar.ts';

export const style: Area = {
  label: 'Personal Care and Style',
  steps: lines(`
    {Wash|Rinse} {your face|your hair|the area} with {lukewarm|cool} water
    {Pat|Towel} {dry|it dry}
    {Apply|Massage in} $amount {of oil|of cream|of conditioner|}
    {Look|Check} in {the|a} mirror
    {Choose|Find} {a shade|a style|a size} that {flatters you|fits your face|matches your skin}
    {Trim|File|Snip} {the ends|uneven bits} 
    {Leave|Keep} it on for $minutes and rinse
    {Moisturize|Exfoliate} {daily|twice a week}
    {Visit|Book} a {salon|stylist}
  `),
  details: lines(`
    Test a {small|hidden} patch of skin for allergies
    {Coconut|Olive} oil works {just as well|overnight}
    {Heat|Sun|Chlorine} {dries it out|causes damage}
    {Less is more|You can always add more}
  `),
  topics: [
    {
      label: 'Hair Care',
      parents: [],
      rows: 330,
      also: ['Makeup', 'Skin Care'],
      titles: lines(`
        {Style|Wash|Braid|Straighten|Curl|Color|Cut} $it
      `),
      subjects: list(
        'curly hair, long hair, a beard, bangs, thin hair, short hair, bleached hair, a fishtail braid, a bun, dreadlocks',
      ),
      methods: list('Washing, Styling, Coloring, Braiding'),
      steps: lines(`
        {Shampoo|Wash} {your hair|the roots|the $it} {twice a week|with cool water}
        {Comb|Brush|Detangle} {it|your hair} from the {ends|tips} up
        {Divide|Part|Section} {it|the hair} into {three strands|sections}
        {Cross|Weave} the {left|right|outer} strand over the middle
        {Apply|Work} {conditioner|leave-in cream|a mask|mousse} through the {ends|lengths}
        {Blow-dry|Air-dry|Diffuse} {it|your hair} {on low|upside down}
        {Curl|Wrap|Straighten} {each section|a strand} {around the iron|away from your face}
        {Mix|Paint on} the {dye|bleach|toner}
        {Trim|Cut} {split ends|the fringe|$length off}
        {Secure|Tie|Pin} {it|the end|the bun} with {an elastic|pins}
        {Spray|Set} {it|the style} with {hairspray|sea salt spray}
        {Sleep|Wrap it} on a {silk|satin} pillowcase
      `),
      details: lines(`
        {Wet|Bleached} hair {breaks|stretches} easily
        {Sulfates|Hot irons} {strip|burn} {the oils|curls}
        {Roots|Ends} take {color faster|longer}
        Use a heat protectant
      `),
    },
    {
      label: 'Skin Care',
      parents: [],
      rows: 200,
      also: ['Makeup', 'Nail Care'],
      titles: lines(`
        {Get Rid of|Treat|Prevent|Care for} $it
      `),
      subjects: list(
        'acne, dry skin, dark circles, oily skin, sunburn, blackheads, wrinkles, razor bumps, chapped lips, scars',
      ),
      methods: list('Cleansing, Using Home Remedies, Seeing a Dermatologist'),
      steps: lines(`
        {Cleanse|Wash} your face {morning and night|with a gentle cleanser}
        {Apply|Wear|Reapply} sunscreen {every two hours|daily}
        {Dab|Smooth} on {aloe|honey|tea tree oil|petroleum jelly}
        {Steam|Exfoliate|Tone} your {face|skin|lips}
        {Shave|Pluck} in the direction of {growth|the hair}
        {Resist|Avoid} {picking|squeezing|scratching} {pimples|scabs|the skin}
        {Use|Try} {retinol|salicylic acid|a clay mask|vitamin C}
        {Lay|Hold} {cucumber slices|cold spoons|tea bags} on your eyes
        {See|Ask} a dermatologist {about lasers|if it spreads}
        {Change|Wash} your pillowcase
      `),
      details: lines(`
        {Pores|Oil glands} {clog|react} when {dry|dirty}
        {Fragrance|Alcohol} {stings|irritates} {broken|sensitive} skin
        {Results|Scars} take {weeks|months} to {show|fade}
      `),
    },
    {
      label: 'Makeup',
      parents: [],
      rows: 110,
      also: ['Skin Care', 'Costumes'],
      titles: lines(`
        {Apply|Remove|Choose|Wear} $it
      `),
      subjects: list('eyeliner, foundation, red lipstick, eyeshadow, stage makeup, mascara, blush, contour'),
      methods: list('Preparing Your Skin, Applying Color, Setting the Look'),
      steps: lines(`
        {Prime|Moisturize} your {face|lids|lips}
        {Blend|Dot|Buff} the {foundation|concealer} {with a sponge|outward}
        {Line|Trace} {your lips|the lash line} {in short strokes|}
        {Sweep|Dust|Brush} {powder|blush|bronzer} {across your cheeks|onto the lid}
        {Curl|Coat} your lashes
        {Blot|Set} {your lips|it} with {a tissue|powder}
        {Remove|Wipe} {it|makeup} with {oil|micellar water}
        {Fill|Shape} in your brows
      `),
      details: lines(`
        {Match|Test} the shade on your jaw
        {Old|Shared} mascara {dries|spreads germs}
      `),
    },
    {
      label: 'Nail Care',
      parents: [],
      rows: 76,
      also: ['Skin Care', 'Makeup'],
      titles: lines(`
        {Paint|Shape|Grow|Remove} $it
      `),
      subjects: list('your nails, acrylic nails, gel polish, toenails, French tips, short nails'),
      methods: list('Shaping, Painting, Drying'),
      steps: lines(`
        {File|Buff} {the nails|the tips} in one direction
        {Push|Trim} back the cuticles
        {Paint|Brush} {on |}a {thin|base|top} coat
        {Soak|Wrap} {them|your fingertips} in {acetone|foil}
        {Dip|Dry} your {hands|nails} in ice water
        {Stick|Draw} {on |}{dots|stripes|decals}
        {Oil|Massage} the cuticles
      `),
      details: lines(`
        {Thick|Fresh} polish {bubbles|smudges}
        {Acetone|Water} dries the nail bed
      `),
    },
    {
      label: 'Clothing Care',
      parents: ['Fashion'],
      rows: 92,
      also: ['Laundry', 'Sewing', 'Packing'],
      titles: lines(`
        {Clean|Stretch|Store|Polish|Mend} $it
      `),
      subjects: list(
        'leather shoes, suede boots, a wool coat, a hat, white sneakers, a silk tie, a leather jacket, a suit',
      ),
      methods: list('Cleaning, Conditioning, Storing'),
      steps: lines(`
        {Polish|Buff|Brush} the {leather|suede|toes}
        {Stuff|Fill} {them|the shoes} with newspaper
        {Hang|Fold} {it|the coat|the suit} on a {wide|padded} hanger
        {Condition|Waterproof} the {leather|seams}
        {Shave|Pick} off the {lint|pilling}
        {Stretch|Steam} {it|the $it} {gently|over a kettle}
        {Add|Put} {cedar|lavender|moth balls} in the closet
        {Replace|Wash} the {laces|insoles|lining}
      `),
      details: lines(`
        {Direct heat|A radiator} cracks leather
        {Moths|Sweat} {eat|ruin} wool
      `),
    },
    {
      label: 'Dressing Well',
      parents: ['Fashion'],
      rows: 54,
      also: ['Job Interviews', 'Dating', 'Clothing Care'],
      titles: lines(`
        {Dress|Dress Well} for a $it
      `),
      subjects: list('wedding, job interview, first date, cold day, business trip, funeral, dinner'),
      methods: list('Choosing an Outfit, Adding Accessories'),
      steps: lines(`
        {Match|Pair} {the belt and shoes|the shirt with dark pants|neutral colors}
        {Wear|Choose} {layers|a blazer|a plain shirt|comfortable shoes}
        {Tie|Knot} {a tie|a scarf}
        {Get|Have} {it|the jacket} tailored
        {Add|Limit} {jewelry|accessories|a watch}
        {Iron|Lay out} your {clothes|outfit} the night before
      `),
      details: lines(`
        The {shoulders|sleeves} should {fit|end at the wrist}
        {Ask|Find out} what the dress code is
      `),
    },
  ],
};
