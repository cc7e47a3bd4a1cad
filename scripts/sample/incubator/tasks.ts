import { lines, list, type Slots } from '../grammar.ts';

/** A task whose objects are written by a grammar: one text of every class from words that the classes share where they can. */
export interface SampleTask {
  readonly id: string;
  readonly name: string;
  readonly instruction: string;
  /** Label to templates. `$shared` words are drawn once an object, so that its texts differ in their class and not in their subject. */
  readonly classes: Readonly<Record<string, readonly string[]>>;
  readonly slots: Slots;
  /** Slots that all texts of one object share. */
  readonly shared: readonly string[];
}

const people = list(
  'Ana, my sister, Tom, my flatmate, my boss, Grandma, Lea, your brother, my cousin, Omar, Mrs Weiss, Jonas',
);
const soon = list('tonight, tomorrow, on Friday, this weekend, after work, at lunch, next week, at six');
const past = list('last night, yesterday, on Sunday, last week, two days ago, over the holidays');

export const sampleTasks: readonly SampleTask[] = [
  {
    id: 'food-or-movie',
    name: 'Text messages: food or movie',
    instruction: "Build a classifier that can categorize text messages by 'about food' and 'about movie'.",
    shared: ['who', 'when', 'past'],
    slots: {
      who: people,
      when: soon,
      past,
      plain: list('soup, bread, pasta, salad, cake, curry'),
      dish: list(
        'lentil soup, dumplings, mushroom risotto, pancakes, a plum cake, fish tacos, potato salad, ramen, shakshuka, roast carrots, apple strudel, falafel, gnocchi, a lemon tart, chilli, sourdough, pierogi, stuffed peppers',
      ),
      taste: list(
        'too salty, just right, a bit bland, wonderfully spicy, burnt at the edges, better than at any restaurant, sour, heavenly',
      ),
      thing: list(
        'coriander, butter, garlic, lime, smoked paprika, cream, fresh basil, more pepper, a pinch of sugar, ginger',
      ),
      place: list(
        'the little place by the canal, that new bakery, the market hall, the noodle bar, our kitchen, the food truck at the station',
      ),
      film: list(
        'the submarine thriller, that heist comedy, the film with the lighthouse, the new space drama, the black and white western, the cartoon about the otters, the courtroom film, the sequel, that documentary on bees, the silent film, the ghost story, the road movie',
      ),
      part: list(
        'the ending, the soundtrack, the first ten minutes, the villain, the camera work, the dialogue, the car chase, the twist in the middle, the lead actress, the costumes',
      ),
      verdict: list(
        'brilliant, far too long, not my thing, so moving, confusing, worth the ticket, a let-down, funnier than I expected',
      ),
      cinema: list(
        'the Odeon, the open-air screen, the little cinema at the corner, our sofa, the late show, row five',
      ),
    },
    classes: {
      'about food': lines(`
        {Hey, |Hi! |}{can you bring|do we still have|should I buy} $thing? I am making $dish $when and $who is coming.
        $who made $dish $past and it was $taste.{ You should have tried it.| I had seconds.|}
        {Let us|Shall we|Why don’t we} try $place $when? {I hear|$who says} the $plain there is $taste.
        I {tried|attempted} $dish again $past. {Needs|It still needs|Next time I will add} $thing, otherwise $taste.
        {Save me|Keep me|Leave me} a plate of $dish, I am {hungry|starving|on my way} and $who ate my lunch.
        Do you know {a recipe for|how to make|what goes into} $dish? $who wants it $when.
        {No dessert for me|I am so full}, we ate at $place $past, the $plain was $taste.
        $dish {for dinner|as a starter}? Or is that too much with $thing for $who $when?
      `),
      'about movie': lines(`
        {Hey, |Hi! |}did you get {tickets|two seats} for $film? $who wants to come along $when.
        We {watched|saw} $film $past with $who. $part {was|is} $verdict.
        {Let us|Shall we|Why don’t we} see $film $when at $cinema? $who says it is $verdict.
        I {fell asleep|cried|laughed} during $film $past, but $part was $verdict{.|, I swear.}
        {No spoilers|Do not tell me how it ends}, please! I am seeing $film $when with $who.
        Do you remember {who played|the name of the actor in|who directed} $film? $who and I have been arguing since it came up $past.
        $who {keeps quoting|talks about nothing but} $film. $part must be $verdict then. Free $when?
        {Popcorn is on me|I have got the blanket}: $film $when at $cinema, are you in?
      `),
    },
  },
  {
    id: 'reviews',
    name: 'Reviews of household things: positive, negative, mixed',
    instruction:
      "I need a classifier that tells reviews of household things apart by 'positive', 'negative' and 'mixed'.",
    shared: ['item'],
    slots: {
      item: list(
        'kettle, desk lamp, vacuum cleaner, toaster, garden hose, office chair, blender, iron, alarm clock, frying pan, fan, drill, coffee grinder, mattress, bathroom scale, bread knife, heater, rice cooker, sewing machine, ladder',
      ),
      time: list('a week, two months, half a year, three days, a whole winter, a fortnight'),
      good: list(
        'sits well in the hand, is quieter than my old one, was ready in minutes, looks better than in the pictures, feels solid, uses little power, is easy to clean, does exactly what it says, fits the smallest corner',
      ),
      bad: list(
        'wobbles, smells of plastic, stopped working, came with a dent, is louder than a train, has a cable far too short, leaves scratches, gets far too hot, squeaks at every move',
      ),
      feature: list(
        'the switch, the handle, the manual, the packaging, the lid, the colour, the plug, the stand',
      ),
      joy: list(
        'I would buy it again at once, My whole family uses it, Five stars from me, The best I have spent in years, Already ordered a second one for my mother',
      ),
      anger: list(
        'Money thrown away, It went straight back, Stay away from it, I want my money back, Never again from this brand, One star is one too many',
      ),
      shrug: list(
        'Fine for the price, Not a mistake but no miracle, I keep it and hope, Three stars it is, You get what you pay for',
      ),
    },
    classes: {
      positive: lines(`
        {I have used|We have had} this $item for $time now and it $good. $joy.
        $joy: the $item $good and $good.
        {Honestly surprised|Wow}. The $item $good, and even $feature is well made.
        After $time the $item still $good. $joy!
      `),
      negative: lines(`
        {I have used|We have had} this $item for $time now and it $bad. $anger.
        $anger: the $item $bad and $bad.
        {Honestly disappointed|Sigh}. The $item $bad, and even $feature is badly made.
        After $time the $item $bad. $anger!
      `),
      mixed: lines(`
        {I have used|We have had} this $item for $time now. It $good, but it $bad. $shrug.
        $shrug: the $item $good, yet $feature is a nuisance and it $bad.
        {Hard to say|So so}. The $item $good; on the other hand it $bad.
        After $time my verdict: the $item $good, sadly it also $bad. $shrug.
      `),
    },
  },
  {
    id: 'shop-mail',
    name: 'Mail to an online shop: late, wrong, refund, other',
    instruction: "Sort messages to an online shop into 'late delivery', 'wrong item', 'refund' and 'other'.",
    shared: ['item', 'number'],
    slots: {
      item: list(
        'winter boots, a blue rucksack, the garden chairs, two pillows, a phone case, the tent, a set of glasses, the wooden train, a raincoat, the yoga mat, a fountain pen, the bike lamp, a wool blanket, the chess board, running socks, a suitcase',
      ),
      number: list('4417, 80312, 5526, 19904, 7731, 60058, 3394, 11276, 9085, 27450, 6612, 48813'),
      wait: list(
        'for nine days, for two weeks, since Monday, for almost a month, for six working days, longer than promised',
      ),
      hello: list('Hello, Good morning, Hi there, Dear team, Hi, Good evening'),
      wrongness: list(
        'in the wrong size, in green instead of grey, with a part missing, broken in two places, that somebody has used before, for left-handers',
      ),
      bye: list(
        'Thank you., Best wishes, Many thanks, Regards, Please help., I look forward to your answer.',
      ),
    },
    classes: {
      'late delivery': lines(`
        $hello, I have been waiting for $item (order $number) $wait. When will the parcel come? $bye
        $hello, tracking for order $number has not moved $wait. Is $item lost? $bye
        Where is my order $number? $item should have been here {on Tuesday|last week|before the holidays}. $bye
        $hello, you wrote that $item would arrive within three days, and order $number is still “on its way”. $bye
      `),
      'wrong item': lines(`
        $hello, instead of $item you sent me {a toaster|somebody else’s order|a box of candles|a cat bed} with order $number. $bye
        $hello, order $number came today, but $item arrived $wrongness. What now? $bye
        I opened the parcel of order $number: $item $wrongness. {Not what I ordered|That is not mine}. $bye
        $hello, something was mixed up in order $number: I asked for $item and got it $wrongness. $bye
      `),
      refund: lines(`
        $hello, I returned $item (order $number) {a week|ten days|a month} ago and the money is not on my account yet. $bye
        $hello, please cancel order $number and pay back what I paid for $item. $bye
        How do I get my money back for $item? Order $number, paid {by card|by invoice|in two instalments}. $bye
        $hello, you charged me twice for order $number ($item). Kindly transfer one amount back. $bye
      `),
      other: lines(`
        $hello, do you also have $item in {red|a larger size|children’s sizes|cork}? By the way, order $number went well. $bye
        $hello, can I {change the address on|add a gift card to|get an invoice in my firm’s name for} order $number ($item)? $bye
        Is your shop in {the city|Graz|the old mill} open on Saturdays? I would like to see $item before I order like last time ($number). $bye
        $hello, how do I {wash|look after|store} $item? They came with order $number and without a leaflet. $bye
      `),
    },
  },
  {
    id: 'urgent',
    name: 'Messages: urgent or can wait',
    instruction: "Decide whether a message is 'urgent' or 'can wait'.",
    shared: ['topic'],
    slots: {
      topic: list(
        'the contract, the order, the delivery, the heating, the server, the invoice, my account, the booking, the car, the presentation, the permit, the prescription, the key, the meeting room, the parcel',
      ),
      soon: list(
        'within the hour, today before five, right now, before the doors open, in the next ten minutes, before noon',
      ),
      harm: list(
        'customers are standing in the rain, we lose the client, water runs down the stairs, the train leaves without us, nobody can get in, the whole floor stands still, the fine doubles',
      ),
      later: list(
        'some day, next month, after the holidays, when it suits you, at your leisure, in a quiet hour, in spring',
      ),
      idea: list(
        'a new colour, a shorter form, a little guide, a photo for the wall, a second opinion, an index',
      ),
    },
    classes: {
      urgent: lines(`
        {Please call me back|Somebody has to act} $soon about $topic, otherwise $harm.
        {Emergency|Help}: there is a problem with $topic and $harm!
        I need $topic $soon. {No later|It cannot wait|Drop everything else}, $harm.
        $harm because of $topic. Who can come $soon?
      `),
      'can wait': lines(`
        {No hurry|Whenever you like}: could we talk about $topic $later?
        I had a thought about $topic: $idea. {Let us look at it|Remind me} $later.
        {Just for your information|A small remark}, $topic could do with $idea $later.
        {If you pass by|In passing} $later, tell me how you like $topic with $idea.
      `),
    },
  },
];
