import { random } from '../../../base/random.ts';
import type { LabelledTexts } from '../classifier/linear.ts';
import { labelledTexts } from '../classifier/rows.ts';
import { takeObjects } from '../diversity/diversify.ts';
import { normalised } from '../replies.ts';
import type { GeneratedSet } from '../types.ts';
import { IncubatorExperimentError } from './types.ts';

/** What experiments run on: a generated set and, where the open data has its classes, real rows by class. */
export interface Material {
  readonly set: GeneratedSet;
  readonly real: { readonly texts: readonly string[]; readonly classOf: Uint32Array } | null;
}

/** Objects that are trained on, and texts that judge. */
export interface Part {
  /** Objects of the set in the order of the seed. */
  readonly rows: Uint32Array;
  readonly judge: LabelledTexts;
}

const mostJudges = 2000;
const heldOutShare = 0.25;
/** Fewer say nothing. */
export const leastObjects = 16;

/** Real rows cut in two by a fixed seed: those that judge, at most 2,000, and a pool to train on. */
export function cutReal({ set, real }: Material): { judge: LabelledTexts; pool: LabelledTexts } | null {
  if (!real || real.texts.length === 0) return null;
  const order = random(1, 0x2ea1).shuffle(Uint32Array.from(real.texts.keys()));
  const cut = Math.min(mostJudges, Math.ceil(order.length / 2));
  const take = (rows: Uint32Array): LabelledTexts => ({
    labels: set.labels,
    texts: Array.from(rows, (row) => real.texts[row] ?? ''),
    classOf: Uint32Array.from(rows, (row) => real.classOf[row] ?? 0),
  });
  return { judge: take(order.slice(0, cut)), pool: take(order.slice(cut)) };
}

/**
 * The set for one seed. With real rows every object may be trained on; without them a quarter of the objects is held out, whole, and judges.
 * Judging texts that say what an object says are left out. Throws `experiment-set-small`.
 */
export function partOf(set: GeneratedSet, realJudge: LabelledTexts | null, seed: number): Part {
  const count = set.samples.length;
  if (count < leastObjects)
    throw new IncubatorExperimentError(
      'experiment-set-small',
      `The set holds ${count} objects: too few to compare anything.`,
      `Generate ${leastObjects} or more, or use all objects instead of a choice.`,
      { objects: count },
    );
  const order = random(seed, 0x1ab).shuffle(Uint32Array.from({ length: count }, (_, at) => at));
  const held = realJudge ? 0 : Math.max(1, Math.round(heldOutShare * count));
  const rows = order.slice(held);
  const judge = realJudge ?? labelledTexts(takeObjects(set, order.slice(0, held)));
  return { rows, judge: unsaid(judge, takeObjects(set, rows)) };
}

/** Rows whose text does not stand among the training texts. */
export function unsaid(judge: LabelledTexts, training: GeneratedSet): LabelledTexts {
  const said = new Set(training.samples.flat().map(normalised));
  const rows = judge.texts.flatMap((text, row) => (said.has(normalised(text)) ? [] : [row]));
  return {
    labels: judge.labels,
    texts: rows.map((row) => judge.texts[row] ?? ''),
    classOf: Uint32Array.from(rows, (row) => judge.classOf[row] ?? 0),
  };
}

/** So many rows of each class, as far as there are, by the seed. */
export function sampleOfEach(data: LabelledTexts, perClass: number, seed: number): LabelledTexts {
  const taken = new Uint32Array(data.labels.length);
  const rows = random(seed, 77)
    .shuffle(Uint32Array.from(data.texts.keys()))
    .filter((row) => {
      const own = data.classOf[row] ?? 0;
      taken[own] = (taken[own] ?? 0) + 1;
      return (taken[own] ?? 0) <= perClass;
    });
  return {
    labels: data.labels,
    texts: Array.from(rows, (row) => data.texts[row] ?? ''),
    classOf: rows.map((row) => data.classOf[row] ?? 0),
  };
}

/** The first `classes` classes and “other”, which is one text of the rest of each object, in turns: as many as every class has. */
export function withOther(set: GeneratedSet, classes: number): GeneratedSet {
  const rest = set.labels.length - classes;
  if (rest <= 0) return set;
  return {
    ...set,
    labels: [...set.labels.slice(0, classes), 'other'],
    samples: set.samples.map((texts, row) => [
      ...texts.slice(0, classes),
      texts[classes + (row % rest)] ?? '',
    ]),
  };
}

/** Judging rows under the same change of classes. */
export function judgeWithOther(judge: LabelledTexts, classes: number): LabelledTexts {
  if (classes >= judge.labels.length) return judge;
  return {
    labels: [...judge.labels.slice(0, classes), 'other'],
    texts: judge.texts,
    classOf: judge.classOf.map((own) => Math.min(own, classes)),
  };
}
