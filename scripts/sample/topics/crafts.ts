import { lines, list, type Area } from '../grammar.ts';

export const crafts: Area = {
  label: 'Hobbies and Crafts',
  steps: lines(`
    {Cut|Trim} {it|the paper|the fabric|the edge} {to size|along the line|with sharp scissors}
    {Fold|Crease} {it|the paper|the corner} {in half|toward the center}
    {Glue|Stick|Tape} {the pieces|the ends} together
    {Draw|Trace|Mark} {a line|the outline|the pattern} {lightly|with chalk|in pencil}
    {Sand|Smooth} the {edges|surface|rough spots}
    {Tie|Knot} {a knot|the ends|it off}
    {Paint|Varnish|Decorate} {it|the outside} {in a color you like|}
    {Measure|Mark} {out |}{the length|the center|$length}
    {Heat|Melt} {the wax|the glue|it} {slowly|in a double boiler}
    {Choose|Buy} {yarn|paper|clay|wood|fabric} {that suits the project|in a bright color}
  `),
  details: lines(`
    {Crooked|Uneven} {edges|lines} will show {later|in the end}
    {Craft stores|Thrift shops} sell {offcuts|kits|what you need}
    {Glue|Paint|Varnish} {dries|hardens} {clear|overnight}
    Your first one will not be perfect
    {Count|Check} {again|as you go}
  `),
  topics: [
    {
      label: 'Knitting and Crochet',
      parents: ['Needlework'],
      rows: 270,
      also: ['Sewing', 'Gift Giving'],
      titles: lines(`
        {Knit|Crochet|Finish} a $it
      `),
      subjects: list(
        'scarf, beanie, blanket, baby sweater, pair of socks, granny square, shawl, amigurumi bear, washcloth, mitten',
      ),
      methods: list('Casting On, Working the Pattern, Increasing and Decreasing, Finishing'),
      steps: lines(`
        {Cast|Bind} {on|off} {40|24|60} stitches
        {Knit|Purl} {the first row|every row|two together|to the end}
        {Chain|Make} {four|twelve} {stitches|loops}
        {Yarn over|Wrap the yarn} and pull {through|up a loop}
        {Slip|Pass} the {stitch|loop} {onto the right needle|over}
        {Work|Repeat} {rows 3 and 4|the rib|in stockinette} until it measures $length
        {Join|Change} {a new color|in the round|with a slip stitch}
        {Weave|Sew} in the {ends|tails} with a {tapestry|blunt} needle
        {Block|Steam|Wash} the finished {$it|piece}
        {Decrease|Increase} {at each end|one stitch} every {other|fourth} row
        {Insert|Put} the {hook|needle} {into the next stitch|from front to back}
        {Turn|Count} the {work|rows}
        {Make|Check} a gauge swatch
      `),
      details: lines(`
        {Tight stitches curl|Loose stitches leave holes}
        {Wool|Cotton} {stretches|blocks} {well|less}
        A {stitch marker|row counter} keeps you from losing your place
        Dropped stitches can be picked up with a {hook|needle}
      `),
    },
    {
      label: 'Sewing',
      parents: ['Needlework'],
      rows: 220,
      also: ['Clothing Care', 'Costumes', 'Knitting and Crochet'],
      titles: lines(`
        {Sew|Hem|Make|Mend} a $it
      `),
      subjects: list(
        'tote bag, skirt, pillow cover, quilt, zipper, pair of pants, apron, curtain, dress, button, face mask',
      ),
      methods: list('Cutting the Fabric, Pinning, Sewing by Machine, Sewing by Hand'),
      steps: lines(`
        {Pin|Baste} the {pieces|hem|pattern} {right sides together|to the fabric}
        {Thread|Wind} the {needle|bobbin|machine}
        {Sew|Stitch} {along|around} the {edge|seam|three sides} {with a straight stitch|}
        {Backstitch|Zigzag} {at both ends|the raw edges}
        {Press|Iron} the seams {open|flat}
        {Cut|Lay} out the {pattern|pieces} {on the fold|with a seam allowance}
        {Turn|Flip} it right side out {and poke out the corners|}
        {Fold|Hem} the {edge|cuffs} up $length
        {Gather|Pleat} the {waist|fabric}
        {Sew|Attach} on the {button|zipper|elastic|lining}
        {Snip|Clip} the {corners|loose threads|curves}
        {Prewash|Iron} the fabric
      `),
      details: lines(`
        {A dull|The wrong} needle {skips stitches|snags knits}
        {Seam allowances|Hems} are {1.5 cm (5/8 in)|left out of the measure}
        {Cotton|Canvas} is easier than {silk|stretch fabric}
        A seam ripper {undoes mistakes|saves the day}
      `),
    },
    {
      label: 'Drawing',
      parents: ['Visual Arts'],
      rows: 280,
      also: ['Photo Editing', 'Origami'],
      titles: lines(`
        Draw a $it
        {Sketch|Shade|Color} a {Simple|Realistic} $it
      `),
      subjects: list(
        'cat, dragon, human face, tree, horse, rose, cartoon dog, castle, hand, car, dolphin, pair of eyes, landscape',
      ),
      methods: list('Sketching Shapes, Adding Details, Shading, Coloring'),
      steps: lines(`
        {Draw|Sketch} {a circle|an oval|a curved line|two ovals} for the {head|body|base|muzzle}
        {Add|Draw} {the eyes|the ears|petals|whiskers|scales|a tail|wings|the mane}
        {Erase|Clean up} the {guidelines|pencil lines|overlap}
        {Shade|Hatch} {one side|under the chin|the shadows} {lightly|with the side of the pencil}
        {Connect|Join} the {shapes|lines} with {curves|smooth strokes}
        {Ink|Trace} {the outline|over the sketch} with a {fine|black} pen
        {Color|Fill} {it|the $it} in with {crayons|colored pencils|markers}
        {Draw|Mark} a {horizontal|vertical} line through the {center|circle}
        {Blend|Smudge} the graphite with a {stump|finger}
        {Add|Leave} {highlights|a white dot} in the {eyes|pupils}
        {Look at|Work from} a {photo|model|mirror}
        {Use|Set} a {vanishing point|ruler} for {perspective|the walls}
      `),
      details: lines(`
        {Press|Draw} lightly so that {lines|guides} can be erased
        {Eyes|Shadows} {sit halfway down|give the form} 
        {Proportions|Ellipses} are easier {upside down|from the shoulder}
        The ears line up with the {brows|nose}
      `),
    },
    {
      label: 'Woodworking',
      parents: [],
      rows: 150,
      also: ['Furniture', 'Painting Walls', 'Birds'],
      titles: lines(`
        {Build|Carve|Make} a $it
      `),
      subjects: list(
        'birdhouse, cutting board, wooden spoon, bookshelf, picture frame, workbench, toy car, wooden box, bat house',
      ),
      methods: list('Cutting the Pieces, Joining, Sanding and Finishing'),
      steps: lines(`
        {Saw|Cut} the {board|plank|plywood} {to length|at 45 degrees|with a miter saw}
        {Drill|Bore} {pilot holes|an entrance hole} 
        {Sand|Plane} {with the grain|the board} {from coarse to fine|}
        {Clamp|Glue} the {joint|boards|pieces} {for an hour|square}
        {Nail|Screw} the {sides|floor|back} to the {base|frame}
        {Carve|Whittle} {away from you|the bowl|the handle}
        {Rub|Brush} in {linseed oil|varnish|wood stain}
        {Chisel|Cut} out the {waste|mortise|dovetail}
        {Mark|Check} the {corners|cuts} with a square
      `),
      details: lines(`
        {Sawdust|Knots} {is harmful to breathe|can split the board}
        {Pine|Oak|Cedar} {carves easily|lasts outdoors}
        {Keep|Have} your {fingers|sleeves} away from the blade
      `),
    },
    {
      label: 'Origami',
      parents: ['Paper Crafts'],
      rows: 115,
      also: ['Gift Giving', 'Drawing'],
      titles: lines(`
        Fold {a|an} $it
      `),
      subjects: list(
        'paper crane, paper boat, origami box, paper airplane, origami frog, paper star, envelope, origami rose, paper hat',
      ),
      methods: list('Making the Base, Shaping, Finishing Touches'),
      steps: lines(`
        {Fold|Bring} the {top|left|right|bottom} corner to the {center|opposite corner}
        {Crease|Unfold} {along both diagonals|the valley fold|sharply with a nail}
        {Tuck|Slide} the flap {inside|into the pocket}
        {Turn|Flip} the {paper|model} over
        {Open|Squash} the {pocket|flap} flat
        {Pull|Push} the {wings|sides|corners} {apart|out|gently}
        {Inside-reverse|Bend} fold the {head|tail|tip}
        {Start|Begin} with a {square|colored side down}
        {Make|Form} a {kite|bird|square} base
        {Curl|Blow} {the petals|into the hole}
      `),
      details: lines(`
        {Thin|Crisp} paper {tears less|folds best}
        {Sharp|Exact} creases make the {model|$it} {neat|fly straight}
        Line up the corners
      `),
    },
    {
      label: 'Candle Making',
      parents: [],
      rows: 44,
      also: ['Gift Giving'],
      titles: lines(`
        Make $it
      `),
      subjects: list('soy candles, beeswax candles, tapers, scented candles, floating candles'),
      methods: list('Melting the Wax, Pouring, Trimming'),
      steps: lines(`
        {Melt|Heat} the {wax|beeswax} {in a double boiler|to 80 °C}
        {Center|Glue} the wick {in the jar|with a pencil}
        {Stir|Mix} in {fragrance|dye|essential oil}
        {Pour|Dip} {the wax|it} {slowly|again}
        {Trim|Cut} the wick to {5 mm|a quarter inch}
        {Cool|Cure} them {overnight|for two weeks}
      `),
      details: lines(`
        {Cracks|Sinkholes} come from cooling too fast
        Never leave melting wax alone
      `),
    },
    {
      label: 'Pottery',
      parents: ['Visual Arts'],
      rows: 32,
      also: ['House Plants'],
      titles: lines(`
        {Throw|Glaze|Make} a $it
      `),
      subjects: list('clay pot, mug, vase, bowl, coil pot'),
      methods: list('Centering, Shaping, Firing'),
      steps: lines(`
        {Wedge|Knead} the clay
        {Center|Open} the {clay|ball} on the wheel
        {Pull|Pinch} up the walls
        {Score|Slip} and attach the handle
        {Dry|Fire|Glaze} {it|the pot} {in the kiln|slowly}
        {Cut|Trim} the {foot|rim} with a wire
      `),
      details: lines(`
        {Air bubbles|Damp clay} explode in the kiln
        Keep your hands wet
      `),
    },
    {
      label: 'Magic Tricks',
      parents: [],
      rows: 40,
      also: ['Party Planning'],
      titles: lines(`
        {Perform|Do} a $it
      `),
      subjects: list('card trick, coin trick, rope trick, vanishing act, mind reading trick'),
      methods: list('Preparing the Trick, Performing'),
      steps: lines(`
        {Shuffle|Fan|Cut} the {deck|cards}
        {Palm|Vanish} the coin
        {Ask|Have} a spectator {to pick a card|sign the coin}
        {Force|Peek at} the bottom card
        {Wave|Snap} {your hand|your fingers}
        {Reveal|Name} the chosen card
      `),
      details: lines(`
        {Misdirection|A story} hides the move
        Never repeat a trick for the same audience
      `),
    },
  ],
};
