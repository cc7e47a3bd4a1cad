import { describe, expect, it } from 'vitest';
import { random } from '../base/random.ts';
import { createTrainableModel } from '../models/create.ts';
import { capacityOf, limitsOf } from './batches.ts';
import { memoryFileStore } from './checkpoints/fileStore.ts';
import { hyperparameterProblems } from './hyperparameters.ts';
import { planEpoch, planEvaluation } from './packing.ts';
import { firstDifference, trainPart, type ResumeSubject } from './testing/resume.ts';
import { quickHyperparameters } from './testing/rows.ts';
import type { Hyperparameters, TrainingRows } from './types.ts';

const segmentLength = 8;
const vocabularySize = 12;

/** Texts of two segments whose one label is named by their first token, and by nothing in the last segment. */
function markedRows(rows: number): TrainingRows {
  const draw = random(21);
  const ids: number[] = [];
  const offsets = [0];
  const targetIds: number[] = [];
  for (let row = 0; row < rows; row++) {
    const label = row % 2;
    targetIds.push(label);
    ids.push(10 + label);
    const filler = segmentLength + draw.integer(segmentLength - 1);
    for (let t = 0; t < filler; t++) ids.push(draw.integer(10));
    offsets.push(ids.length);
  }
  const all = Uint32Array.from({ length: rows }, (_, row) => row);
  return {
    tokens: { rowIds: all, offsets: Uint32Array.from(offsets), ids: Int32Array.from(ids) },
    split: { train: all.slice(0, rows - 64), validation: all.slice(rows - 64), test: new Uint32Array() },
    labels: ['even', 'odd'],
    targetOffsets: Uint32Array.from({ length: rows + 1 }, (_, row) => row),
    targetIds: Uint32Array.from(targetIds),
  };
}

const data = markedRows(656);
const hyperparameters: Hyperparameters = {
  ...quickHyperparameters,
  learningRate: 2e-2,
  clipNorm: 1,
  maxLength: 2 * segmentLength,
  longTexts: 'recurrence',
  segmentLength,
  budgetTokens: 128,
  batchSize: 32,
  epochs: 6,
  maxSteps: 72,
  checkpointEverySteps: 8,
  evaluateEverySteps: 36,
};

const subject: ResumeSubject = {
  data,
  hyperparameters,
  seed: 4,
  async createModel() {
    const config = {
      model_type: 'xlnet',
      vocab_size: vocabularySize,
      d_model: 16,
      n_layer: 1,
      n_head: 2,
      d_inner: 32,
      dropout: 0.05,
      summary_last_dropout: 0.05,
      initializer_range: 0.2,
    };
    const common = { config, weights: null, labelCount: 2, capacity: capacityOf(hyperparameters) };
    const lowering = { kind: 'onnx', threads: 1 } as const;
    return (await createTrainableModel({ ...common, lowering, seed: 4, dropout: null })).model;
  },
};

describe('texts read in segments', () => {
  it('learns from memory what the last segment does not say, and resumes bit for bit', async () => {
    const whole = await trainPart(subject, memoryFileStore());
    const steps = whole.outcome.history.steps;
    // Without memory the two labels cannot be told apart: ln 2.
    expect(steps[0]?.loss).toBeGreaterThan(0.5);
    expect(steps.at(-1)?.loss).toBeLessThan(0.2);
    const validation = whole.outcome.history.evaluations.filter(({ split }) => split === 'validation');
    expect(validation.at(-1)?.microF1).toBeGreaterThan(0.9);

    const files = memoryFileStore();
    await trainPart(subject, files, 21);
    const resumed = await trainPart(subject, files);
    expect(resumed.outcome.history.steps.map(({ loss }) => loss)).toEqual(steps.map(({ loss }) => loss));
    expect(firstDifference(resumed.state, whole.state)).toBeNull();
  }, 240_000);

  it('plans room for a segment and as much memory, and packs a longer text as one segment', () => {
    const capacity = capacityOf(hyperparameters);
    expect(capacity).toMatchObject({ maxLength: segmentLength, memoryLength: segmentLength });
    const limits = limitsOf(capacity);
    const { rows, offsets } = { rows: data.split.train, offsets: data.tokens.offsets };
    const { steps } = planEpoch({ rows, offsets, batchSize: 32, seed: 1, ...limits }, 0);
    const batches = [...steps.flatMap((step) => step.microBatches), ...planEvaluation(rows, offsets, limits)];
    for (const batch of batches) expect(batch.length).toBeLessThanOrEqual(128 / segmentLength);
    for (const { rowCount, microBatches } of steps) expect(microBatches).toHaveLength(rowCount / 16);
  });

  it('leaves runs without it as they were, and asks for no memory where no text is longer than a segment', () => {
    const { longTexts: _, segmentLength: __, ...before } = hyperparameters;
    expect(limitsOf(capacityOf({ ...before }))).toEqual({ budgetTokens: 128, maxSequences: 64 });
    expect(capacityOf({ ...hyperparameters, maxLength: segmentLength })).not.toHaveProperty('memoryLength');
  });

  it('a budget has to hold a segment, not a text', () => {
    const codes = (change: Partial<Hyperparameters>) =>
      hyperparameterProblems({ ...hyperparameters, ...change }).map(({ code }) => code);
    expect(codes({ budgetTokens: segmentLength })).toEqual([]);
    expect(codes({ budgetTokens: segmentLength, longTexts: 'truncate' })).toEqual(['budget-below-length']);
    expect(codes({ segmentLength: 2 })).toContain('invalid-max-length');
  });

  it('is refused by a model with a table of positions', async () => {
    const config = {
      model_type: 'bert',
      vocab_size: 12,
      hidden_size: 8,
      num_hidden_layers: 1,
      num_attention_heads: 2,
    };
    const made = createTrainableModel({
      config,
      weights: null,
      labelCount: 2,
      capacity: capacityOf(hyperparameters),
      lowering: { kind: 'onnx' },
      seed: 1,
      dropout: null,
    });
    await expect(made).rejects.toMatchObject({ code: 'recurrence-unsupported' });
  });
});
