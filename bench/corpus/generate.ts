import { createWriteStream } from 'node:fs';
import { once } from 'node:events';
import { random, type Random } from '../../src/base/random.ts';

const verbs = ['Mix', 'Fold', 'Trim', 'Sand', 'Measure', 'Brush', 'Attach', 'Rinse', 'Sketch', 'Tighten'];
const things = [
  'the batter',
  'the hem',
  'the edge',
  'the bracket',
  'your résumé',
  'the crème',
  'the bolt',
  'the dog’s coat',
];
const tails = [
  'until it is even.',
  'and let it rest for ten minutes.',
  'before you go on, or it will "catch".',
  'with a clean, dry cloth.',
  'as the manual says – slowly.',
  'and check it twice.',
];
const topics = [
  'Baking',
  'Sewing',
  'Woodworking',
  'Dog Grooming',
  'Job Search',
  'Bicycles',
  'Drawing',
  'Cleaning',
];
const areas = [
  'Food and Entertaining',
  'Hobbies and Crafts',
  'Home and Garden',
  'Pets and Animals',
  'Work World',
];

/** Header of wikihowSep.csv with the categories that HowSumm's rows carry. */
export const header = 'overview,headline,text,sectionLabel,title,categories\r\n';

/** One row of about 1 KB: quoted cells with doubled quotes, newlines and characters beyond ASCII. */
function row(stream: Random, number: number, sentences: readonly string[]): string {
  const sentence = () => sentences[stream.integer(sentences.length)] as string;
  const text = Array.from({ length: 6 + stream.integer(12) }, sentence);
  text.splice(1 + stream.integer(4), 0, `Step ${number}.\n`);
  const paragraph = text.join(' ').replaceAll('"', '""');
  const topic = topics[stream.integer(topics.length)];
  return `"${sentence().replaceAll('"', '""')}","${sentence().replaceAll('"', '""')}","${paragraph}",Method ${
    1 + (number % 4)
  },How to ${topic} ${number},${topic}|${areas[stream.integer(areas.length)]}\r\n`;
}

/** Writes about `bytes` of wikiHow-shaped CSV to a file; gives its rows. Same seed, same file. */
export async function generateCsv(path: string, bytes: number, seed = 7): Promise<number> {
  const stream = random(seed);
  const sentences = verbs.flatMap((verb) =>
    things.flatMap((thing) => tails.map((tail) => `${verb} ${thing} ${tail}`)),
  );
  const file = createWriteStream(path, { highWaterMark: 8 << 20 });
  file.write(header);
  let written = header.length;
  let rows = 0;
  // Drawing every row anew would take minutes: each is drawn once in a pool and differs by its number.
  const pool = Array.from({ length: 4000 }, (_, i) => row(stream, 1_000_000 + i, sentences));
  while (written < bytes) {
    let block = '';
    while (block.length < 4 << 20) {
      const drawn = pool[stream.integer(pool.length)] as string;
      block += drawn.replace(/Step \d+/u, `Step ${rows}`);
      rows++;
    }
    const buffer = Buffer.from(block);
    written += buffer.length;
    if (!file.write(buffer)) await once(file, 'drain');
  }
  file.end();
  await once(file, 'finish');
  return rows;
}
