import { existsSync, readFileSync } from 'node:fs';
import { random } from '../../src/base/random.ts';
import type { ClassificationReport } from '../../src/core/incubator/classifier/evaluation.ts';
import type { LabelledTexts } from '../../src/core/incubator/classifier/linear.ts';
import { labelledTexts } from '../../src/core/incubator/classifier/rows.ts';
import { takeObjects } from '../../src/core/incubator/diversity/diversify.ts';
import { readPasted } from '../../src/core/incubator/pasted.ts';
import { collect, generatedSet } from '../../src/core/incubator/replies.ts';
import type { GeneratedSet } from '../../src/core/incubator/types.ts';
import {
  head as diversityHead,
  lines as diversityLines,
  methods,
  outcomes,
  type Setting,
} from './diversify.ts';
import { readBanking, readClinc, readSentConv, sampleRows, shuffled, takeRows, without } from './data.ts';
import { judged, seeds, show, spread, table, type Spread } from './judge.ts';

// Many classes: objects that a language model wrote from the class names alone (written/README.md) against real rows.

const folder = 'bench/incubator/written';

/** As the numbers of `TREC.train.all` mean them. */
export const questionTypes = [
  'description',
  'entity',
  'abbreviation',
  'human',
  'location',
  'number',
] as const;

interface Task {
  readonly name: string;
  readonly set: GeneratedSet;
  readonly real: LabelledTexts;
  readonly test: LabelledTexts;
}

/** Read as the page reads a dropped file; an object that its parser would drop is an error of the file. */
export function readWritten(file: string, labels: readonly string[]): GeneratedSet {
  const replies = readPasted(readFileSync(`${folder}/${file}`, 'utf8'));
  const collected = collect(replies, { labels });
  if (collected.drops.length > 0) throw new Error(`${file}: ${JSON.stringify(collected.counts)}`);
  return generatedSet(`classes of ${file}`, collected);
}

/** Those whose file is there. */
function tasks(): Task[] {
  const found: Task[] = [];
  const add = (name: string, file: string, open: () => Pick<Task, 'real' | 'test'>) => {
    if (!existsSync(`${folder}/${file}`)) return;
    const { real, test } = open();
    found.push({ name, set: readWritten(file, real.labels), real, test });
  };
  add('BANKING77', 'banking77.jsonl', () => ({ real: readBanking('train'), test: readBanking('test') }));
  add('TREC', 'trec.jsonl', () => ({
    real: readSentConv('TREC.train.all', questionTypes),
    test: readSentConv('TREC.test.all', questionTypes),
  }));
  add('CLINC150', 'clinc150.jsonl', () => {
    const clinc = readClinc();
    const labels = [...new Set(clinc.part('train').intents)].sort();
    const rows = (part: 'train' | 'test'): LabelledTexts => {
      const { texts, intents } = clinc.part(part);
      return { labels, texts, classOf: Uint32Array.from(intents, (intent) => labels.indexOf(intent)) };
    };
    return { real: rows('train'), test: rows('test') };
  });
  return found;
}

/** Rows as they come, by the seed: frequent classes are frequent. One row of each class at least. */
function drawRows(data: LabelledTexts, count: number, seed: number): LabelledTexts {
  const one = sampleRows(data, 1, seed);
  const order = random(seed, 78).shuffle(Uint32Array.from(data.texts.keys()));
  const rest = takeRows(data, order.slice(0, count - one.texts.length));
  return {
    labels: data.labels,
    texts: [...one.texts, ...rest.texts],
    classOf: Uint32Array.from([...one.classOf, ...rest.classOf]),
  };
}

const wordsOf = (text: string) => new Set(text.toLowerCase().match(/[\p{L}\p{N}]+/gu));

/** Test rows that share three quarters of their words or more (of both together) with one training text: nearly the same question. */
export function nearlyAmong(test: LabelledTexts, training: readonly string[]): Uint32Array {
  const known = training.map(wordsOf);
  return Uint32Array.from(test.texts.keys()).filter((row) => {
    const words = wordsOf(test.texts[row] ?? '');
    return known.some((other) => {
      let shared = 0;
      for (const word of words) if (other.has(word)) shared++;
      return shared >= 0.75 * (words.size + other.size - shared);
    });
  });
}

interface Point {
  readonly objects: number;
  readonly generated: Scores;
  readonly real: Scores;
}

interface Scores {
  readonly accuracy: Spread;
  readonly macroF1: Spread;
  readonly rows: number;
}

/** Five draws, but one where all of them are the same. */
async function scores(
  training: (seed: number) => LabelledTexts,
  test: LabelledTexts,
  isSame = false,
): Promise<Scores> {
  const reports: ClassificationReport[] = [];
  let rows = 0;
  for (const seed of isSame ? seeds.slice(0, 1) : seeds) {
    const data = training(seed);
    rows = data.texts.length;
    reports.push(await judged(data, test));
  }
  const of = (pick: (report: ClassificationReport) => number) => spread(reports.map(pick));
  return { accuracy: of((report) => report.accuracy), macroF1: of((report) => report.macroF1), rows };
}

