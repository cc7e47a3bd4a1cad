import { unzipSync } from 'fflate';
import { expect, it } from 'vitest';
import { sigmoid } from '../../core/metrics/evaluator.ts';
import { quickHyperparameters, singleLabelRows, syntheticRows } from '../../training/testing/rows.ts';
import type { Hyperparameters, TrainingData } from './contract.ts';
import { memoryRunStorage } from './runStorage.ts';
import { createTrainerService } from './service.ts';
import { tinyBert, tinyDependencies } from './testing/tinyDependencies.ts';

const labels = 3;
const config = tinyBert(labels);
const hyperparameters: Hyperparameters = {
  ...quickHyperparameters,
  learningRate: 5e-3,
  maxSteps: 10,
  loss: { kind: 'cross-entropy' },
};

function dataOf(rows: ReturnType<typeof syntheticRows>): TrainingData {
  return {
    ...rows,
    dataHash: 'da7a',
    tokens: { ...rows.tokens, hash: '70ce', maxLength: 32, fullLengths: rows.tokens.rowIds },
  };
}

const spec = {
  model: { kind: 'embedded', name: 'tiny' },
  lowering: 'auto',
  hyperparameters,
  seed: 3,
} as const;

it('a run under cross-entropy keeps, predicts and exports probabilities that its labels share', async () => {
  const service = createTrainerService(tinyDependencies(memoryRunStorage(), config));
  const data = dataOf(singleLabelRows({ rows: 120, labels, seed: 4 }));
  await service.start({ ...spec, runId: 'one' }, data, () => undefined);

  const kept = await service.logits('one', 'validation', 'best');
  if (!kept) throw new Error('no logits');
  let entropy = 0;
  for (let at = 0; at < kept.logits.length; at += labels) {
    const shares = Array.from(kept.logits.subarray(at, at + labels), sigmoid);
    expect(shares.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 5);
    entropy -= Math.log(shares[kept.targets.subarray(at, at + labels).indexOf(1)] ?? 0);
  }
  expect(kept.loss).toBeCloseTo((entropy * labels) / kept.logits.length, 5);

  const { rowIds, offsets, ids } = data.tokens;
  const count = 8;
  const tokens = {
    rowIds: rowIds.slice(0, count),
    offsets: offsets.slice(0, count + 1),
    ids: ids.slice(0, offsets[count]),
  };
  let predicted = 0;
  const take = (batch: { readonly logits: Float32Array }) => {
    for (let at = 0; at < batch.logits.length; at += labels, predicted++) {
      const shares = Array.from(batch.logits.subarray(at, at + labels), sigmoid);
      expect(shares.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 5);
    }
  };
  await service.predict('one', tokens, take, new AbortController().signal);
  expect(predicted).toBe(count);

  const file = async (blob: Blob, name: string) =>
    new TextDecoder().decode(unzipSync(new Uint8Array(await blob.arrayBuffer()))[name]);
  const onnx = await service.exportOnnx('one');
  expect(await file(onnx, 'README.md')).toMatch(
    /single-label[^]*Softmax gives probabilities[^]*odds\.sum\(1/,
  );
  for (const zip of [onnx, await service.exportModel('one')])
    expect(JSON.parse(await file(zip, 'config.json'))).toMatchObject({
      problem_type: 'single_label_classification',
    });
});

it('is refused before a run is written where a row has several labels', async () => {
  const service = createTrainerService(tinyDependencies(memoryRunStorage(), config));
  const several = dataOf(syntheticRows({ rows: 120, labels, seed: 4 }));
  await expect(service.start({ ...spec, runId: 'two' }, several, () => undefined)).rejects.toMatchObject({
    code: 'targets-not-single',
  });
  expect(await service.runs()).toEqual([]);
});
