import { isObject } from '../../../base/json.ts';
import { VerbenaError } from '../../../base/errors.ts';

export class BenchmarkFileError extends VerbenaError<'benchmark-file-invalid'> {}

/** A text with its task category, merged pairs joined by `##`. */
export interface LabelledInstruction {
  readonly text: string;
  readonly category: string;
}

/** Two instructions of the similarity test with the intent of each. */
export interface InstructionPair {
  readonly texts: readonly [string, string];
  readonly intents: readonly [string, string];
  readonly same: boolean;
}

/** Reads IEB's `eft_test.json` / `ift_test.json`: `{category: {samples: [{instruction}]}}`. Throws `benchmark-file-invalid`. */
export function readCategories(json: unknown): LabelledInstruction[] {
  if (!isObject(json)) throw invalid('an object of categories');
  return Object.entries(json).flatMap(([category, entry]) => {
    const samples = isObject(entry) ? entry['samples'] : undefined;
    if (!Array.isArray(samples)) throw invalid(`samples under '${category}'`);
    return samples.map((sample: unknown) => {
      const text = isObject(sample) ? sample['instruction'] : undefined;
      if (typeof text !== 'string') throw invalid(`an instruction in each sample of '${category}'`);
      return { text, category };
    });
  });
}

/** Reads IEB's `intention_similarity_test.json`. Throws `benchmark-file-invalid`. */
export function readPairs(json: unknown): InstructionPair[] {
  if (!Array.isArray(json)) throw invalid('an array of pairs');
  return json.map((row: unknown, i) => {
    const fields = isObject(row) ? row : {};
    const { instruction1, instruction2, intention1, intention2, label } = fields;
    const words = [instruction1, instruction2, intention1, intention2];
    if (!words.every((word) => typeof word === 'string') || (label !== 0 && label !== 1))
      throw invalid(`instruction1, instruction2, intention1, intention2 and label in row ${i + 1}`);
    const [a, b, x, y] = words as [string, string, string, string];
    return { texts: [a, b], intents: [x, y], same: label === 1 };
  });
}

/** Numbers categories in the order in which they appear. */
export function numbered(categories: readonly string[]): {
  readonly ids: Uint32Array;
  readonly names: readonly string[];
} {
  const index = new Map<string, number>();
  const ids = Uint32Array.from(categories, (category) => {
    const id = index.get(category) ?? index.size;
    index.set(category, id);
    return id;
  });
  return { ids, names: [...index.keys()] };
}

/** Each distinct text once, and the pairs by their rows in that list. */
export function indexedPairs(pairs: readonly InstructionPair[]) {
  const rows = new Map<string, number>();
  const rowOf = (text: string) => {
    const row = rows.get(text) ?? rows.size;
    rows.set(text, row);
    return row;
  };
  const indexed = pairs.map(({ texts: [a, b], same }) => ({ a: rowOf(a), b: rowOf(b), same }));
  return { texts: [...rows.keys()], pairs: indexed };
}

function invalid(expected: string): BenchmarkFileError {
  return new BenchmarkFileError(
    'benchmark-file-invalid',
    `The benchmark file lacks ${expected}.`,
    "Use the files of the Instruction Embedding Benchmark's repository as they are.",
    { expected },
  );
}
