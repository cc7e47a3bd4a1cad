import { breather } from '../../base/breath.ts';
import { VerbenaError } from '../../base/errors.ts';
import { throttled, throwIfAborted, type Progress } from '../../base/progress.ts';
import { fitCount, fitEncoded } from '../../core/baseline/encodings.ts';
import { stackRows, type SparseMatrix } from '../../core/baseline/sparse.ts';
import { createTfidfBuilder, type TfidfModel } from '../../core/baseline/tfidf.ts';
import { countViolations, edgeCount, hierarchyByContainment } from '../../core/encodings/hierarchy.ts';
import { planEncoding } from '../../core/encodings/plan.ts';
import type { EncodedRows } from '../../core/encodings/types.ts';
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
      const breathe = breather();
      const pause = async () => {
        await breathe();
        throwIfAborted(signal);
      };
      const report = throttled(onProgress);
      const model = await learnVocabulary(spec, data.trainTexts, report, pause);
      const train = await vectorise(model, data.trainTexts, 'vectorising training texts', report, pause);
      const test = await vectorise(model, data.testTexts, 'vectorising test texts', report, pause);

      const rows = encodedRows(data);
      const plan = planEncoding(spec.encoding, rows, spec.seed ?? 1);
      const problem = { train, test, targets: data.trainTargets, plan, c: spec.c };
      const total = fitCount(problem);
      const unit = total === data.labels.length ? 'labels' : 'outputs';
      const steps = fitEncoded(problem);
      let step = steps.next();
      while (!step.done) {
        report({ phase: 'fitting labels', done: step.value, total, unit });
        await pause();
        step = steps.next();
      }
      report({ phase: 'fitting labels', done: total, total, unit });
      const hierarchy = plan.kind === 'hierarchical' ? plan.hierarchy : hierarchyByContainment(rows);
      const { logits, parameters } = step.value;
      return {
        ...result(data, logits, model.terms.length, performance.now() - startMs),
        parameters,
        edges: edgeCount(hierarchy),
        violations: countViolations(logits, data.labels.length, hierarchy),
      };
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

/** Training rows as an encoding reads them. */
function encodedRows({ labels, trainTexts, trainTargets }: BaselineData): EncodedRows {
  const ids: number[] = [];
  const targetOffsets = new Uint32Array(trainTexts.length + 1);
  for (let row = 0; row < trainTexts.length; row++) {
    for (let label = 0; label < labels.length; label++)
      if (trainTargets[row * labels.length + label] === 1) ids.push(label);
    targetOffsets[row + 1] = ids.length;
  }
  const train = Uint32Array.from(trainTexts.keys());
  return { labels, train, targetOffsets, targetIds: Uint32Array.from(ids) };
}

function result(
  data: BaselineData,
  logits: Float32Array,
  vocabularySize: number,
  elapsedMs: number,
): Omit<BaselineResult, 'parameters' | 'edges' | 'violations'> {
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
