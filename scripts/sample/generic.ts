import { lines, list, type Slots } from './grammar.ts';

// What no topic owns: ambiguous steps, leads and tails, asides that mention another topic's things. They are why
// a bag of words cannot read every label off the sample.

export const slots: Slots = {
  minutes: list(
    'five minutes, ten minutes, fifteen minutes, twenty minutes, half an hour, about an hour, an hour or two, a minute, two or three minutes',
  ),
  longtime: list(
    'overnight, for a day or two, for at least a week, for several hours, until the next morning, over the weekend',
  ),
  few: list('two, three, four, five, a few, several, a couple of'),
  small: list('small, shallow, clean, large, wide, old, sturdy, spare, plastic, flat'),
  container: list('bowl, box, tray, jar, bag, bucket, tub, basket, tin, envelope'),
  cloth: list(
    'soft cloth, clean towel, dry rag, damp sponge, paper towel, lint-free cloth, old T-shirt, cotton pad',
  ),
  surface: list(
    'flat surface, clean table, work surface, kitchen counter, sheet of newspaper, dry floor, workbench',
  ),
  place: list(
    'dry place, cool and dark place, well-lit room, quiet corner, sunny spot, safe place, warm room, shaded place',
  ),
  person: list(
    'friend, relative, neighbor, partner, professional, local expert, family member, colleague, more experienced person',
  ),
  day: list('day, week, morning, evening, weekend, month, other day, night'),
  carefully: list(
    'carefully, gently, slowly, evenly, firmly, patiently, lightly, thoroughly, quickly, with both hands, in small motions',
  ),
  amount: list(
    'a little, a small amount, about a cup, a spoonful, a handful, roughly half, just enough, a thin layer, a generous amount, a few drops',
  ),
  degrees: list(
    '160 °C (320 °F), 180 °C (356 °F), 190 °C (375 °F), 200 °C (392 °F), 220 °C (428 °F), 175 °C (350 °F)',
  ),
  length: list(
    '2 cm (0.8 in), 5 cm (2 in), 10 cm (4 in), 30 cm (1 ft), 1 m (3.3 ft), 15 cm (6 in), 3 mm (0.1 in)',
  ),
  price: list('$10, $20, $50, $100, $200, £15, €30'),
};

/** Whole steps that could stand in an article on anything. */
export const steps = lines(`
  {Let it|Allow it to} {rest|sit|stand|settle} for $minutes
  Leave it alone $longtime
  Wait {$minutes|until you are sure|for a while} before {you go on|moving on|the next step|continuing}
  {Gather|Collect|Lay out} {your supplies|everything you need|the materials|all the tools}{| before you {start|begin}}
  Read the {instructions|label|directions|manual}{| all the way through}{| before you {start|begin}}
  {Decide|Work out|Think about} {what you want|how much you need|which one suits you|how it should look}
  {Set|Put} it aside {for later|for now|until you need it|in a $place}
  {Check|Look over} your work {$carefully|once more|from every side}
  Repeat {the last step|these steps|the process|this} {until you are happy with it|$few times|on the other side|every $day}
  {Start|Begin} {small|slowly|with a simple one|with the easy part}
  {Turn it over|Flip it} and {do the same|repeat} on the other side
  {Take|Pull} it out and {let it cool|look at it|set it down}
  {Ask|Call} a $person {for help|for advice|to have a look|if you are unsure}
  {Clean up|Tidy up|Put everything away} {when you are done|as you go|afterward}
  {Practice|Do this|Try again} {every $day|until it feels natural|a little at a time}
  {Be|Stay} patient
  {Avoid|Resist} {rushing|forcing it|the urge to hurry|doing too much at once}
  {Make|Write} a list{| of what you need| and keep it where you can see it}
  {Measure|Check} twice
  {Cover it|Wrap it up|Close it} and {leave it|store it|put it away} $longtime
  {Choose|Pick} a $place{| to work in}
  {Remove|Wipe off|Get rid of} {any|the} excess
  {Add|Use} $amount more {if needed|if it does not hold|and try again|at a time}
  {Fold|Cut|Divide} it in half
  {Rinse|Wash} {it|everything} {well|under cold water|with warm water|until the water runs clear}
  {Pat|Wipe|Rub} it dry with a $cloth
  {Store|Keep} it in a $place
  {Put|Place} it in a $small $container
  {Mix|Stir} {well|until smooth|until there are no lumps|$carefully}
  {Press|Push} down $carefully
  {Shake|Tap} it {gently|hard|a few times|to loosen it}
  {Make|Take} {notes|a note of what changed|a picture} {as you go|before you {start|begin}|so that you can repeat it}
  {Test|Try} it {first|out|on a small area|before you rely on it}
  {Know|Learn} when to stop
  {Look for|Watch for|Notice} {signs of wear|problems|changes|mistakes}{| early}
  {Set|Choose} a {date|time|goal|limit} {and stick to it|that is realistic|in advance}
  {Finish|Complete} the {first|other|last} {side|half|part|section}
  {Enjoy|Show off|Share} the {result|finished piece|fruits of your work}
  {Consider|Think about} {the cost|the alternatives|your options|whether it is worth it}
  {Compare|Look at} {prices|several options|a few examples}{| before you {buy|choose|decide}}
  {Replace|Change} it {when it wears out|if it is damaged|at least once a year}
  {Protect|Cover} {your hands|the floor|your clothes|the area around it}
  {Adjust|Change} {the amount|the position|the angle|your plan} {as needed|if necessary|a little}
  Do not {give up|worry|skip this|overdo it}{| if it does not work at first}
  {Keep|Hold} it {steady|level|straight|upright|in place} for $minutes
`);

