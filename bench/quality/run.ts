// npm run bench:quality -- NAME...: trains verbena-mini on the CPU path on real wikiHow rows and sets its test scores beside
// the trivial baselines and TF-IDF with logistic regression. Names: titles, steps. Writes bench/results/quality-NAME.json.
import { mkdir, writeFile } from 'node:fs/promises';
import { allZeroBaseline, labelPriorBaseline, labelPriors } from '../../src/core/metrics/baselines.ts';
import { createEvaluator } from '../../src/core/metrics/evaluator.ts';
import { tuneThresholds } from '../../src/core/metrics/tuning.ts';
import type { EvaluationReport } from '../../src/core/metrics/types.ts';
import { denseTargets } from '../../src/core/labels/selection.ts';
import { duplicateGroups, splitRows } from '../../src/core/split/split.ts';
import { createTrainableModel } from '../../src/models/create.ts';
import { defaultBaselineSpec } from '../../src/services/baseline/defaults.ts';
import { createBaselineService } from '../../src/services/baseline/service.ts';
import { capacityOf } from '../../src/training/batches.ts';
import { memoryFileStore } from '../../src/training/checkpoints/fileStore.ts';
import { RunControl } from '../../src/training/control.ts';
import { evaluate } from '../../src/training/evaluate.ts';
import { trainRun } from '../../src/training/loop.ts';
import { sensibleDefaults } from '../../src/training/presets.ts';
import type { Hyperparameters, TrainingRows } from '../../src/training/types.ts';
import { openMini, selectedRows, tokenRows, wikihowSets, type WikihowSet } from './data.ts';

const seed = 1;

async function main(name: WikihowSet, overrides: Partial<Hyperparameters>): Promise<void> {
  const { file, threshold } = wikihowSets[name];
  const {
    texts: kept,
    selection: { rowIds, ...targets },
  } = await selectedRows(name);
  const split = splitRows(
    { ...targets, labelCount: targets.labels.length },
    { fractions: { train: 0.7, validation: 0.1, test: 0.2 }, seed, groups: duplicateGroups(kept) },
  );
  const h: Hyperparameters = {
    ...sensibleDefaults(split.train.length, { pretrained: false }).hyperparameters,
    ...overrides,
  };
  const tokens = await tokenRows(kept, rowIds, h.maxLength);
  const data: TrainingRows = { tokens, split, ...targets };

  const { model } = await createTrainableModel({
    ...(await openMini()),
    labelCount: data.labels.length,
    lowering: { kind: 'onnx' },
    capacity: capacityOf(h),
    seed,
    dropout: h.dropout,
  });
  const started = performance.now();
  const outcome = await trainRun({
    model,
    data,
    hyperparameters: h,
    seed,
    files: memoryFileStore(),
    control: new RunControl(),
    onEvent: (event) => {
      if (event.kind === 'evaluation' && event.point.split === 'validation') {
        const { step, loss, microF1, macroF1 } = event.point;
        const minutes = ((performance.now() - started) / 60_000).toFixed(1);
        console.log(
          `${name} step ${step}: validation loss ${loss.toFixed(4)}, micro-F1 ${microF1.toFixed(3)}, macro-F1 ${macroF1.toFixed(3)} (${minutes} min)`,
        );
      }
    },
  });
  const trainedMs = performance.now() - started;
  const evaluateOn = async (part: 'validation' | 'test') => {
    const request = {
      model,
      data,
      split: part,
      rows: split[part],
      step: outcome.step,
      epoch: 0,
      limits: { budgetTokens: h.budgetTokens, maxSequences: h.batchSize },
      proceed: async () => true,
    };
    const done = await evaluate(request);
    if (!done) throw new Error('evaluation stopped');
    return createEvaluator(done.logits);
  };
  const [validation, test] = [await evaluateOn('validation'), await evaluateOn('test')];
  const dense = (part: Uint32Array) => denseTargets(targets, data.labels.length, part);
  const rowsOf = (part: Uint32Array) => Array.from(part, (p) => kept[p] as string);
  const baseline = await createBaselineService().run(
    defaultBaselineSpec,
    {
      trainTexts: rowsOf(split.train),
      testTexts: rowsOf(split.test),
      testRowIds: Uint32Array.from(split.test, (p) => rowIds[p] as number),
      labels: data.labels,
      trainTargets: dense(split.train),
      testTargets: dense(split.test),
    },
    () => undefined,
    new AbortController().signal,
  );
  const truth = { labels: data.labels, targets: dense(split.test) };
  const scores = (report: EvaluationReport) => ({
    labelAccuracy: report.labelAccuracy,
    subsetAccuracy: report.subsetAccuracy,
    microF1: report.micro.f1,
    macroF1: report.macro.f1,
  });
  const trainedTokens = outcome.history.steps.reduce((sum, point) => sum + point.tokens, 0);
  const result = {
    name,
    file,
    threshold,
    labels: data.labels.length,
    rows: kept.length,
    seed,
    hyperparameters: h,
    steps: outcome.step,
    bestStep: outcome.bestStep,
    trainedMinutes: trainedMs / 60_000,
    tokensPerSecond:
      trainedTokens / (outcome.history.steps.reduce((sum, point) => sum + point.stepMs, 0) / 1000),
    test: {
      'all-zero': scores(allZeroBaseline(truth)),
      'label prior': scores(
        labelPriorBaseline(truth, labelPriors(dense(split.train), data.labels.length), seed),
      ),
      'TF-IDF + logistic regression': scores(createEvaluator(baseline.evaluation).at(0.5)),
      'verbena-mini, threshold 0.5': scores(test.at(0.5)),
      'verbena-mini, thresholds tuned on validation': scores(test.at(tuneThresholds(validation).thresholds)),
    },
    validation: outcome.history.evaluations.filter((point) => point.split === 'validation'),
  };
  await mkdir('bench/results', { recursive: true });
  await writeFile(`bench/results/quality-${name}.json`, JSON.stringify(result, null, 2));
  console.log(JSON.stringify({ ...result, validation: undefined }, null, 2));
}

const names = process.argv.slice(2).filter((argument): argument is WikihowSet => argument in wikihowSets);
const setting = (key: string) =>
  process.argv.find((argument) => argument.startsWith(`--${key}=`))?.split('=')[1];
const epochs = setting('epochs');
for (const name of names.length > 0 ? names : (Object.keys(wikihowSets) as WikihowSet[])) {
  await main(name, epochs ? { epochs: Number(epochs) } : {});
}
process.exit(0);
