import { readFile } from 'node:fs/promises';
import { random } from '../../src/base/random.ts';
import { classificationReport } from '../../src/core/incubator/classifier/evaluation.ts';
import type { LabelledTexts } from '../../src/core/incubator/classifier/linear.ts';
import { classProbabilities } from '../../src/core/incubator/classifier/probabilities.ts';
import { labelledTexts } from '../../src/core/incubator/classifier/rows.ts';
import { createTrainableModel } from '../../src/models/create.ts';
import { openSafetensors } from '../../src/models/files/safetensors.ts';
import { capacityOf } from '../../src/training/batches.ts';
import { memoryFileStore } from '../../src/training/checkpoints/fileStore.ts';
import { RunControl } from '../../src/training/control.ts';
import { evaluate } from '../../src/training/evaluate.ts';
import { trainRun } from '../../src/training/loop.ts';
import { sensibleDefaults } from '../../src/training/presets.ts';
import type { Hyperparameters, TrainingRows } from '../../src/training/types.ts';
import { miniFolder, tokenRows } from '../quality/data.ts';
import { newsHalves, newsLabels, sentimentLabels } from './classify.ts';
import { readCotam, readSentConv, without } from './data.ts';
import { judged, table } from './judge.ts';

const seed = 1;

/**
 * verbena-mini (random weights: nothing was pre-trained) on the CPU path, labels one-hot under binary cross-entropy, probabilities by a
 * sigmoid scaled to a sum of 1. A tenth of the training rows chooses the best step; the test rows are seen once.
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
    batchSize: 32,
    evaluateEverySteps: 100,
    checkpointEverySteps: 1000,
  };
  const data: TrainingRows = {
    tokens: await tokenRows(texts, rowIds, h.maxLength),
    split,
    labels: training.labels,
    targetOffsets: Uint32Array.from({ length: texts.length + 1 }, (_, row) => row),
    targetIds: Uint32Array.from(classOf),
  };
  const { model } = await createTrainableModel({
    config: JSON.parse(await readFile(`${miniFolder}/config.json`, 'utf8')) as unknown,
    weights: await openSafetensors(new Uint8Array(await readFile(`${miniFolder}/model.safetensors`))),
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
      if (event.kind === 'evaluation' && event.point.split === 'validation')
        console.log(`step ${event.point.step}: validation loss ${event.point.loss.toFixed(4)}`);
    },
  });
  const minutes = (performance.now() - started) / 60_000;
  const done = await evaluate({
    model,
    data,
    split: 'test',
    rows: split.test,
    step: outcome.step,
    epoch: 0,
    limits: { budgetTokens: h.budgetTokens, maxSequences: h.batchSize },
    proceed: async () => true,
  });
  if (!done) throw new Error('evaluation stopped');
  const { logits, rowIds: judgedRows } = done.logits;
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

/** An encoder of the engine from scratch beside TF-IDF, on the same generated rows and the same test rows. */
export async function encoderFromScratch() {
  const sst = labelledTexts(readCotam('sst2.cotam.train.3k.jsonl', sentimentLabels));
  const news = labelledTexts(readCotam('ag_news.cotam.train.jsonl', newsLabels));
  const cases = [
    ['AG News, 200 objects', news, { ...newsHalves().test, labels: newsLabels }, 8],
    ['SST-2, 3,000 objects', sst, readSentConv('stsa.binary.test', sentimentLabels), 2],
  ] as const;
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