/** 1, 2, 4 and so on, and all. */
const sizes = (all: number) => [1, 2, 4, 8, 16, 32, 64].filter((size) => size < all).concat(all);

async function curve({ set, real }: Task, test: LabelledTexts): Promise<Point[]> {
  const points: Point[] = [];
  const all = set.samples.length;
  for (const objects of sizes(all)) {
    const first = Uint32Array.from({ length: objects }, (_, i) => i);
    const some = (seed: number) => labelledTexts(takeObjects(shuffled(set, seed), first));
    points.push({
      objects,
      generated: await scores(some, test, objects === all),
      real: await scores((seed) => sampleRows(real, objects, seed), test),
    });
  }
  return points;
}

/** Generated rows against as many real rows and all of them, at one object and more. */
export async function writtenAgainstReal(): Promise<{ readonly text: string; readonly data: unknown }> {
  const lines: (string | number)[][] = [];
  const curves: string[] = [];
  const data: unknown[] = [];
  for (const task of tasks()) {
    const { name, set, real, test: whole } = task;
    const generated = labelledTexts(set);
    const amongGenerated = whole.texts.length - without(whole, generated.texts).texts.length;
    const amongReal = whole.texts.length - without(whole, real.texts).texts.length;
    const test = without(whole, [...generated.texts, ...real.texts]);
    const points = await curve(task, test);
    const independent = await judged(generated, test, { training: 'independent' });
    const all = await judged(real, test);
    const near = new Set(nearlyAmong(test, generated.texts));
    const far = takeRows(
      test,
      Uint32Array.from(test.texts.keys()).filter((row) => !near.has(row)),
    );
    const onFar = await judged(generated, far);
    const last = points.at(-1);
    if (!last) continue;
    const drawn = await scores((seed) => drawRows(real, last.generated.rows, seed), test);
    const both = ({ accuracy, macroF1 }: ClassificationReport) =>
      `${accuracy.toFixed(3)} / ${macroF1.toFixed(3)}`;
    const pair = ({ accuracy, macroF1, rows }: Scores) => `${show(accuracy)} / ${show(macroF1)} (${rows})`;
    lines.push([
      `${name}, ${set.labels.length} classes`,
      `${test.texts.length} (${amongGenerated} / ${amongReal} taken out)`,
      all.majority.toFixed(3),
      pair(last.generated),
      `${onFar.accuracy.toFixed(3)} (${near.size} fewer)`,
      both(independent),
      pair(last.real),
      pair(drawn),
      `${both(all)} (${real.texts.length})`,
    ]);
    curves.push(
      `${name}\n\n${table(
        ['objects', ...points.map(({ objects }) => String(objects))],
        [
          ['generated', ...points.map((point) => show(point.generated.accuracy))],
          ['real', ...points.map((point) => show(point.real.accuracy))],
        ],
      )}`,
    );
    const nearly = { rows: near.size, accuracyWithout: onFar.accuracy };
    data.push({
      name,
      test: test.texts.length,
      amongGenerated,
      amongReal,
      nearly,
      points,
      drawn,
      independent,
      all,
    });
    console.log(table([name], [lines.at(-1) ?? []]), `\n\n${curves.at(-1)}\n`);
  }
  const head = [
    'test set',
    'rows (among generated / real rows)',
    'majority',
    'incubated',
    'without nearly equal test rows',
    'one against the rest',
    'as many real rows, equally many a class',
    'as many real rows, as they come',
    'all real rows',
  ];
  return { text: [table(head, lines), ...curves].join('\n\n'), data };
}

/** Half of the written objects, or fewer, chosen by clusters and at random: does the choice matter where there are many classes? */
export async function writtenDiversity(): Promise<{ readonly text: string; readonly data: unknown }> {
  const batches: Readonly<Record<string, { readonly k: number; readonly batchSize: number }>> = {
    BANKING77: { k: 4, batchSize: 16 },
    TREC: { k: 8, batchSize: 30 },
  };
  const parts: string[] = [];
  const data: Record<string, unknown> = {};
  for (const { name, set, real, test } of tasks()) {
    const batch = batches[name];
    if (!batch) continue;
    const rest = without(test, [...labelledTexts(set).texts, ...real.texts]);
    const settings: Setting[] = [];
    for (const [title, method, unit] of methods)
      // HDBSCAN finds no cluster in a few objects.
      if (method !== 'hdbscan')
        settings.push({ name: title, method, unit, k: batch.k, batchSize: batch.batchSize });
    const found = await outcomes(set, rest, settings);
    parts.push(
      `${name}: ${batch.k} kept of each ${batch.batchSize} objects.\n\n${table(diversityHead, diversityLines(found))}`,
    );
    data[name] = found;
  }
  return { text: parts.join('\n\n'), data };
}
