import { task } from './task.ts';

/** What people ask and want done. */
export const questions = [
  task(
    "Classify questions by the answer they expect: 'a person', 'a place', 'a number' or 'a reason'.",
    ['a person', 'a place', 'a number', 'a reason'],
    [
      'Who painted the ceiling of the old town hall?',
      'In which valley does the blue gentian grow?',
      'How many steps lead up to the lighthouse?',
      'Why does bread go stale faster in the fridge?',
    ],
    [
      'Which engineer first spanned the gorge with a single arch?',
      'Where do the swallows of this village spend the winter?',
      'What is the boiling point of water at two thousand metres, in degrees?',
      'What makes leaves turn red before they fall?',
    ],
  ),
  task(
    "Recognise what a bank customer wants: 'card lost', 'transfer not arrived', 'change address' or 'open an account'.",
    ['card lost', 'transfer not arrived', 'change address', 'open an account'],
    [
      'I must have left my debit card in the taxi, please block it.',
      'I sent money to my sister on Monday and she still has nothing.',
      'We have a new flat, where do I tell you the street?',
      'What papers do I need to become a customer?',
    ],
    [
      'My purse was stolen an hour ago with everything in it.',
      'The payment shows as done here, but the landlord says it is not there.',
      'My letters still go to my parents’ house, can you correct that?',
      'I would like something for my daughter’s savings, she is nine.',
    ],
  ),
  task(
    "Sort requests of library visitors into 'find a book', 'extend a loan' and 'opening hours'.",
    ['find a book', 'extend a loan', 'opening hours'],
    [
      'Do you have anything about bees that a ten-year-old can read?',
      'I am only half through, may I keep it two weeks more?',
      'Until when can I come in on Saturdays?',
    ],
    [
      'There was a novel with a green cover, a sailor and a parrot, can you help?',
      'My books are due tomorrow and I lie in bed with a fever.',
      'Are you closed between the holidays?',
    ],
  ),
  task(
    "Tell cooking instructions apart by 'baking', 'frying', 'boiling' and 'no heat'.",
    ['baking', 'frying', 'boiling', 'no heat'],
    [
      'Slide the tin onto the middle rack and leave the door shut for forty minutes.',
      'Lay the fish skin down in the hot butter and do not move it.',
      'Drop the dumplings in when the water rolls and take them out when they float.',
      'Grate the radish, salt it, and let it stand in a cool place.',
    ],
    [
      'Brush the loaves with egg and give them a quarter of an hour at two hundred degrees.',
      'Toss the onions in the pan until their edges turn brown.',
      'Simmer the lentils under a lid until they are soft.',
      'Whisk lemon, oil and mustard, and pour it over the leaves.',
    ],
  ),
  task(
    "Classify programming questions as 'error message', 'how to do it' or 'which tool to choose'.",
    ['error message', 'how to do it', 'which tool to choose'],
    [
      'I get “cannot read properties of undefined” on the line with the loop, what is wrong?',
      'How do I sort a list of records by two fields?',
      'For a small internal site, is a framework worth it, or are plain pages enough?',
    ],
    [
      'The build stops with exit code 137 and no further word.',
      'What is the shortest way to read a file line by line?',
      'Which of the two queue libraries would you take for ten jobs a minute?',
    ],
  ),
  task(
    "Decide which trade is needed: 'plumber', 'electrician', 'carpenter' or 'painter'.",
    ['plumber', 'electrician', 'carpenter', 'painter'],
    [
      'The pipe under the sink drips into a bucket that I empty each morning.',
      'Whenever the kettle is on, the fuse of the kitchen goes.',
      'The front door sticks and scrapes a curve into the floor.',
      'The hall is a tired yellow, we would like it white before the baby comes.',
    ],
    [
      'Our toilet has been gurgling since they dug up the road.',
      'Two sockets in the study are dead and one is warm.',
      'We want shelves that follow the slope of the roof.',
      'Flakes come off the window frames on the weather side.',
    ],
  ),
  task(
    "Classify travel questions by 'transport', 'lodging', 'documents' and 'sights'.",
    ['transport', 'lodging', 'documents', 'sights'],
    [
      'Does the night ferry take bicycles?',
      'Is there a place to sleep near the harbour that accepts dogs?',
      'Must my passport be valid for six months beyond the journey?',
      'What should we not miss if we only have one afternoon?',
    ],
    [
      'Which bus goes from the airport to the old town after midnight?',
      'Can we leave our bags at the guest house after checking out?',
      'Do children need a visa of their own?',
      'Is the castle worth the climb in the rain?',
    ],
  ),
  task(
    "Tell a pupil's sentence about mathematics apart: 'understands it', 'makes a mistake' or 'asks a question'.",
    ['understands it', 'makes a mistake', 'asks a question'],
    [
      'Three quarters is more than two thirds, because nine twelfths is more than eight.',
      'One half and one third together make two fifths.',
      'Why may I not divide by zero?',
    ],
    [
      'If I double each side of the square, its area becomes four times as large.',
      'Minus five is greater than minus two, since five is greater than two.',
      'How do I know whether to add or to multiply the chances?',
    ],
  ),
  task(
    "Classify what garden owners ask about: 'pests', 'watering', 'pruning' or 'soil'.",
    ['pests', 'watering', 'pruning', 'soil'],
    [
      'Something eats round holes into my cabbage leaves at night.',
      'Do the tomatoes want a little every day or a lot twice a week?',
      'How far back may I cut the old lilac?',
      'Nothing but moss grows under the spruce, is the ground too sour?',
    ],
    [
      'The roses are sticky and full of tiny green lice.',
      'We are away for two weeks in July, how do the pots survive?',
      'Should the young apple tree lose its middle branch?',
      'My carrots fork, there are so many stones in the bed.',
    ],
  ),
  task(
    "Decide whether an instruction asks to 'write', 'summarise', 'translate' or 'calculate'.",
    ['write', 'summarise', 'translate', 'calculate'],
    [
      'Compose a birthday verse for a retired sailor.',
      'Give me the report on the bridge in three sentences.',
      'How would a Spaniard say “mind the gap”?',
      'What do seven crates of twelve cost at 1.35 each?',
    ],
    [
      'Draft a friendly reminder about the unpaid invoice.',
      'Boil this discussion down to what was decided.',
      'Put the menu into French, dishes’ names included.',
      'Find the area of a ring with radii of four and six.',
    ],
  ),
];
