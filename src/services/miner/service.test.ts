import { describe, expect, it } from 'vitest';
import type { Progress } from '../../base/progress.ts';
import { random } from '../../base/random.ts';
import { linearDefaults } from '../../core/incubator/classifier/linear.ts';
import type { GeneratedSet } from '../../core/incubator/types.ts';
import type { ClassifierCard, TrainRequest } from './contract.ts';
import { ScoreTable } from './scores.ts';
import { Miner } from './service.ts';
import type { MinerStorage } from './storage.ts';

/** What IndexedDB does, for as long as the test lasts: values are cloned on their way in and out. */
function memoryStorage(): MinerStorage & { readonly values: Map<string, unknown> } {
  const values = new Map<string, unknown>();
  return {
    values,
    get: async (key) => structuredClone(values.get(key)),
    set: async (key, value) => void values.set(key, structuredClone(value)),
    delete: async (key) => void values.delete(key),
    keys: async () => [...values.keys()],
  };
}

const quiet = () => undefined;
const { signal } = new AbortController();

const vocabulary = {
  'about food': ['soup', 'bread', 'pizza', 'dinner', 'tasty'],
  'about film': ['movie', 'actor', 'scene', 'director', 'cinema'],
  other: ['weather', 'train', 'garden', 'window', 'meeting'],
} as const;
const r = random(8);
const sentence = (words: readonly string[]) =>
  Array.from({ length: 6 }, () =>
    r.next() < 0.5 ? `filler${r.integer(30)}` : (words[r.integer(words.length)] ?? ''),
  ).join(' ');
const set: GeneratedSet = {
  instruction: 'Classify messages by "about food", "about film" and "other".',
  labels: Object.keys(vocabulary),
  samples: Array.from({ length: 60 }, () => Object.values(vocabulary).map(sentence)),
};
const request = (change: Partial<TrainRequest> = {}): TrainRequest => ({
  name: 'Messages',
  set,
  setId: 's1',
  spec: linearDefaults,
  heldOutShare: 0.25,
  seed: 1,
  ...change,
});

/** Rows of food, film, both, neither, in turns. */
const corpus = Array.from({ length: 400 }, (_, i) => {
  const [food, film] = [i % 4 === 0 || i % 4 === 2, i % 4 === 1 || i % 4 === 2];
  const words = [...(food ? vocabulary['about food'] : []), ...(film ? vocabulary['about film'] : [])];
  return sentence(words.length > 0 ? words : vocabulary.other);
});
const gold = {
  'about food': Uint8Array.from(corpus, (_, i) => (i % 4 === 0 || i % 4 === 2 ? 1 : 0)),
  'about film': Uint8Array.from(corpus, (_, i) => (i % 4 === 1 || i % 4 === 2 ? 1 : 0)),
};

async function scoreAll(miner: Miner, { id }: ClassifierCard, chunk = 150): Promise<void> {
  for (let from = 0; from < corpus.length; from += chunk)
    await miner.score(id, 'c', corpus.length, from, corpus.slice(from, from + chunk));
  await miner.keepScores(id, 'c');
}

