import { VerbenaError } from '../../base/errors.ts';
import { throttled, throwIfAborted, type Progress } from '../../base/progress.ts';
import { decisionFunction, logisticSteps, type LogisticFit } from '../../core/baseline/logistic.ts';
import { stackRows, type SparseMatrix } from '../../core/baseline/sparse.ts';
import { createTfidfBuilder, type TfidfModel } from '../../core/baseline/tfidf.ts';
import { createEvaluator } from '../../core/metrics/evaluator.ts';
export { defaultBaselineSpec } from './defaults.ts';
import type { BaselineData, BaselineResult, BaselineService, BaselineSpec } from './contract.ts';

export class BaselineError extends VerbenaError<
  'baseline-spec-invalid' | 'baseline-shape-mismatch' | 'baseline-empty' | 'baseline-no-vocabulary'
> {}

/** Texts handled between two chances to stop. */
const chunkRows = 2000;

/** TF-IDF and one-vs-rest logistic regression, one label after another, stoppable between two Newton steps. */
export function createBaselineService(): BaselineService {
  return {
    async run(spec, data, onProgress, signal) {
      const startMs = performance.now();
      check(spec, data);
      const pause = breather(signal);
      const report = throttled(onProgress);
      const model = await learnVocabulary(spec, data.trainTexts, report, pause);
      const train = await vectorise(model, data.trainTexts, 'vectorising training texts', report, pause);
      const test = await vectorise(model, data.testTexts, 'vectorising test texts', report, pause);

      const labelCount = data.labels.length;
      const logits = new Float32Array(test.rowCount * labelCount);
      const positive = new Uint8Array(train.rowCount);
      for (let label = 0; label < labelCount; label++) {
        report({ phase: 'fitting labels', done: label, total: labelCount, unit: 'labels' });
        for (let row = 0; row < train.rowCount; row++)
          positive[row] = data.trainTargets[row * labelCount + label] as number;
        const fit = await fitLabel(train, positive, spec.c, pause);
        const margins = decisionFunction(test, fit);
        margins.forEach((margin, row) => (logits[row * labelCount + label] = margin));
      }
      report({ phase: 'fitting labels', done: labelCount, total: labelCount, unit: 'labels' });
      return result(data, logits, model.terms.length, performance.now() - startMs);
    },
  };
}

type Report = (progress: Progress) => void;
type Pause = () => Promise<void>;

async function learnVocabulary(
  spec: BaselineSpec,
  texts: readonly string[],
  report: Report,
  pause: Pause,
): Promise<TfidfModel> {
  const builder = createTfidfBuilder(spec);
  for (let row = 0; row < texts.length; row += chunkRows) {
    builder.add(texts.slice(row, row + chunkRows));
    const done = Math.min(row + chunkRows, texts.length);
    report({ phase: 'learning the vocabulary', done, total: texts.length, unit: 'rows' });
    await pause();
  }
  const model = builder.finish();
  if (model.terms.length === 0)
    throw new BaselineError(
      'baseline-no-vocabulary',
      `No word occurs in ${spec.minDocumentCount} training texts or more.`,
      'Lower the minimum document count, or switch off some of the text cleaning.',
    );
  return model;
}

async function vectorise(
  model: TfidfModel,
  texts: readonly string[],
  phase: string,
  report: Report,
  pause: Pause,
): Promise<SparseMatrix> {
  const parts: SparseMatrix[] = [];
  for (let row = 0; row < texts.length; row += chunkRows) {
    parts.push(model.transform(texts.slice(row, row + chunkRows)));
    report({ phase, done: Math.min(row + chunkRows, texts.length), total: texts.length, unit: 'rows' });
    await pause();
  }
  return stackRows(parts, model.terms.length);
}

async function fitLabel(
  train: SparseMatrix,
  positive: Uint8Array,
  c: number,
  pause: Pause,
): Promise<LogisticFit> {
  const steps = logisticSteps(train, positive, { c });
  for (;;) {
    const { done, value } = steps.next();
    await pause();
    if (done) return value;
  }
}

function result(
  data: BaselineData,
  logits: Float32Array,
  vocabularySize: number,
  elapsedMs: number,
): BaselineResult {
  const { labels, testTargets: targets, testRowIds: rowIds } = data;
  const loss = createEvaluator({ labels, logits, targets }).loss();
  const evaluation = { step: 0, epoch: 0, split: 'test', rowIds, labels, logits, targets, loss } as const;
  return { evaluation, vocabularySize, elapsedMs };
}

function check(spec: BaselineSpec, data: BaselineData): void {
  if (!(spec.c > 0 && Number.isFinite(spec.c)) || !(spec.minDocumentCount >= 1))
    throw new BaselineError(
      'baseline-spec-invalid',
      `C = ${spec.c} with a minimum document count of ${spec.minDocumentCount} cannot be fitted.`,
      'Use a C above zero and a count of 1 or more.',
    );
  const { length: labels } = data.labels;
  if (labels === 0 || data.trainTexts.length === 0 || data.testTexts.length === 0)
    throw new BaselineError(
      'baseline-empty',
      `There are ${data.trainTexts.length} training texts, ${data.testTexts.length} test texts and ${labels} labels.`,
      'Lower the label threshold, or give both parts of the split a share.',
    );
  const fits =
    data.trainTargets.length === data.trainTexts.length * labels &&
    data.testTargets.length === data.testTexts.length * labels &&
    data.testRowIds.length === data.testTexts.length;
  if (!fits)
    throw new BaselineError(
      'baseline-shape-mismatch',
      'Texts, rows and targets are of different lengths.',
      'Make the split again; if it stays, report it.',
      { trainTexts: data.trainTexts.length, trainTargets: data.trainTargets.length, labels },
    );
}

/** Lets the worker's messages in (an abort is one) every 30 ms; throws `aborted`. */
function breather(signal: AbortSignal): Pause {
  let last = performance.now();
  return async () => {
    if (performance.now() - last > 30) {
      await new Promise((resolve) => setTimeout(resolve));
      last = performance.now();
    }
    throwIfAborted(signal);
  };
}
