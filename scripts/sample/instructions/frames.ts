/** A kind of task: its verb and noun in the benchmark's notation, objects that finish it, and wordings of its own beside the common ones. */
export interface Frame {
  readonly category: string;
  /** What stands after the verb, noun included, e.g. `a story about $thing`. */
  readonly objects: readonly string[];
}

const frame = (category: string, ...objects: string[]): Frame => ({ category, objects });

// `$thing`, `$place`, `$who`, `$number`, `$text` are drawn from lists; phrases were written for Verbena.
const byNoun: Readonly<Record<string, readonly [article: string, tails: readonly string[], verbs: string]>> =
  {
    story: [
      'a',
      [' about $thing', ' set in $place', ' for $who about $thing'],
      'write read tell edit summarize',
    ],
    poem: ['a', [' about $thing', ' in four lines on $thing'], 'write analyze translate rewrite'],
    email: ['an', [' to $who about $thing', ' that thanks $who'], 'write draft edit rewrite summarize'],
    article: ['an', [' on $thing', ' about $thing for $who'], 'write summarize edit translate proofread'],
    recipe: ['a', [' for $number people with $thing', ' that uses $thing'], 'create find suggest write'],
    list: [
      'a',
      [' of $number things to know about $thing', ' of places in $place'],
      'create make generate sort',
    ],
    sentence: ['a', [': $text', ' about $thing: $text'], 'rewrite translate complete edit classify correct'],
    paragraph: ['a', [' about $thing', ' on $place'], 'write edit rewrite summarize shorten'],
    equation: ['the', [': $number x + 3 = 12', ' with $number unknowns'], 'solve simplify write'],
    function: [
      'a',
      [' that sorts $number numbers', ' in Python that counts $thing'],
      'write debug test explain',
    ],
    code: [
      'the',
      [' that reads $thing from a file', ' below and say what it prints'],
      'debug explain write optimize',
    ],
    table: ['a', [' of $thing by year', ' that compares $thing in $place'], 'create design format read'],
    plan: ['a', [' for a week in $place', ' to teach $who about $thing'], 'create make develop review'],
    title: ['a', [' for a book about $thing', ' for a talk in $place'], 'suggest generate create choose'],
    question: ['a', [' about $thing', ' to ask $who'], 'answer generate rephrase write'],
    letter: ['a', [' to $who', ' to $who about $thing'], 'write draft compose read'],
    dialogue: ['a', [' between $who and a stranger about $thing', ' set in $place'], 'write create continue'],
    speech: ['a', [' on $thing', ' for $who about $thing'], 'write give shorten'],
    image: ['an', [' of $thing', ' of $place at night'], 'describe draw edit'],
    name: ['a', [' for a shop that sells $thing', ' for a dog of $who'], 'suggest generate find'],
    slogan: ['a', [' for a company that sells $thing', ' for $place'], 'create write suggest'],
    essay: ['an', [' on $thing', ' about life in $place'], 'write outline grade'],
    review: ['a', [' of a shop in $place', ' of a book about $thing'], 'write summarize analyze'],
    schedule: ['a', [' for $who', ' for $number days in $place'], 'create make plan'],
    product: ['a', [' made of $thing', ' for $who'], 'describe compare recommend'],
    city: ['a', [' near $place', ' for $who to visit'], 'describe recommend find'],
    word: ['a', [' that means $thing', ' that fits: $text'], 'find define spell'],
    number: ['the', [' of days in $number weeks', ' of words in: $text'], 'calculate count estimate round'],
    average: ['the', [' of $number, 4 and 9', ' price of $thing in $place'], 'calculate find'],
    area: ['the', [' of a square of $number metres', ' of a garden in $place'], 'calculate measure'],
    distance: [
      'the',
      [' between $place and the sea', ' that $who walks in $number hours'],
      'calculate estimate convert',
    ],
    temperature: ['the', [' of $number degrees to Fahrenheit', ' in $place'], 'convert measure predict'],
    argument: ['an', [' for more $thing', ' about $thing with $who'], 'make evaluate write'],
    concept: ['the', [' of $thing to $who', ' behind $thing'], 'explain define illustrate'],
    process: ['the', [' of making $thing', ' by which $thing is sold'], 'describe explain automate'],
    difference: [
      'the',
      [' between $thing and the sea', ' between $place and its neighbours'],
      'explain describe find',
    ],
    example: ['an', [' of $thing', ' of $thing in $place'], 'give find provide'],
    fact: ['a', [' about $thing', ' about $place'], 'provide check list'],
    quiz: ['a', [' on $thing', ' with $number questions for $who'], 'create write grade'],
    song: ['a', [' about $thing', ' for $who'], 'write compose recommend'],
  };

/** At least 120 categories, each with objects to draw from. */
export const frames: readonly Frame[] = Object.entries(byNoun).flatMap(([noun, [article, tails, verbs]]) =>
  verbs
    .split(' ')
    .map((verb) => frame(`${verb}|${noun}`, ...tails.map((tail) => `${article} ${noun}${tail}`))),
);

export const slots: Readonly<Record<string, readonly string[]>> = {
  thing:
    'bread,rain,old maps,bicycles,honesty,winter,tea,wool,bees,cheap travel,sleep,gardens,glass,salt,trains,kites,patience,lighthouses,coffee,solar power'.split(
      ',',
    ),
  place:
    'a small harbour,the mountains,Lisbon,an island,Nairobi,a quiet village,the desert,Osaka,a border town,the old market'.split(
      ',',
    ),
  who: 'a child,a new neighbour,my manager,a group of nurses,an old friend,first-year students,a customer,my aunt'.split(
    ',',
  ),
  number: '2,3,4,5,6,7,8,10,12'.split(','),
  text: [
    '"The boat left before noon."',
    '"She have two keys."',
    '"Nobody knew the way home"',
    '"We was late again."',
    '"It rains in the north."',
  ],
};

/** How an instruction opens: `$do` is the verb. Most are plain, as instructions are. */
export const openings: readonly (readonly [share: number, pattern: string])[] = [
  [0.52, '$Do $object.'],
  [0.12, 'Please $do $object.'],
  [0.1, 'Can you $do $object?'],
  [0.08, 'I need you to $do $object.'],
  [0.07, 'Help me $do $object.'],
  [0.06, '$Do $object, and keep it short.'],
  [0.05, 'You are given some notes. $Do $object.'],
];