describe('the miner service', () => {
  it('trains, judges on held-out objects, and keeps the classifier for the next visit', async () => {
    const storage = memoryStorage();
    const miner = new Miner(storage);
    const card = await miner.train(request(), quiet, signal);
    expect(card).toMatchObject({ kind: 'linear', labels: set.labels, rows: 180, dropped: 0, setId: 's1' });
    expect(card.heldOut?.rows).toBe(45);
    expect(card.heldOut?.accuracy).toBeGreaterThan(0.9);
    const probabilities = await miner.classify(card.id, ['tasty soup and bread'], signal);
    expect(probabilities[0]).toBeGreaterThan(0.8);

    const later = new Miner(storage);
    expect(await later.classifiers()).toEqual([card]);
    expect(await later.classify(card.id, ['tasty soup and bread'], signal)).toEqual(probabilities);
    // The same training is the same classifier; another is not.
    expect((await later.train(request(), quiet, signal)).id).toBe(card.id);
    const other = await later.train(
      request({ spec: { ...linearDefaults, training: 'independent' } }),
      quiet,
      signal,
    );
    expect(other.id).not.toBe(card.id);
    expect(other.normalisation).toBe('sigmoid');
  });

  it('takes a classifier away and brings it back', async () => {
    const miner = new Miner(memoryStorage());
    const { id } = await miner.train(request(), quiet, signal);
    expect(await miner.remove(id)).toBe(true);
    expect(await miner.classifiers()).toEqual([]);
    expect(await miner.restore(id)).toBe(true);
    expect(await miner.classifiers()).toHaveLength(1);
    expect(await miner.remove('nothing')).toBe(false);
  });

  it('judges on real rows', async () => {
    const miner = new Miner(memoryStorage());
    const { id } = await miner.train(request({ heldOutShare: 0 }), quiet, signal);
    const rows = corpus.flatMap((text, i) =>
      i % 4 === 2 ? [] : [{ text, label: [0, 1, 0, 2][i % 4] ?? 0 }],
    );
    const seen: Progress[] = [];
    const report = await miner.evaluate(
      id,
      { texts: rows.map(({ text }) => text), classOf: Uint32Array.from(rows, ({ label }) => label) },
      (progress) => seen.push(progress),
      signal,
    );
    expect(report.rows).toBe(300);
    expect(report.accuracy).toBeGreaterThan(0.9);
    expect(seen.at(-1)).toMatchObject({ done: 300, total: 300 });
  });

  it('mines a corpus by formula in three semantics, with gold and evidence', async () => {
    const miner = new Miner(memoryStorage());
    // One against the rest: a text may be about both.
    const card = await miner.train(
      request({ spec: { ...linearDefaults, training: 'independent' } }),
      quiet,
      signal,
    );
    await scoreAll(miner, card);
    const concepts = { 'about food': `${card.id}/0`, 'about film': `${card.id}/1` };
    const ask = (source: string) =>
      miner.query({
        corpus: 'c',
        rowCount: corpus.length,
        source,
        concepts,
        limit: 100,
        gold,
        withAverages: true,
      });
    const both = await ask('"about food" AND "about film"');
    for (const { rows, scores, gold: judged, truth, above } of Object.values(both.rankings)) {
      expect(rows).toHaveLength(100);
      expect(judged?.relevant).toBe(100);
      expect(judged?.precision.map(({ k }) => k)).toEqual([10, 50, 100]);
      expect(judged?.precision[0]?.precision).toBeGreaterThanOrEqual(0.9);
      expect(judged?.averagePrecision).toBeGreaterThan(0.7);
      expect(truth?.[0]).toBe(1);
      expect([...scores]).toEqual([...scores].sort((a, b) => b - a));
      expect(above).toBeLessThan(400);
    }
    const without = await ask('"about food" AND NOT "about film"');
    const top = without.rankings.product.rows.slice(0, 10);
    const evidence = await miner.evidence('c', corpus.length, Object.values(concepts), top);
    expect(evidence).toHaveLength(20);
    for (let i = 0; i < 10; i++) expect(evidence[2 * i]).toBeGreaterThan(evidence[2 * i + 1] ?? 1);
    await expect(ask('"about food" AND')).rejects.toMatchObject({ code: 'query-missing-operand' });
  });

  it('goes on from where scoring was stopped, in another visit', async () => {
    const storage = memoryStorage();
    const miner = new Miner(storage);
    const card = await miner.train(request(), quiet, signal);
    await miner.score(card.id, 'c', corpus.length, 0, corpus.slice(0, 100));
    await miner.keepScores(card.id, 'c');
    const later = new Miner(storage);
    expect(await later.scoreStates('c', corpus.length, [card.id, 'x'])).toEqual([
      { classifierId: card.id, done: 100 },
      { classifierId: 'x', done: 0 },
    ]);
    const concepts = { a: `${card.id}/0` };
    const ask = () =>
      later.query({
        corpus: 'c',
        rowCount: 400,
        source: 'a',
        concepts,
        limit: 5,
        gold: null,
        withAverages: false,
      });
    await expect(ask()).rejects.toMatchObject({ code: 'scores-missing' });
    const wrong = later.score(card.id, 'c', corpus.length, 0, corpus.slice(0, 10));
    await expect(wrong).rejects.toMatchObject({ code: 'scores-out-of-order' });
    await later.score(card.id, 'c', corpus.length, 100, corpus.slice(100));
    const whole = new Miner(memoryStorage());
    await whole.train(request(), quiet, signal);
    await scoreAll(whole, card, 400);
    const expected = await whole.query({
      corpus: 'c',
      rowCount: 400,
      source: 'a',
      concepts,
      limit: 5,
      gold: null,
      withAverages: false,
    });
    expect((await ask()).rankings).toEqual(expected.rankings);
    // Another number of rows is another corpus.
    expect(await later.scoreStates('c', 399, [card.id])).toEqual([{ classifierId: card.id, done: 0 }]);
  });

  it('gives up the scores that were kept longest ago where they take too much room', async () => {
    const storage = memoryStorage();
    const table = new ScoreTable(storage, 1000);
    for (const id of ['a', 'b', 'c']) {
      await table.append('c', id, 100, 1, 0, new Float32Array(100).fill(1));
      expect(await table.keep('c', id)).toBe(true);
    }
    // 400 bytes each: two fit.
    const later = new ScoreTable(storage, 1000);
    const found = await Promise.all(['a', 'b', 'c'].map((id) => later.find('c', id, 100)));
    expect(found.map((scores) => scores?.done ?? null)).toEqual([null, 100, 100]);
  });

  it('takes rows that arrive while the first ones are still looked up', async () => {
    const table = new ScoreTable(memoryStorage(), 1e6);
    const rows = (value: number) => new Float32Array(50).fill(value);
    await Promise.all([
      table.append('c', 'a', 100, 1, 0, rows(1)),
      table.append('c', 'a', 100, 1, 50, rows(2)),
    ]);
    const found = await table.find('c', 'a', 100);
    expect([...(found?.columns[0] ?? [])]).toEqual([...rows(1), ...rows(2)]);
  });

  it('takes scores of a classifier that lives elsewhere', async () => {
    const miner = new Miner(memoryStorage());
    const made = await miner.train(request({ heldOutShare: 0 }), quiet, signal);
    const card: ClassifierCard = { ...made, id: 'run-7', kind: 'encoder', spec: null, runId: 'r7' };
    await miner.register(card);
    await miner.putScores('run-7', 'c', 2, 0, Float32Array.from([3, -3, 0, -2, 2, 0]));
    const ask = {
      corpus: 'c',
      rowCount: 2,
      source: 'a > b',
      limit: 2,
      gold: null,
      withAverages: false,
    } as const;
    const { rankings } = await miner.query({ ...ask, concepts: { a: 'run-7/0', b: 'run-7/1' } });
    expect([...rankings.logOdds.rows]).toEqual([0, 1]);
    await expect(miner.classify('run-7', ['x'], signal)).rejects.toMatchObject({
      code: 'classifier-elsewhere',
    });
    await expect(miner.classify('gone', ['x'], signal)).rejects.toMatchObject({ code: 'classifier-unknown' });
  });

  it('keeps nothing of a training that is stopped', async () => {
    const storage = memoryStorage();
    const stopped = new Miner(storage).train(request(), quiet, AbortSignal.abort());
    await expect(stopped).rejects.toMatchObject({ code: 'aborted' });
    expect(storage.values.size).toBe(0);
  });
});
