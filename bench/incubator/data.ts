import { readFileSync } from 'node:fs';
import type { LabelledTexts } from '../../src/core/incubator/classifier/linear.ts';
import type { GeneratedSet } from '../../src/core/incubator/types.ts';
import { random } from '../../src/base/random.ts';

// Third-party data beside the repository; never part of it. Each folder's SOURCE.txt names origin and licence.
const root = '../shared/data';
const read = (path: string) => readFileSync(`${root}/${path}`, 'utf8');

/** CoTAM's objects. One text of each is a real training sentence (its key has no `(response)` beside it), the others are written from it. */
export interface CotamSet extends GeneratedSet {
  /** `[objects]`: which label holds the real sentence. */
  readonly seedLabel: readonly number[];
}

export function readCotam(file: string, labels: readonly string[]): CotamSet {
  const samples: string[][] = [];
  const seedLabel: number[] = [];
  for (const line of read(`cotam/${file}`).trim().split('\n')) {
    const object = JSON.parse(line) as Record<string, string>;
    const texts = labels.map((label) => object[label]);
    if (texts.some((text) => typeof text !== 'string' || text.trim() === '')) continue;
    samples.push(texts as string[]);
    seedLabel.push(labels.findIndex((label) => object[`${label} (response)`] === undefined));
  }
  return { instruction: file, labels, samples, seedLabel };
}

/** `label text` lines of sent_conv; `of` says what a label is, or leaves the row out. */
export function readSentConv(file: string, labels: readonly string[]): LabelledTexts {
  const lines = readFileSync(`${root}/sent_conv/${file}`, 'latin1').trim().split('\n');
  return {
    labels,
    texts: lines.map((line) => line.slice(line.indexOf(' ') + 1).trim()),
    classOf: Uint32Array.from(lines, (line) => Number(line.slice(0, line.indexOf(' ')))),
  };
}

export function readAgNews(): LabelledTexts {
  const rows = csvRows(read('ag_news/test.csv'));
  return {
    labels: ['World', 'Sports', 'Business', 'Sci/Tech'],
    texts: rows.map(([, title = '', description = '']) => `${title} ${description}`.replaceAll('\\', ' ')),
    classOf: Uint32Array.from(rows, ([label]) => Number(label) - 1),
  };
}

export function readBanking(part: 'train' | 'test'): LabelledTexts {
  const labels = JSON.parse(read('banking77/categories.json')) as string[];
  const rows = csvRows(read(`banking77/${part}.csv`)).slice(1);
  return {
    labels,
    texts: rows.map(([text = '']) => text),
    classOf: Uint32Array.from(rows, ([, label = '']) => labels.indexOf(label)),
  };
}

export interface Clinc {
  readonly domains: Readonly<Record<string, readonly string[]>>;
  readonly part: (name: 'train' | 'val' | 'test' | 'oos_test') => {
    readonly texts: string[];
    readonly intents: string[];
  };
}

export function readClinc(): Clinc {
  const all = JSON.parse(read('clinc150/data_full.json')) as Record<string, [string, string][]>;
  return {
    domains: JSON.parse(read('clinc150/domains.json')) as Record<string, string[]>,
    part: (name) => ({
      texts: (all[name] ?? []).map(([text]) => text),
      intents: (all[name] ?? []).map(([, intent]) => intent),
    }),
  };
}

/** Comma-separated with double quotes; quotes doubled inside. */
function csvRows(text: string): string[][] {
  const rows: string[][] = [];
  let [row, field, quoted]: [string[], string, boolean] = [[], '', false];
  for (let i = 0; i < text.length; i++) {
    const sign = text[i];
    if (quoted) {
      if (sign !== '"') field += sign;
      else if (text[i + 1] === '"') field += text[++i];
      else quoted = false;
    } else if (sign === '"') quoted = true;
    else if (sign === ',' || sign === '\n') {
      row.push(field.trim());
      field = '';
      if (sign === '\n') {
        rows.push(row);
        row = [];
      }
    } else field += sign;
  }
  if (row.length > 0) rows.push([...row, field.trim()]);
  return rows;
}

/** As many rows of each class as given, by the seed. */
export function sampleRows(data: LabelledTexts, perClass: number, seed: number): LabelledTexts {
  const order = random(seed, 77).shuffle(Uint32Array.from(data.classOf.keys()));
  const taken = new Uint32Array(data.labels.length);
  const rows = order.filter((row) => {
    const label = data.classOf[row] ?? 0;
    taken[label] = (taken[label] ?? 0) + 1;
    return (taken[label] ?? 0) <= perClass;
  });
  return takeRows(data, rows);
}

export function takeRows(data: LabelledTexts, rows: Uint32Array): LabelledTexts {
  return {
    labels: data.labels,
    texts: Array.from(rows, (row) => data.texts[row] ?? ''),
    classOf: rows.map((row) => data.classOf[row] ?? 0),
  };
}

const plain = (text: string) =>
  text
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();

/** Test rows whose text also stands, letter for letter, among training texts: taken out of the test. */
export function without(test: LabelledTexts, training: readonly string[]): LabelledTexts {
  const seen = new Set(training.map(plain));
  return takeRows(
    test,
    Uint32Array.from(test.texts.keys()).filter((row) => !seen.has(plain(test.texts[row] ?? ''))),
  );
}

/** Objects of a set, shuffled by the seed. */
export function shuffled<T extends GeneratedSet>(set: T, seed: number): GeneratedSet {
  const order = random(seed, 5).shuffle(Uint32Array.from(set.samples.keys()));
  return { ...set, samples: Array.from(order, (row) => set.samples[row] ?? []) };
}
