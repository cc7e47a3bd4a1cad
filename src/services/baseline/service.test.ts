import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Progress } from '../../base/progress.ts';
import { random } from '../../base/random.ts';
import { noEdits } from '../../core/labels/edits.ts';
import { denseTargets, selectLabels } from '../../core/labels/selection.ts';
import { tableOf } from '../../core/labels/testTables.ts';
import { allZeroBaseline } from '../../core/metrics/baselines.ts';
import { createEvaluator } from '../../core/metrics/evaluator.ts';
import { splitRows } from '../../core/split/split.ts';
import { createBaselineService, defaultBaselineSpec } from './service.ts';
import type { BaselineData } from './contract.ts';

const never = new AbortController().signal;
const service = createBaselineService();

/** Texts of random words in which each label's own word stands, as a rule. */
function syntheticData(train: number, test: number): BaselineData {
  const rng = random(1);
  const labels = ['knot', 'bread', 'paint'];
  const make = (rows: number) => {
    const targets = new Uint8Array(rows * 3);
    const texts = Array.from({ length: rows }, (_, row) => {
      const words = Array.from({ length: 6 }, () => `word${rng.integer(50)}`);
      labels.forEach((label, l) => {
        if (rng.next() > 0.3) return;
        targets[row * 3 + l] = 1;
        if (rng.next() < 0.95) words.splice(rng.integer(6), 0, label);
      });
      return words.join(' ');
    });
    return { texts, targets };
  };
  const a = make(train);
  const b = make(test);
  return {
    trainTexts: a.texts,
    testTexts: b.texts,
    testRowIds: Uint32Array.from({ length: test }, (_, row) => train + row),
    labels,
    trainTargets: a.targets,
    testTargets: b.targets,
  };
}

describe('baseline service', () => {
  it('learns what can be learned and returns logits that metrics can read', async () => {
    const data = syntheticData(800, 300);
    const progress: Progress[] = [];
    const result = await service.run(defaultBaselineSpec, data, (p) => progress.push(p), never);
    const evaluator = createEvaluator(result.evaluation);
    expect(evaluator.at(0.5).micro.f1).toBeGreaterThan(0.95);
    expect(result.evaluation).toMatchObject({ split: 'test', labels: data.labels, loss: evaluator.loss() });
    expect(result.evaluation.rowIds[0]).toBe(800);
    expect(progress.at(-1)).toEqual({ phase: 'fitting labels', done: 3, total: 3, unit: 'labels' });
    const again = await service.run(defaultBaselineSpec, data, () => {}, never);
    expect(again.evaluation.logits).toEqual(result.evaluation.logits);
  });

  it('stops on an abort that arrives while it runs', async () => {
    const controller = new AbortController();
    const run = service.run(
      defaultBaselineSpec,
      syntheticData(5000, 10),
      () => controller.abort(),
      controller.signal,
    );
    await expect(run).rejects.toMatchObject({ code: 'aborted' });
  });

  it('names what is wrong with its input', async () => {
    const data = syntheticData(20, 10);
    const run = (change: Partial<BaselineData>, spec = {}) =>
      service.run({ ...defaultBaselineSpec, ...spec }, { ...data, ...change }, () => {}, never);
    await expect(run({}, { c: 0 })).rejects.toMatchObject({ code: 'baseline-spec-invalid' });
    await expect(run({ labels: [] })).rejects.toMatchObject({ code: 'baseline-empty' });
    await expect(run({ testRowIds: new Uint32Array(3) })).rejects.toMatchObject({
      code: 'baseline-shape-mismatch',
    });
    await expect(run({ trainTexts: data.trainTexts.map(() => '?') })).rejects.toMatchObject({
      code: 'baseline-no-vocabulary',
    });
  });
});

// Third-party test data beside the repository; skipped where it is absent.
const titles = '../shared/data/wikihow_multilabel/titles.jsonl';
describe.skipIf(!existsSync(titles))('baseline on wikiHow titles at threshold 500', () => {
  it('beats predicting nothing by far, on a stratified test split', async () => {
    const rows = readFileSync(titles, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { text: string; labels: string[] });
    const selected = selectLabels(tableOf(rows.map((row) => row.labels)), noEdits, 500);
    const labelCount = selected.labels.length;
    expect(labelCount).toBe(16);
    const fractions = { train: 0.8, validation: 0, test: 0.2 };
    const split = splitRows({ labelCount, ...selected }, { fractions, seed: 1 });
    const textsAt = (positions: Uint32Array) =>
      Array.from(positions, (position) => rows[selected.rowIds[position] as number]?.text ?? '');
    const { evaluation } = await service.run(
      defaultBaselineSpec,
      {
        trainTexts: textsAt(split.train),
        testTexts: textsAt(split.test),
        testRowIds: split.test.map((position) => selected.rowIds[position] as number),
        labels: selected.labels,
        trainTargets: denseTargets(selected, labelCount, split.train),
        testTargets: denseTargets(selected, labelCount, split.test),
      },
      () => {},
      never,
    );
    const report = createEvaluator(evaluation).at(0.5);
    const zero = allZeroBaseline(evaluation);
    expect(report.micro.f1).toBeGreaterThan(0.6);
    expect(report.macro.f1).toBeGreaterThan(0.58);
    expect(report.labelAccuracy).toBeGreaterThan(zero.labelAccuracy + 0.02);
  });
});
