import { throwIfAborted, type TaskOptions } from '../../../base/progress.ts';
import { random } from '../../../base/random.ts';
import { inSteps } from '../../../base/steps.ts';
import type { DensePoints } from '../../clustering/points.ts';
import { lsaSteps } from '../../embedding/lsa.ts';
import { tfidfVectorSteps } from '../../embedding/tfidfVectors.ts';
import { normalise } from '../../embedding/vectors.ts';
import { conceptScores, evaluateQuery } from '../../mining/evaluate.ts';
import { averagePrecision, precisionAt, topRows } from '../../mining/rank.ts';
import { classificationReport } from '../classifier/evaluation.ts';
import { linearDefaults, openLinear, trainLinear, type LabelledTexts } from '../classifier/linear.ts';
import { classLogOdds, classProbabilities } from '../classifier/probabilities.ts';
import { labelledTexts } from '../classifier/rows.ts';
import { diversify, takeObjects } from '../diversity/diversify.ts';
import { diversityOf } from '../diversity/diversity.ts';
import { unitTexts } from '../diversity/units.ts';
import type { GeneratedSet } from '../types.ts';
import { drawFormulas } from './formulas.ts';
import {
  cutReal,
  judgeWithOther,
  partOf,
  sampleOfEach,
  unsaid,
  withOther,
  type Material,
} from './material.ts';
import { IncubatorExperimentError, spreadOf, type IncubatorTest, type Spread } from './types.ts';

type Values = Readonly<Record<string, number>>;

/** What a variant came to. */
export interface LabMeasure {
  /** `accuracy`, `macroF1`, `objects` …, by test. */
  readonly values: Readonly<Record<string, Spread>>;
  /** Texts that judged, on average over seeds. */
  readonly judges: number;
  readonly isReal: boolean;
}

const formulaCount = 12;

/**
 * Runs variants on one generated set with the TF-IDF reference classifier: tested on real rows where there are some, else on held-out
 * objects. Everything is drawn by the seeds; the same call gives the same numbers.
 */
export class IncubatorLab {
  readonly #material: Material;
  readonly #real: ReturnType<typeof cutReal>;
  #vectors: DensePoints | null = null;

  constructor(material: Material) {
    this.#material = material;
    this.#real = cutReal(material);
  }

