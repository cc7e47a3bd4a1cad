import { describe, expect, it } from 'vitest';
import { assertTrainingRows, assertVocabulary, denseTargets, packBatch } from './batches.ts';
import { evaluate, trainSample } from './evaluate.ts';
import { BagModel } from './testing/bagModel.ts';
import { syntheticRows } from './testing/rows.ts';

const data = syntheticRows({ rows: 200, labels: 7, seed: 8 });
const model = new BagModel({
  vocabularySize: data.vocabularySize,
  hiddenSize: 8,
  labelCount: 7,
  seed: 2,
  dropout: 0.5,
});

describe('packBatch', () => {
  it('lays rows end to end with their segments and targets', () => {
    const tiny = {
      tokens: {
        rowIds: Uint32Array.of(5, 6, 7),
        offsets: Uint32Array.of(0, 2, 3, 6),
        ids: Int32Array.of(10, 11, 20, 30, 31, 32),
      },
      split: { train: new Uint32Array(0), validation: new Uint32Array(0), test: new Uint32Array(0) },
      labels: ['a', 'b'],
      targetOffsets: Uint32Array.of(0, 1, 1, 3),
      targetIds: Uint32Array.of(1, 0, 1),
    };
    const segmentIds = (ids: Int32Array) => ids.map((_, i) => (i === ids.length - 1 ? 2 : 0));
    expect(packBatch(tiny, [2, 0], segmentIds, true)).toEqual({
      ids: Int32Array.of(30, 31, 32, 10, 11),
      segments: Int32Array.of(0, 0, 2, 0, 2),
      offsets: Uint32Array.of(0, 3, 5),
      targets: Float32Array.of(1, 1, 0, 1),
    });
    expect(packBatch(tiny, [1], segmentIds, false).targets).toBeNull();
  });
});

describe('evaluate', () => {
  it('returns each row its own logits, however rows were batched, and without dropout', async () => {
    const rows = data.split.validation;
    const limits = { budgetTokens: 70, maxSequences: 5 };
    const result = await evaluate({
      model,
      data,
      split: 'validation',
      rows,
      step: 3,
      epoch: 0.5,
      limits,
      proceed: async () => true,
    });
    for (const [i, row] of rows.entries()) {
      const alone = await model.logits(packBatch(data, [row], (ids) => model.segmentIds(ids), false));
      expect(result?.logits.logits.slice(7 * i, 7 * i + 7)).toEqual(alone);
      expect(result?.logits.rowIds[i]).toBe(10 * row);
    }
    expect(result?.logits.targets).toEqual(denseTargets(data, rows, Uint8Array));
    expect(result?.report.rows).toBe(rows.length);
  });

  it('leaves nothing when it is abandoned', async () => {
    let asked = 0;
    const result = await evaluate({
      model,
      data,
      split: 'test',
      rows: data.split.test,
      step: 1,
      epoch: 0,
      limits: { budgetTokens: 64, maxSequences: 4 },
      proceed: async () => ++asked < 3,
    });
    expect(result).toBeNull();
    expect(asked).toBe(3);
  });

  it('of no rows is an empty evaluation', async () => {
    const result = await evaluate({
      model,
      data,
      split: 'test',
      rows: new Uint32Array(0),
      step: 1,
      epoch: 0,
      limits: { budgetTokens: 64, maxSequences: 4 },
      proceed: async () => true,
    });
    expect(result?.logits.logits.length).toBe(0);
  });
});

describe('the sample of training rows', () => {
  it('is drawn once a run from the training part, as large as validation, at most a thousand', () => {
    const sample = trainSample(data.split, 5);
    expect(sample.length).toBe(data.split.validation.length);
    expect(new Set(sample).size).toBe(sample.length);
    expect([...sample].every((row) => data.split.train.includes(row))).toBe(true);
    expect(trainSample(data.split, 5)).toEqual(sample);
    expect(trainSample(data.split, 6)).not.toEqual(sample);
    expect(trainSample(data.split, 5, 3).length).toBe(3);
  });
});

describe('what is checked before a run', () => {
  it('passes sound data and names what is wrong with the rest', () => {
    assertTrainingRows(data, 32);
    expect(() => assertTrainingRows(data, 10)).toThrow(
      expect.objectContaining({ code: 'rows-exceed-length' }),
    );
    assertVocabulary(data.tokens.ids, data.vocabularySize);
    expect(() => assertVocabulary(data.tokens.ids, 20)).toThrow(/token id/);
    expect(() => assertVocabulary(Int32Array.of(-1), 20)).toThrow(/token id -1/);
  });
});
