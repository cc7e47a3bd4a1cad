import { task } from './task.ts';

/** What people think and feel. */
export const opinions = [
  task(
    "Build a classifier that can categorize film reviews by 'positive' and 'negative'.",
    ['positive', 'negative'],
    [
      'Two quiet hours that feel like twenty minutes; the last scene stayed with me for days.',
      'A dull script, wooden leads and an ending that forgets half of the story.',
    ],
    [
      'The jokes land, the songs are sung by people who can sing, and the dog deserves a prize.',
      'I checked my watch four times before the first car chase, which was also the only idea in it.',
    ],
  ),
  task(
    "Classify the emotion of a short post as 'joy', 'anger', 'fear' or 'sadness'.",
    ['joy', 'anger', 'fear', 'sadness'],
    [
      'She said yes, in the middle of the fish market!',
      'Third time this month that they cancel the train one minute before it leaves.',
      'There it is again, somebody is walking around in the empty flat above me.',
      'Her coat still hangs in the hall and I cannot bring myself to move it.',
    ],
    [
      'Passed, with the best mark of the whole year, I keep dancing through the kitchen.',
      'He read my letter out in front of everyone and laughed.',
      'The results come tomorrow and I have not slept since Sunday.',
      'The swing in the garden has not moved since the children left.',
    ],
  ),
  task(
    "Rate restaurant reviews by what they are about: 'food', 'service', 'price' or 'atmosphere'.",
    ['food', 'service', 'price', 'atmosphere'],
    [
      'The lamb fell off the bone and the sauce tasted of somebody’s grandmother.',
      'We waited forty minutes for water and another thirty for somebody to notice.',
      'Eighteen euros for a soup is a lot, even with a view.',
      'Candles, low ceilings, a man at the piano who knows when to stop.',
    ],
    [
      'Crisp crust, raw in the middle: the pizza needed five more minutes.',
      'Our waiter knew every cheese by name and village.',
      'A three-course lunch for the cost of a sandwich elsewhere.',
      'So loud that we ordered by pointing.',
    ],
  ),
  task(
    "Decide whether a tweet about a football match comes from a 'fan of the winners', a 'fan of the losers' or a 'neutral observer'.",
    ['fan of the winners', 'fan of the losers', 'neutral observer'],
    [
      'GET IN! Ninety-third minute, I have no voice left and I do not care!',
      'Four years of hope, gone because nobody marked their tallest man.',
      'Fair result in the end: more shots, more of the ball, and a keeper in form.',
    ],
    [
      'Singing all the way home, save me a seat on the open-top bus.',
      'That was never a penalty. Never. I am turning the radio off for a month.',
      'Interesting that both sides gave up the midfield after the red card.',
    ],
  ),
  task(
    "Tell apart product reviews that say 'works as described', 'broke early' and 'never arrived'.",
    ['works as described', 'broke early', 'never arrived'],
    [
      'Charges the tablet in two hours, exactly as the box says.',
      'The zip came off on the second day of our holiday.',
      'Tracking has said “out for delivery” for three weeks now.',
    ],
    [
      'Mounted it in ten minutes with the screws that came with it, sits tight.',
      'Sounded fine until week five, then the left side went silent.',
      'Paid, waited a month, and the seller stopped replying.',
    ],
  ),
  task(
    "Recognise the stance of a comment on a new bicycle lane: 'in favour', 'against' or 'undecided'.",
    ['in favour', 'against', 'undecided'],
    [
      'At last my daughter can ride to school without me holding my breath.',
      'Forty parking spaces gone for a handful of people in yellow helmets.',
      'I see the point, but I would like to know what happens to the delivery vans first.',
    ],
    [
      'The shops on Mill Street sold more after theirs was built, so let us begin.',
      'Another lane that ends at a tree: a waste of our money.',
      'Could we try it for one summer and count before we decide?',
    ],
  ),
  task(
    "Classify sentences about a person's work as 'motivated', 'bored' or 'overworked'.",
    ['motivated', 'bored', 'overworked'],
    [
      'I woke up with the solution in my head and was at my desk before seven.',
      'I have watched the same progress bar for three years.',
      'Eleven hours, two sandwiches at the keyboard, and the list is longer than this morning.',
    ],
    [
      'They let me lead the harbour project and I already have a drawing for every pier.',
      'By ten I am done, and the rest of the day I rearrange my pens.',
      'My phone rang at my son’s concert, again, and I went out and answered it.',
    ],
  ),
  task(
    "Separate 'sarcastic' remarks from 'sincere' ones.",
    ['sarcastic', 'sincere'],
    [
      'Wonderful, a meeting about why we have so many meetings.',
      'That meeting helped me, I finally know who decides what.',
    ],
    [
      'Oh sure, leave the door open, I was hoping to heat the street.',
      'Please leave the door open, the fresh air does us good.',
    ],
  ),
  task(
    "Tell whether a book review praises 'the plot', 'the characters' or 'the language'.",
    ['the plot', 'the characters', 'the language'],
    [
      'Every chapter turns the one before it upside down, and it all adds up.',
      'I would recognise the aunt in the street, down to the way she folds letters.',
      'Sentences so clear that one hears the snow in them.',
    ],
    [
      'Three murders, one clock and a solution that lay on page nine all along.',
      'Nobody here is a hero, and by the end I missed each of them.',
      'He needs four words where others need a page, and the four sing.',
    ],
  ),
  task(
    "Build a classifier for patients' remarks: 'content with treatment', 'worried about side effects', 'wants a second opinion'.",
    ['content with treatment', 'worried about side effects', 'wants a second opinion'],
    [
      'Since the new tablets I climb the stairs again without a pause.',
      'The leaflet says it can harm the liver, should I go on taking it?',
      'Before they operate on my knee I would like another doctor to look at it.',
    ],
    [
      'Six weeks of exercises and my back has not been this good in years.',
      'My hands tremble an hour after each dose, is that normal?',
      'With all respect, I want to hear what the clinic in the city says.',
    ],
  ),
];