/** Second sentences that could follow any step. */
export const details = lines(`
  This {takes|should take|will take} {about |}$minutes
  {If you are not sure|When in doubt|If this is your first time}, ask a $person
  {You can|It is fine to} {skip this|leave this out|do this later} if you are short of time
  {Most people|Beginners} {forget|skip|rush} this part
  {This is the hardest part|The rest is easy|It gets easier with practice}
  {Do not|Try not to} {rush|hurry|worry too much|overthink it}
  {A little|A bit} goes a long way
  {It should|It will} {feel firm|look even|come away easily|hold its shape|be smooth} when it is {ready|done}
  {If it|When it} {does not|won't} {work|hold|fit|move}, {start over|try again|go back one step|use $amount more}
  {You may|You might} {need to|have to} do this {$few times|more than once|again tomorrow}
  {Keep|Have} a $cloth {handy|within reach|nearby}
  {You can find|Look for} {one|these} {online|at most stores|for less than $price|in any supermarket}
  Let a $person {hold it|help you|watch the first time}
  {Take|Make} {a break|your time|a note} {if you need to|whenever you like|before going on}
  {Both|Either} {ways|methods|kinds} {work|are fine}, {so choose what suits you|but the first is cheaper|but one is faster}
  {Everyone|Everybody} {is different|does it differently}, so {find what works|adjust as you go}
  {Work|Move} {from one side to the other|from the top down|in a circle|in one direction}
  {It|This} {pays|helps} to {plan ahead|do this the night before|prepare in advance}
  {Safety comes first|Be careful with sharp edges|Wear gloves if your skin is sensitive}
  {Stop|Pause} as soon as {it hurts|something feels wrong|it starts to change color|you hear a noise}
  {Throw away|Discard} {anything that looks bad|the rest|what you do not need}
`);

/** Asides that name a thing of another topic (`$other`): words that point the wrong way. */
export const asides = lines(`
  It is {not unlike|a bit like|much easier than} $other
  {Do not|Never} mix this up with {what you know about|advice on|the rules for} $other
  {If|Even if} you have {only ever dealt with|some experience of|a cupboard full of things for} $other, {start slowly|this is different|read on}
  {Clear|Put} away {anything to do with|whatever is left from} $other first
  {You can|Some people} {talk about|think about|deal with} $other {while you wait|in the meantime}
  {The same|A similar} {patience|care|trick} {helps|works} with $other
  A $person who knows {about |}$other {can help|may have the right tools|may tell you otherwise}
`);

/** Put before a step; the step's own capital is lowered. */
export const leads = lines(`
  First,
  Next,
  Then
  Once {that is done|you are ready|everything is in place|it is ready},
  If {you have time|possible|you can|it seems right|necessary},
  Before {you start|anything else|you go any further},
  After $minutes,
  When {you are ready|the time comes|you feel confident},
  To {save time|be safe|get started|finish},
  At the same time,
`);

/** Put after a step, before its full stop. */
export const tails = lines(`
  , if {you can|possible|you like}
  {as|if} needed
  to {save time|be on the safe side|avoid problems later|keep things simple}
  {ahead of time|in advance|beforehand}
  without {rushing|hurrying|any fuss}
  , {a little at a time|one at a time|step by step}
  , then {wait $minutes|check it again|move on}
  {every|each} $day
  with {help from |the help of }a $person
`);
