import { describe, expect, it } from 'vitest';
import { scoreVariant } from '../../../notebook/experiments/scores.ts';
import type { EvaluationLogits } from '../../../services/trainer/contract.ts';
import { Analysis } from '../../../services/analysis/service.ts';
import { whyNot, type Candidate } from './candidates.ts';
import { lineUp, shortNames, thresholdOf, type ReadModel } from './model.ts';

const labels = ['a', 'b'];
const rowIds = [40, 7, 19, 3];
const targets = [1, 0, 0, 1, 1, 1, 0, 0];

function outputs(logits: readonly number[], change: Partial<EvaluationLogits> = {}): EvaluationLogits {
  return {
    step: 1,
    epoch: 1,
    split: 'test',
    rowIds: Uint32Array.from(rowIds),
    labels,
    logits: Float32Array.from(logits),
    targets: Uint8Array.from(targets),
    loss: 0,
    ...change,
  };
}

function candidate(key: string, change: Partial<Candidate> = {}): Candidate {
  return {
    key,
    kind: 'network',
    name: `Seeds, ${key}`,
    about: '',
    labels,
    dataHash: 'd',
    rowsHash: null,
    microF1: null,
    ...change,
  };
}

const read = (
  key: string,
  test: EvaluationLogits,
  validation: EvaluationLogits | null = null,
): ReadModel => ({
  candidate: candidate(key),
  run: null,
  test,
  validation,
});

const right = targets.map((target) => (target ? 3 : -3));

describe('lining models up', () => {
  it('brings rows into the first model’s order, targets and all', () => {
    const order = [2, 0, 3, 1];
    const moved = outputs(
      order.flatMap((row) => right.slice(2 * row, 2 * row + 2)),
      {
        rowIds: Uint32Array.from(order, (row) => rowIds[row] as number),
        targets: Uint8Array.from(order.flatMap((row) => targets.slice(2 * row, 2 * row + 2))),
      },
    );
    const { models } = lineUp([read('one', outputs(right)), read('two', moved)], null);
    expect(models[1]?.outputs.rowIds).toEqual(models[0]?.outputs.rowIds);
    expect(models[1]?.outputs.logits).toEqual(models[0]?.outputs.logits);
    expect(models[1]?.outputs.targets).toEqual(models[0]?.outputs.targets);
    expect(models[1]?.evaluator.at(0.5).micro.f1).toBe(1);
  });

  it('refuses one model, other rows, and other labels', () => {
    const codes = [
      [read('one', outputs(right))],
      [read('one', outputs(right)), read('two', outputs(right, { rowIds: Uint32Array.of(40, 7, 19, 4) }))],
      [read('one', outputs(right)), read('two', outputs(right, { labels: ['a', 'c'] }))],
    ].map((models) => {
      try {
        lineUp(models, null);
        return 'lined up';
      } catch (error) {
        return (error as { code?: unknown }).code;
      }
    });
    expect(codes).toEqual(['comparison-too-few', 'comparison-rows-differ', 'comparison-rows-differ']);
  });

  it('decides each model at its own best threshold on validation rows, and 0.5 without them', () => {
    const shy = right.map((logit) => logit - 4);
    const { models } = lineUp([read('one', outputs(shy), outputs(shy)), read('two', outputs(right))], null);
    const [first, second] = models;
    if (!first || !second) throw new Error('Two models went in.');
    expect(first.evaluator.at(thresholdOf(first, 'half')).micro.f1).toBe(0);
    expect(first.evaluator.at(thresholdOf(first, 'tuned')).micro.f1).toBe(1);
    expect(thresholdOf(second, 'tuned')).toBe(0.5);
  });

  it('is compared in the analysis worker as a clone: equal models are not told apart', async () => {
    const { models } = lineUp([read('one', outputs(right)), read('two', outputs(right))], null);
    const seen: number[] = [];
    const report = await new Analysis().compare(
      structuredClone({
        labels: 2,
        targets: models[0]?.outputs.targets ?? new Uint8Array(),
        models: models.map(({ candidate: { name }, evaluator }) => ({
          name,
          decisions: evaluator.decide(0.5),
        })),
      }),
      { metrics: ['microF1', 'subsetAccuracy'], resamples: 200, seed: 1 },
      ({ done }) => seen.push(done),
      new AbortController().signal,
    );
    expect(
      report.pairs.map(({ isDistinguishable, difference }) => [isDistinguishable, difference.estimate]),
    ).toEqual([
      [false, 0],
      [false, 0],
    ]);
    expect(seen.at(-1)).toBe(400);
    const stopped = new AbortController();
    stopped.abort();
    await expect(
      new Analysis().compare(
        { labels: 2, targets: new Uint8Array(4), models: [] },
        {},
        () => undefined,
        stopped.signal,
      ),
    ).rejects.toMatchObject({ code: expect.stringMatching(/aborted|comparison-too-few/u) });
  });
});

describe('what can be compared', () => {
  it('says why not', () => {
    const first = candidate('one', { rowsHash: 'x' });
    expect(whyNot(first, candidate('two'))).toBeNull();
    expect(whyNot(first, candidate('two', { rowsHash: 'x' }))).toBeNull();
    expect(whyNot(first, candidate('two', { rowsHash: 'y' }))).toBe('other test rows');
    expect(whyNot(first, candidate('two', { labels: ['a'] }))).toBe('other labels (1 against 2)');
    expect(whyNot(first, candidate('two', { dataHash: 'e' }))).toBe('other data');
  });

  it('names models as short as they can be told apart', () => {
    const named = (...names: string[]) =>
      shortNames(names.map((name) => ({ candidate: candidate('k', { name }) })));
    expect(named('Seeds, seed 1', 'Seeds, seed 2')).toEqual(['seed 1', 'seed 2']);
    expect(named('Seeds, TF-IDF', 'Class weighting, TF-IDF', 'Seeds, seed 1')).toEqual([
      'Seeds, TF-IDF',
      'Class weighting, TF-IDF',
      'seed 1',
    ]);
  });

  it('has one fingerprint for the same rows in any order, and another for other labels', () => {
    const hash = (test: EvaluationLogits) => scoreVariant(test, null, null).rowsHash;
    const base = hash(outputs(right));
    expect(hash(outputs(right, { rowIds: Uint32Array.from([...rowIds].reverse()) }))).toBe(base);
    expect(hash(outputs(right, { rowIds: Uint32Array.of(40, 7, 19, 2) }))).not.toBe(base);
    expect(hash(outputs(right, { labels: ['a', 'B'] }))).not.toBe(base);
    expect(hash(outputs(right, { labels: ['ab', ''] }))).not.toBe(base);
  });
});