  /** Throws `experiment-*`, what training throws, `aborted`. */
  async measure(
    test: IncubatorTest,
    seeds: readonly number[],
    { signal, onProgress }: TaskOptions = {},
  ): Promise<LabMeasure> {
    const all: Values[] = [];
    for (const [at, seed] of seeds.entries()) {
      throwIfAborted(signal);
      onProgress?.({ phase: 'Training', done: at, total: seeds.length, unit: 'steps' });
      all.push(await this.#once(test, seed, signal));
    }
    const keys = Object.keys(all[0] ?? {}).filter((key) => key !== 'judges');
    const column = (key: string) => all.map((values) => values[key]).filter((value) => value !== undefined);
    return {
      values: Object.fromEntries(keys.map((key) => [key, spreadOf(column(key))])),
      judges: Math.round(spreadOf(column('judges')).mean),
      isReal: this.#real !== null,
    };
  }

  async #once(test: IncubatorTest, seed: number, signal: AbortSignal | undefined): Promise<Values> {
    const { set } = this.#material;
    const { rows, judge } = partOf(set, this.#real?.judge ?? null, seed);
    const judges = judge.texts.length;
    switch (test.kind) {
      case 'size': {
        const taken = takeObjects(set, rows.slice(0, test.objects ?? rows.length));
        const scores = await judged(labelledTexts(taken), judge, signal);
        return { ...scores, objects: taken.samples.length, judges };
      }
      case 'real': {
        const pool = this.#real?.pool;
        if (!pool || pool.texts.length === 0)
          throw new IncubatorExperimentError(
            'experiment-no-real-rows',
            'There are no real rows to train on.',
            'Open labelled data, and map its labels to the classes.',
          );
        const sample = sampleOfEach(pool, test.objects, seed);
        const scores = await judged(sample, judge, signal);
        return { ...scores, objects: sample.texts.length / set.labels.length, judges };
      }
      case 'choose': {
        const scores = await this.#chosen(test, rows, judge, seed, signal);
        return { ...scores, judges };
      }
      case 'dependence': {
        const { classes, training } = test;
        const used = withOther(takeObjects(set, rows), classes);
        const own = judgeWithOther(judge, classes);
        const scores = await judged(labelledTexts(used), own, signal, training);
        return { ...scores, objects: used.samples.length, judges };
      }
      case 'compound': {
        const scores = await compound(takeObjects(set, rows), judge, test, seed, signal);
        return { ...scores, judges };
      }
      case 'other': {
        const other = sameClasses(test.set, set);
        const taken = takeObjects(other, shuffledRows(other, seed).slice(0, test.objects));
        const own = unsaid(judge, taken);
        const scores = await judged(labelledTexts(taken), own, signal);
        return { ...scores, objects: taken.samples.length, judges: own.texts.length };
      }
    }
  }

  async #chosen(
    { method, k, batchSize }: Extract<IncubatorTest, { kind: 'choose' }>,
    rows: Uint32Array,
    judge: LabelledTexts,
    seed: number,
    signal: AbortSignal | undefined,
  ): Promise<Values> {
    const mixed = takeObjects(this.#material.set, rows);
    const vectors = gathered(await this.#embedded(signal), rows);
    const options = { k, batchSize: Math.max(k, batchSize), seed, unit: 'joined', method } as const;
    const { kept } = await diversify(mixed, vectors, { ...options, signal });
    const chosen = takeObjects(mixed, kept);
    const scores = await judged(labelledTexts(chosen), judge, signal);
    const diversity = await diversityOf(unitTexts(chosen, 'joined'), gathered(vectors, kept), {
      seed,
      signal,
    });
    return {
      ...scores,
      objects: chosen.samples.length,
      selfBleu4: diversity.selfBleu?.[4] ?? 0,
      distinct2: diversity.distinct[2] ?? 0,
      distance: diversity.meanCosineDistance ?? 0,
      vendi: diversity.vendi.score,
    };
  }

  /** LSA of at most 100 dimensions over TF-IDF of each object's texts as one, length 1: what offline clusters are made of here. */
  async #embedded(signal: AbortSignal | undefined): Promise<DensePoints> {
    if (this.#vectors) return this.#vectors;
    const texts = unitTexts(this.#material.set, 'joined');
    const options = { ngramMax: 1, minDocumentCount: 1, sublinearTf: true } as const;
    const task = { signal };
    const { vectors } = await inSteps('tfidf', texts.length, tfidfVectorSteps(texts, options), task);
    const rank = Math.max(1, Math.min(100, Math.floor(texts.length / 4), vectors.columnCount));
    const lsa = await inSteps('lsa', 12, lsaSteps(vectors, { rank, seed: 1 }), task);
    return (this.#vectors = normalise(lsa.vectors));
  }
}

async function judged(
  training: LabelledTexts,
  judge: LabelledTexts,
  signal: AbortSignal | undefined,
  kind: 'joint' | 'independent' = 'joint',
): Promise<Values> {
  const model = await trainLinear(training, { ...linearDefaults, training: kind }, { signal });
  const margins = openLinear(model).margins(judge.texts);
  const probabilities = classProbabilities(margins, model.classes, model.normalisation);
  const report = classificationReport(judge.labels, probabilities, judge.classOf);
  const { accuracy, macroF1, majority, perClass } = report;
  return { accuracy, macroF1, majority, lastF1: perClass.at(-1)?.f1 ?? 0 };
}

async function compound(
  training: GeneratedSet,
  judge: LabelledTexts,
  { operands, semantics }: Extract<IncubatorTest, { kind: 'compound' }>,
  seed: number,
  signal: AbortSignal | undefined,
): Promise<Values> {
  const count = training.labels.length;
  const formulas = drawFormulas(judge.classOf, count, operands, formulaCount, random(seed, 0xf0, operands));
  if (formulas.length === 0)
    throw new IncubatorExperimentError(
      'experiment-no-formula',
      `No formula of ${operands} of these ${count} classes holds for some of the judging texts and not for most.`,
      'Use a set with more classes for longer formulas.',
      { operands, classes: count },
    );
  const model = await trainLinear(labelledTexts(training), linearDefaults, { signal });
  const odds = classLogOdds(openLinear(model).margins(judge.texts), model.classes, model.normalisation);
  const scores = Array.from({ length: count }, (_, own) =>
    conceptScores(Float32Array.from(judge.texts, (_text, row) => odds[row * count + own] ?? 0)),
  );
  const none = conceptScores(new Float32Array(judge.texts.length));
  const each = formulas.map(({ query, truth }) => {
    const ranked = evaluateQuery(query, semantics, truth.length, (name) => scores[Number(name)] ?? none);
    const relevant = truth.reduce((sum, value) => sum + value, 0);
    const top = topRows(ranked, relevant);
    return {
      averagePrecision: averagePrecision(ranked, truth) ?? 0,
      precision: precisionAt(top, relevant, (row) => truth[row] === 1).precision ?? 0,
      chance: relevant / truth.length,
    };
  });
  const mean = (key: 'averagePrecision' | 'precision' | 'chance') =>
    each.reduce((sum, one) => sum + one[key], 0) / each.length;
  return {
    averagePrecision: mean('averagePrecision'),
    precision: mean('precision'),
    chance: mean('chance'),
    formulas: each.length,
  };
}

function gathered({ width, values }: DensePoints, rows: Uint32Array): DensePoints {
  const out = new Float32Array(rows.length * width);
  rows.forEach((row, at) => out.set(values.subarray(row * width, (row + 1) * width), at * width));
  return { count: rows.length, width, values: out };
}

const shuffledRows = ({ samples }: GeneratedSet, seed: number) =>
  random(seed, 0x1ab).shuffle(Uint32Array.from(samples.keys()));

/** Another set with its texts in the order of this one's classes. */
function sameClasses(other: GeneratedSet, { labels }: GeneratedSet): GeneratedSet {
  const places = labels.map((label) => other.labels.indexOf(label));
  if (places.some((place) => place < 0) || other.labels.length !== labels.length)
    throw new IncubatorExperimentError(
      'experiment-other-classes',
      'The two sets have other classes.',
      'Compare sets of the same classes.',
      { labels: [...labels], others: [...other.labels] },
    );
  return {
    ...other,
    labels,
    samples: other.samples.map((texts) => places.map((place) => texts[place] ?? '')),
  };
}
