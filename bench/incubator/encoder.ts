import { random } from '../../src/base/random.ts';
import { classificationReport } from '../../src/core/incubator/classifier/evaluation.ts';
import type { LabelledTexts } from '../../src/core/incubator/classifier/linear.ts';
import { classProbabilities } from '../../src/core/incubator/classifier/probabilities.ts';
import { labelledTexts } from '../../src/core/incubator/classifier/rows.ts';
import { createTrainableModel } from '../../src/models/create.ts';
import { assertSingleLabels, capacityOf } from '../../src/training/batches.ts';
import { memoryFileStore } from '../../src/training/checkpoints/fileStore.ts';
import { RunControl } from '../../src/training/control.ts';
import { evaluate } from '../../src/training/evaluate.ts';
import { stepsPerEpoch } from '../../src/training/hyperparameters.ts';
import { trainRun } from '../../src/training/loop.ts';
import { lossOf } from '../../src/training/loss.ts';
import { sensibleDefaults } from '../../src/training/presets.ts';
import type { Hyperparameters, TrainingRows } from '../../src/training/types.ts';
import { openMini, tokenRows } from '../quality/data.ts';
import { newsHalves, newsLabels, sentimentLabels } from './classify.ts';
import { readCotam, readSentConv, without } from './data.ts';
import { judged, table } from './judge.ts';

const seed = 1;
const batchSize = 32;

/**
 * verbena-mini (random weights: nothing was pre-trained) on the CPU path, by the cross-entropy of the softmax over classes. A tenth of the
 * training rows chooses the step by its loss, looked at four times; the test rows are seen once.
 */
async function encoderAccuracy(training: LabelledTexts, test: LabelledTexts, epochs: number) {
  const texts = [...training.texts, ...test.texts];
  const classOf = [...training.classOf, ...test.classOf];
  const rowIds = Uint32Array.from(texts.keys());
  const order = random(seed, 9).shuffle(Uint32Array.from(training.texts.keys()));
  const held = Math.round(order.length / 10);
  const split = {
    train: order.slice(held).sort(),
    validation: order.slice(0, held).sort(),
    test: Uint32Array.from(test.texts.keys(), (row) => row + training.texts.length),
  };
  const defaults = sensibleDefaults(split.train.length, { pretrained: false }).hyperparameters;
  const h: Hyperparameters = {
    ...defaults,
    maxLength: 96,
    epochs,
    batchSize,
    loss: { kind: 'cross-entropy' },
    bestMetric: 'loss',
    patience: null,
    evaluateEverySteps: Math.ceil((epochs * stepsPerEpoch(split.train.length, batchSize)) / 4),
    checkpointEverySteps: 100_000,
  };
  const data: TrainingRows = {
    tokens: await tokenRows(texts, rowIds, h.maxLength),
    split,
    labels: training.labels,
    targetOffsets: Uint32Array.from({ length: texts.length + 1 }, (_, row) => row),
    targetIds: Uint32Array.from(classOf),
  };
  const { model } = await createTrainableModel({
    ...(await openMini()),
    labelCount: data.labels.length,
    lowering: { kind: 'onnx' },
    capacity: capacityOf(h),
    seed,
    dropout: h.dropout,
    loss: lossOf(h.loss, data),
  });
  assertSingleLabels(data);
  const started = performance.now();
  const since = () => `${((performance.now() - started) / 60_000).toFixed(1)} min`;
  const outcome = await trainRun({
    model,
    data,
    hyperparameters: h,
    seed,
    files: memoryFileStore(),
    control: new RunControl(),
    onEvent: (event) => {
      if (event.kind === 'evaluation' && event.point.split === 'validation')
        console.log(`step ${event.point.step}: validation loss ${event.point.loss.toFixed(4)}`, since());
    },
  });
  const minutes = (performance.now() - started) / 60_000;
  // The run leaves the model at its best step.
  const done = await evaluate({
    model,
    data,
    loss: 'cross-entropy',
    split: 'test',
    rows: split.test,
    step: outcome.step,
    epoch: 0,
    limits: { budgetTokens: h.budgetTokens, maxSequences: h.batchSize },
    proceed: async () => true,
  });
  if (!done) throw new Error('evaluation stopped');
  const { logits, rowIds: judgedRows } = done.logits;
  // Log-odds of the softmax: their sigmoids are its probabilities and sum to 1.
  const probabilities = classProbabilities(logits, data.labels.length, 'sigmoid');
  const gold = Uint32Array.from(judgedRows, (row) => classOf[row] ?? 0);
  const report = classificationReport(data.labels, probabilities, gold);
  return {
    accuracy: report.accuracy,
    macroF1: report.macroF1,
    steps: outcome.step,
    bestStep: outcome.bestStep,
    epochs,
    minutes,
  };
}

type Case = readonly [name: string, training: LabelledTexts, test: LabelledTexts, epochs: number];

export function encoderOnNews() {
  const training = labelledTexts(readCotam('ag_news.cotam.train.jsonl', newsLabels));
  return besideTfidf([['AG News, 200 objects', training, { ...newsHalves().test, labels: newsLabels }, 8]]);
}

export function encoderOnSst() {
  const training = labelledTexts(readCotam('sst2.cotam.train.3k.jsonl', sentimentLabels));
  return besideTfidf([
    ['SST-2, 3,000 objects', training, readSentConv('stsa.binary.test', sentimentLabels), 4],
  ]);
}

/** An encoder of the engine from scratch beside TF-IDF, on the same generated rows and the same test rows. */
async function besideTfidf(cases: readonly Case[]) {
  const data = [];
  for (const [name, training, whole, epochs] of cases) {
    const test = without(whole, training.texts);
    const linear = await judged(training, test);
    const encoder = await encoderAccuracy(training, test, epochs);
    data.push({
      name,
      rows: training.texts.length,
      test: test.texts.length,
      linear: linear.accuracy,
      majority: linear.majority,
      encoder,
    });
    console.log(name, JSON.stringify(encoder));
  }
  const text = table(
    ['test set', 'training rows', 'majority', 'TF-IDF', 'verbena-mini from scratch', 'epochs', 'minutes'],
    data.map(({ name, rows, majority, linear, encoder }) => [
      name,
      rows,
      majority.toFixed(3),
      linear.toFixed(3),
      encoder.accuracy.toFixed(3),
      encoder.epochs,
      encoder.minutes.toFixed(1),
    ]),
  );
  return { text, data };
}
