import { throwIfAborted, throttled, type TaskOptions } from '../../../base/progress.ts';
import { breather } from '../../../base/breath.ts';
import { within, type Steps } from '../../../base/steps.ts';
import { logisticSteps } from '../../baseline/logistic.ts';
import type { SparseMatrix } from '../../baseline/sparse.ts';
import { fitTfidf, restoreTfidf, type TfidfModel, type TfidfOptions } from '../../baseline/tfidf.ts';
import { addClassProducts, transposeDense } from './classProducts.ts';
import { ClassifierError } from './errors.ts';
import type { Normalisation } from './probabilities.ts';
import { softmaxSteps, type LinearWeights } from './softmaxRegression.ts';

export interface LinearSpec extends TfidfOptions {
  /** L2 strength as scikit-learn's C (inverse). */
  readonly c: number;
  /** `joint`: one softmax over all classes. `independent`: a logistic regression of each class against the rest. */
  readonly training: 'joint' | 'independent';
}

/** Words and pairs of words, damped counts, C = 10: short texts want little regularisation. */
export const linearDefaults: LinearSpec = {
  ngramMax: 2,
  minDocumentCount: 1,
  sublinearTf: true,
  c: 10,
  training: 'joint',
};

/** Rows of one label each. */
export interface LabelledTexts {
  readonly labels: readonly string[];
  readonly texts: readonly string[];
  /** Index into `labels`, a row each. */
  readonly classOf: Uint32Array;
}

/** TF-IDF and a linear layer: plain data, so that it can be kept and sent. */
export interface LinearModel extends LinearWeights {
  readonly labels: readonly string[];
  readonly normalisation: Normalisation;
  readonly spec: LinearSpec;
  readonly terms: readonly string[];
  readonly idf: Float64Array;
}

const chunkRows = 1000;

/**
 * Trains on labelled texts. Deterministic. Throws `classifier-too-few-classes`, `classifier-empty-class`, `classifier-no-vocabulary`,
 * `classifier-shape`, `aborted`.
 */
export async function trainLinear(
  data: LabelledTexts,
  spec: LinearSpec,
  { signal, onProgress }: TaskOptions = {},
): Promise<LinearModel> {
  check(data);
  const breathe = breather();
  const report = throttled(onProgress);
  const tfidf = fitTfidf(data.texts, spec);
  if (tfidf.terms.length === 0)
    throw new ClassifierError(
      'classifier-no-vocabulary',
      `No word occurs in ${spec.minDocumentCount} texts or more.`,
      'Lower the minimum document count, or generate more objects.',
    );
  const x = tfidf.transform(data.texts);
  const steps = spec.training === 'joint' ? jointSteps(x, data, spec) : independentSteps(x, data, spec);
  for (;;) {
    const { done, value } = steps.next();
    if (done) {
      const normalisation = spec.training === 'joint' ? 'softmax' : 'sigmoid';
      const { terms, idf } = tfidf;
      return { ...value, labels: data.labels, normalisation, spec, terms, idf };
    }
    await breathe();
    throwIfAborted(signal);
    report({ phase: 'training', done: Math.floor(value), total: null, unit: 'steps' });
  }
}

function jointSteps(x: SparseMatrix, data: LabelledTexts, spec: LinearSpec): Steps<LinearWeights> {
  if (data.labels.length === 2) return twoClassSteps(x, data, spec);
  return softmaxSteps(x, data.classOf, data.labels.length, { c: spec.c });
}

/** Of two classes one margin says all: a logistic regression, as scikit-learn does too, half of it for each side. */
function* twoClassSteps(x: SparseMatrix, { classOf }: LabelledTexts, spec: LinearSpec): Steps<LinearWeights> {
  const fit = yield* logisticSteps(x, Uint8Array.from(classOf), { c: spec.c });
  const columns = x.columnCount;
  const weights = new Float32Array(2 * columns);
  for (let i = 0; i < columns; i++) {
    const half = (fit.weights[i] as number) / 2;
    weights[i] = -half;
    weights[columns + i] = half;
  }
  const half = fit.intercept / 2;
  return { classes: 2, columns, weights, intercepts: Float32Array.of(-half, half) };
}

function* independentSteps(
  x: SparseMatrix,
  { classOf, labels }: LabelledTexts,
  spec: LinearSpec,
): Steps<LinearWeights> {
  const [classes, columns] = [labels.length, x.columnCount];
  const weights = new Float32Array(classes * columns);
  const intercepts = new Float32Array(classes);
  let steps = 0;
  for (let label = 0; label < classes; label++) {
    const positive = Uint8Array.from(classOf, (own) => (own === label ? 1 : 0));
    const fit = yield* within(logisticSteps(x, positive, { c: spec.c }), () => ++steps);
    weights.set(fit.weights, label * columns);
    intercepts[label] = fit.intercept;
  }
  return { classes, columns, weights, intercepts };
}

/** Opens a model for questions. */
export function openLinear(model: LinearModel): {
  readonly margins: (texts: readonly string[]) => Float32Array;
} {
  const tfidf: TfidfModel = restoreTfidf(model.terms, model.idf, model.spec.sublinearTf);
  const { classes, columns, weights, intercepts } = model;
  const ofWords = transposeDense(weights, classes, columns);
  return {
    margins(texts) {
      const out = new Float32Array(texts.length * classes);
      for (let from = 0; from < texts.length; from += chunkRows) {
        const x = tfidf.transform(texts.slice(from, from + chunkRows));
        const margins = new Float64Array(x.rowCount * classes);
        for (let row = 0; row < x.rowCount; row++) margins.set(intercepts, row * classes);
        addClassProducts(x, ofWords, classes, margins);
        out.set(margins, from * classes);
      }
      return out;
    },
  };
}

function check({ labels, texts, classOf }: LabelledTexts): void {
  if (labels.length < 2)
    throw new ClassifierError(
      'classifier-too-few-classes',
      `There ${labels.length === 1 ? 'is one class' : 'is no class'}: nothing to tell apart.`,
      'Use a set of two classes or more; for one concept add “other”.',
    );
  if (texts.length !== classOf.length || classOf.some((label) => label >= labels.length))
    throw new ClassifierError(
      'classifier-shape',
      'Texts and classes do not go together.',
      'Make the set again; if it stays, report it.',
      { texts: texts.length, classes: classOf.length },
    );
  const counts = new Uint32Array(labels.length);
  for (const label of classOf) counts[label] = (counts[label] as number) + 1;
  const empty = counts.indexOf(0);
  if (empty >= 0)
    throw new ClassifierError(
      'classifier-empty-class',
      `The class “${labels[empty]}” has no text to learn from.`,
      'Generate or import more objects.',
    );
}
