import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createAdvisor } from '../core/advisor/advisor.ts';
import { random } from '../base/random.ts';
import { tableOf } from '../core/labels/testTables.ts';
import { createBaselineService, defaultBaselineSpec } from '../services/baseline/service.ts';
import { ablationRuns, measureLearning, resultsIn, type LearningServices } from './advisor.ts';
import { defaultParameters } from './parameters.ts';

function servicesOf(texts: readonly string[], minDocumentCount = 1): LearningServices {
  return {
    corpus: {
      labelTable: async () => {
        throw new Error('The table is handed in.');
      },
      texts: async (rows) => Array.from(rows, (row) => texts[row] ?? ''),
      articleGroups: async (rows) => Uint32Array.from(rows.keys()),
      textGroups: async (rows) => Uint32Array.from(rows.keys()),
    },
    text: {
      clean: async (given) => [...given],
      tokenizeRows: async () => {
        throw new Error('The reference reads words.');
      },
    },
    reference: (data, { signal, onProgress }) =>
      createBaselineService().run(
        { ...defaultBaselineSpec, minDocumentCount },
        data,
        onProgress ?? (() => undefined),
        signal ?? new AbortController().signal,
      ),
  };
}

/** Label r has about 400 / r rows, each with the label's own word, which one row in three lacks. */
function longTail() {
  const stream = random(5);
  const sets: string[][] = [];
  const texts: string[] = [];
  for (let rank = 1; rank <= 30; rank++)
    for (let row = 0; row < Math.floor(400 / rank); row++) {
      sets.push([`label ${rank}`]);
      texts.push(
        `${stream.next() < 0.67 ? `word${rank}x${stream.integer(4)}` : ''} noise${stream.integer(60)} text`,
      );
    }
  return { table: tableOf(sets), texts };
}

describe('the evidence of the threshold advisor', () => {
  const { table, texts } = longTail();
  const measured = measureLearning(servicesOf(texts), table, 'hash', defaultParameters);

  it('measures labels of every support on growing shares of the rows', async () => {
    const learning = await measured;
    const frequent = learning.results.filter(({ label }) => label === 'label 1');
    expect(frequent).toHaveLength(3);
    const [quarter, half, whole] = frequent.map(({ trainSupport }) => trainSupport);
    expect(whole).toBeGreaterThan(290);
    expect(half).toBeGreaterThan(quarter ?? Infinity);
    expect(whole).toBeGreaterThan(1.5 * (half ?? Infinity));
    expect(learning).toMatchObject({ labels: 30, rows: texts.length, leastRecords: 10 });
    expect(learning.trainShare).toBeCloseTo(0.8, 9);
    const again = await measureLearning(servicesOf(texts), table, 'hash', defaultParameters);
    expect(again).toEqual(learning);
  });

  it('becomes advice, without the labels that edits have taken away', async () => {
    const { results, trainShare } = await measured;
    const advice = createAdvisor({ table, results: resultsIn(table, results), trainShare }).advise();
    expect(advice.low).toBeLessThanOrEqual(advice.recommended);
    const edited = { ...table, labels: table.labels.map((label) => (label === 'label 1' ? 'other' : label)) };
    expect(resultsIn(edited, results).length).toBe(results.length - 3);
  });

  it('can be stopped', async () => {
    const controller = new AbortController();
    const run = measureLearning(servicesOf(texts), table, 'hash', defaultParameters, {
      signal: controller.signal,
      onProgress: () => controller.abort(),
    });
    await expect(run).rejects.toMatchObject({ code: 'aborted' });
  });

  it('is held against nothing where no ablation has run on this data', () => {
    expect(ablationRuns([], 'hash', 'network')).toEqual([]);
  });
});

// Third-party test data beside the repository; skipped where it is absent.
const titles = '../shared/data/wikihow_multilabel/titles.jsonl';
describe.skipIf(!existsSync(titles))('advice on wikiHow titles (skipped without the shared data)', () => {
  it('lies inside the paper’s range and above the noise', async () => {
    const rows = readFileSync(titles, 'utf8')
      .trim()
      .split('\n')
      .slice(0, 4000)
      .map((line) => JSON.parse(line) as { text: string; labels: string[] });
    const table = tableOf(rows.map((row) => row.labels));
    const services = servicesOf(
      rows.map((row) => row.text),
      2,
    );
    const learning = await measureLearning(services, table, 'hash', defaultParameters);
    const advisor = createAdvisor({ table, ...learning, results: resultsIn(table, learning.results) });
    const { low, high, evidence } = advisor.advise();
    expect(low).toBeGreaterThan(5);
    expect(high).toBeLessThan(1000);
    expect(evidence.gainPerDoubling).toBeGreaterThan(0);
  }, 120_000);
});
