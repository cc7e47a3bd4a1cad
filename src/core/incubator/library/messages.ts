import { task } from './task.ts';

/** What people write to each other and to firms. */
export const messages = [
  task(
    "Build a classifier that sorts text messages into 'making plans', 'small talk' and 'bad news'.",
    ['making plans', 'small talk', 'bad news'],
    [
      'Can we move lunch to Thursday, same place at half twelve?',
      'Still raining here, the cat refuses to leave the window sill.',
      'The vet called. It is more serious than they thought, she has to stay overnight.',
    ],
    [
      'I booked two seats for Saturday evening, tell your brother to bring the map.',
      'Just saw a man walking three ducks on leads, this town never disappoints.',
      'They did not renew my contract. My last day is the thirtieth.',
    ],
  ),
  task(
    "Tell apart e-mails that are 'spam' from those that are 'wanted'.",
    ['spam', 'wanted'],
    [
      'Congratulations, your parcel number 4471 won a voucher! Confirm your card within 24 hours to claim it.',
      'Hi Ana, attached are the minutes of Tuesday. Could you check the third item before I send them round?',
    ],
    [
      'Lose eleven kilos in nine days with this one root that doctors hide from you. Click below.',
      'Your appointment with Dr Weiss is confirmed for 14 March at 9:40. Please bring your old x-rays.',
    ],
  ),
  task(
    "Route support tickets of an internet provider by 'slow connection', 'bill', 'moving house' or 'something else'.",
    ['slow connection', 'bill', 'moving house', 'something else'],
    [
      'Since Monday I get 3 Mbit instead of 100, even by cable, and the router shows no fault.',
      'You charged me the installation fee a second time in April, please correct this.',
      'From the first of June we live two streets away. Can the line come with us?',
      'Is your shop on Market Square open on the bank holiday?',
    ],
    [
      'Video calls freeze every evening between eight and ten.',
      'Why is my invoice four euros higher than the price on your site?',
      'We are leaving the country in autumn and need to know how to end or move the contract.',
      'Your technician left his torch in our cellar, whom should I call?',
    ],
  ),
  task(
    "Decide whether a chat message to a colleague is 'urgent' or 'can wait'.",
    ['urgent', 'can wait'],
    [
      'Production is down, customers see an empty basket. Who is on call?',
      'When you have a quiet hour some day, show me how you make those charts.',
    ],
    [
      'The client is already in the lobby and the contract still has the old price in it!',
      'I put a few ideas for the summer party into the shared folder, no hurry.',
    ],
  ),
  task(
    "Classify requests to a voice assistant as 'play music', 'set alarm', 'weather' or 'smart home'.",
    ['play music', 'set alarm', 'weather', 'smart home'],
    [
      'put on something calm with piano',
      'wake me at ten to six tomorrow',
      'will I need an umbrella in Leeds tonight',
      'dim the lamp in the hall to thirty percent',
    ],
    [
      'skip this one and play the live version',
      'remind me when forty minutes are over',
      'how cold does it get on the pass this weekend',
      'is the garage door closed',
    ],
  ),
  task(
    "Recognise the tone of a message: 'polite', 'neutral' or 'rude'.",
    ['polite', 'neutral', 'rude'],
    [
      'Would you mind sending the file again when it suits you? Thank you so much.',
      'The file did not open. Send it again.',
      'Are you even able to attach a file? Do it properly this time.',
    ],
    [
      'I am sorry to trouble you, but might the music be a little lower after ten?',
      'Quiet hours start at ten in this building.',
      'Turn that noise off, nobody here shares your awful taste.',
    ],
  ),
  task(
    "Tell whether a message 'asks for help', 'offers help' or 'thanks for help'.",
    ['asks for help', 'offers help', 'thanks for help'],
    [
      'Does anyone have a long ladder I could borrow for an afternoon?',
      'We have a van standing idle on Sunday if someone needs to move furniture.',
      'The neighbours from number nine pumped out our cellar in the middle of the night, you are wonderful.',
    ],
    [
      'My screen has been blue since the update, what do I press?',
      'I am good with old radios, bring yours round and I will have a look.',
      'Your tip with the hairdryer worked, the drawer opens again!',
    ],
  ),
  task(
    "Sort hotel guests' messages by 'complaint', 'request' and 'praise'.",
    ['complaint', 'request', 'praise'],
    [
      'The lift was out of order for two of our three nights and we were on the sixth floor.',
      'Could we have a cot and an extra blanket in room 212, please?',
      'The night porter found my lost passport within minutes, what a man.',
    ],
    [
      'There were hairs in the bath and the towels smelled of smoke.',
      'We land at seven in the morning: is there any chance to check in early?',
      'Best breakfast of our whole journey, and they remembered how I like my eggs.',
    ],
  ),
  task(
    "Detect whether a post in a forum is 'toxic', 'critical but fair' or 'friendly'.",
    ['toxic', 'critical but fair', 'friendly'],
    [
      'Only a complete fool would build it like that, go back to playing with sand.',
      'The idea is good, but the beam is too thin for that span; look at table four again.',
      'Lovely work, the joints are cleaner than mine after ten years!',
    ],
    [
      'People like you are why this club is dying. Leave.',
      'I disagree: the fee went up because the roof had to be mended, the accounts show it.',
      'Welcome to the group, your first question is one we all had.',
    ],
  ),
  task(
    "Sort a landlord's mail into 'repair needed', 'rent' and 'notice to leave'.",
    ['repair needed', 'rent', 'notice to leave'],
    [
      'The boiler shows error E9 and there has been no hot water since last night.',
      'I will be able to transfer the amount for May on the ninth, is that all right?',
      'We have found a house and wish to end the lease at the end of the summer.',
    ],
    [
      'Water drips from the ceiling of the bathroom whenever upstairs takes a shower.',
      'Please send me a receipt for the last twelve payments, the tax office asks for it.',
      'With three months of warning as agreed, I shall move out on 31 January.',
    ],
  ),
];
