import { task } from './task.ts';

/** What texts are about and what kind of text they are. */
export const subjects = [
  task(
    "Build a classifier that can categorize news by 'world', 'sports', 'business' and 'science'.",
    ['world', 'sports', 'business', 'science'],
    [
      'Border talks resume after a pause of eleven months, envoys say.',
      'Substitute scores twice as the visitors turn the derby around.',
      'The shipyard doubles its profit and takes on four hundred welders.',
      'A fossil jaw moves the origin of whales back by two million years.',
    ],
    [
      'The island votes on its third government in a year.',
      'She takes gold on the last throw, by nine centimetres.',
      'Grain prices fall as the harvest beats forecasts.',
      'A telescope on ice catches a particle from a distant galaxy.',
    ],
  ),
  task(
    "Tell text messages 'about food' from those 'about music'.",
    ['about food', 'about music'],
    [
      'There are still three of the cinnamon rolls in the tin, hurry.',
      'They opened with the song from the kitchen tape, I nearly cried.',
    ],
    ['Your soup needs more lime, otherwise do not touch it.', 'Can you hear the bass through the wall, too?'],
  ),
  task(
    "Classify a paragraph as 'advertisement', 'news report', 'diary' or 'instruction manual'.",
    ['advertisement', 'news report', 'diary', 'instruction manual'],
    [
      'Sleep like in your childhood: the new Nimbus pillow, now with free delivery.',
      'A fire damaged the roof of the grain mill on Tuesday; nobody was hurt.',
      'Could not write yesterday, my hands still smelled of tar.',
      'Hold the red button for five seconds until the lamp blinks twice.',
    ],
    [
      'Only this week: two pairs of glasses for the price of one, at your corner optician.',
      'The council approved the new timetable by nineteen votes to four.',
      'Grandfather came by with cherries and talked about the war for the first time.',
      'Do not use solvents to clean the screen; wipe it with a dry cloth.',
    ],
  ),
  task(
    "Recognise the school subject of a sentence: 'history', 'biology', 'geography' or 'physics'.",
    ['history', 'biology', 'geography', 'physics'],
    [
      'After the treaty the town lost the right to mint its own coins.',
      'The roots of a pea host bacteria that bind nitrogen.',
      'Where the river meets the sea it drops its sand and builds a delta.',
      'A body thrown upwards is weightless for as long as it flies.',
    ],
    [
      'The guilds forbade the new loom for forty years.',
      'Bats steer by the echo of calls that we do not hear.',
      'Rain falls on the western slopes and leaves the plateau dry.',
      'Half the voltage through the same wire gives half the current.',
    ],
  ),
  task(
    "Classify job advertisements by 'health', 'construction', 'software' or 'education'.",
    ['health', 'construction', 'software', 'education'],
    [
      'We look for a nurse for our night team on the children’s ward.',
      'Crane operator with licence wanted for a bridge site of two years.',
      'You write services that answer in milliseconds and like to delete code.',
      'Our primary school seeks a teacher of music and sport from August.',
    ],
    [
      'Physiotherapist for home visits, car provided.',
      'Roofers and apprentices: we pay the winter, too.',
      'Tester with a nose for the strangest input joins a team of six.',
      'Tutor for evening courses in reading and writing for adults.',
    ],
  ),
  task(
    "Tell apart legal clauses about 'payment', 'liability', 'termination' and 'confidentiality'.",
    ['payment', 'liability', 'termination', 'confidentiality'],
    [
      'Invoices are due within thirty days of receipt, without deduction.',
      'The supplier answers for damage caused by gross negligence only.',
      'Either party may end this agreement with three months’ notice.',
      'Drawings handed over shall not be shown to third parties.',
    ],
    [
      'Interest of four percent a year accrues on sums in arrears.',
      'Claims for lost profit are excluded.',
      'The contract lapses when the project is accepted.',
      'The duty of silence continues for five years after the work has ended.',
    ],
  ),
  task(
    "Classify song lines by 'love', 'leaving', 'home' and 'none of these'.",
    ['love', 'leaving', 'home', 'none of these'],
    [
      'I would know your step among a thousand on the stair.',
      'The bus was half empty and so was my heart when the lights of the town went small.',
      'There is a light in the kitchen that was never turned off for me.',
      'Count to four and clap again, the bass man has a cold.',
    ],
    [
      'You laughed with your hat full of rain, and that was it for me.',
      'I left the key where you would find it, under nothing at all.',
      'Back where the gravel knows my shoes.',
      'Sell the dragon, keep the sword, polish both on Monday.',
    ],
  ),
  task(
    "Tell whether a sentence from a medical note describes a 'symptom', a 'finding' or a 'treatment'.",
    ['symptom', 'finding', 'treatment'],
    [
      'She has felt dizzy on standing up for about two weeks.',
      'Blood pressure 168 over 95, heart sounds regular.',
      'Dose doubled to ten milligrams in the morning.',
    ],
    [
      'He reports a burning pain behind the breastbone after meals.',
      'The scan shows a stone of six millimetres in the left ureter.',
      'Cast for five weeks, then exercises in water.',
    ],
  ),
  task(
    "Recognise the kind of weather a sentence describes: 'storm', 'fog', 'heat' or 'snow'.",
    ['storm', 'fog', 'heat', 'snow'],
    [
      'The sea wall shook and tiles lay all over the square.',
      'We heard the tram before we saw its lamps.',
      'The asphalt took the print of my heel.',
      'In the morning every fence had a white cap.',
    ],
    [
      'Branches flew past the window and the lights went twice.',
      'From the bridge the river was gone, and so was the other bank.',
      'Dogs lay in the fountain and nobody sent them away.',
      'The plough had buried the cars up to their mirrors.',
    ],
  ),
  task(
    "Classify sentences of a scientific paper as 'background', 'method', 'result' or 'limitation'.",
    ['background', 'method', 'result', 'limitation'],
    [
      'How bees find new nesting sites has been debated since the fifties.',
      'We marked four hundred animals with coloured dots and filmed the entrance for nine days.',
      'Scouts that danced longer recruited twice as many followers.',
      'Only one colony was observed, in one summer.',
    ],
    [
      'Concrete is the most used material after water.',
      'Cubes were cured at twenty degrees and crushed after twenty-eight days.',
      'Strength rose by eleven percent where ash replaced a tenth of the cement.',
      'Frost was not part of the tests.',
    ],
  ),
];
