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

/** One HowSumm method row of about 1.5 KB as a JSON line. */
function jsonLine(stream: Random, number: number, sentences: readonly string[]): string {
  const sentence = () => sentences[stream.integer(sentences.length)] as string;
  const steps = Array.from({ length: 4 + stream.integer(8) }, () => `${sentence()} ${sentence()}`);
  const topic = topics[stream.integer(topics.length)] as string;
  return `${JSON.stringify({
    title: `How to ${topic} ${number}`,
    method: sentence(),
    steps: [`Step ${number}.`, ...steps],
    categories: [topic, areas[stream.integer(areas.length)]],
  })}\n`;
}

/** One article of about 2.5 KB as a MediaWiki export has it: templates, links, references, two methods. */
function wikiPage(stream: Random, number: number, sentences: readonly string[]): string {
  const sentence = () => sentences[stream.integer(sentences.length)] as string;
  const step = () =>
    `#'''${sentence()}''' ${sentence()} [[Knead|Kneading]] helps.<ref>${sentence()}</ref>\n#*${sentence()}`;
  const steps = () => Array.from({ length: 3 + stream.integer(4) }, step).join('\n');
  const topic = topics[stream.integer(topics.length)] as string;
  const text = `{{Stub|date={{CURRENTMONTH}}}}Step ${number}. ${sentence()}\n\n== Steps ==\n=== By hand ===\n${steps()}\n=== By machine ===\n${steps()}\n== Tips ==\n* ${sentence()}\n[[Category:${topic}]]\n[[Category:${areas[stream.integer(areas.length)]}]]`;
  const escaped = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  return `  <page>\n    <title>${topic} ${number}</title>\n    <ns>0</ns>\n    <id>${number}</id>\n    <revision>\n      <id>${number}</id>\n      <model>wikitext</model>\n      <text bytes="${text.length}" xml:space="preserve">${escaped}</text>\n    </revision>\n  </page>\n`;
}

export type BenchFormat = 'csv' | 'jsonl' | 'xml';

const shapes: Readonly<
  Record<
    BenchFormat,
    { readonly draw: typeof row; readonly begin: string; readonly end: string; readonly rowsEach: number }
  >
> = {
  csv: { draw: row, begin: header, end: '', rowsEach: 1 },
  jsonl: { draw: jsonLine, begin: '', end: '', rowsEach: 1 },
  // The generator's articles have two methods, and a method is a row.
  xml: {
    draw: wikiPage,
    begin:
      '<mediawiki version="0.11" xml:lang="en">\n  <siteinfo><namespaces><namespace key="14">Category</namespace></namespaces></siteinfo>\n',
    end: '</mediawiki>\n',
    rowsEach: 2,
  },
};

/** Writes about `bytes` of wikiHow-shaped data to a file; gives its rows. Same seed, same file. */
export async function generate(
  path: string,
  bytes: number,
  format: BenchFormat = 'csv',
  seed = 7,
): Promise<number> {
  const { draw, begin, end, rowsEach } = shapes[format];
  const stream = random(seed);
  const sentences = verbs.flatMap((verb) =>
    things.flatMap((thing) => tails.map((tail) => `${verb} ${thing} ${tail}`)),
  );
  const file = createWriteStream(path, { highWaterMark: 8 << 20 });
  file.write(begin);
  let written = begin.length;
  let rows = 0;
  // Drawing every row anew would take minutes: each is drawn once in a pool and differs by its number.
  const pool = Array.from({ length: 4000 }, (_, i) => draw(stream, 1_000_000 + i, sentences));
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
  file.end(end);
  await once(file, 'finish');
  return rows * rowsEach;
}
