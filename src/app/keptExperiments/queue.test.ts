import { describe, expect, it } from 'vitest';
import { countOf } from '../../notebook/keptExperiments/list.ts';
import type { KeptExperiment } from '../../notebook/keptExperiments/types.ts';
import type { RunContext } from '../../notebook/runner.ts';
import { notebook } from '../runtime.ts';
import { createKeptQueue, type RunVariant } from './queue.ts';

type Asked = KeptExperiment & { readonly id: 'prompt' | 'pooling'; readonly dataHash: string };

/** A cell's queue over the page's own notebook; `data` is what is open. */
function house() {
  const open = { data: 'a', asked: 0 };
  const queue = createKeptQueue<Asked>({
    cell: 'pieExperiments',
    ids: ['prompt', 'pooling'],
    begun: (id) => ({
      id,
      startedAt: '2026-11-21T10:00:00.000Z',
      seeds: 1,
      dataHash: open.data,
      variants: ['one', 'two', 'three'].map((name) => ({
        id: name,
        name,
        series: 'Network',
        x: name,
        isReference: false,
        state: { kind: 'waiting' },
      })),
    }),
    run: async () => void open.asked++,
    outcome: () => ({ seed: 13 }),
    isOutdated: ({ dataHash }) => dataHash !== open.data,
  });
  const controller = new AbortController();
  const context: RunContext = { signal: controller.signal, onProgress: () => undefined };
  const work = (run: RunVariant<Asked>) => queue.work(context, run);
  const kinds = () => queue.kept().map(({ variants }) => variants.map(({ state }) => state.kind));
  for (const { id } of queue.kept()) queue.forget(id);
  return { open, queue, controller, work, kinds };
}

const done = async () => ({ kind: 'done', values: {}, elapsedMs: 5 }) as const;

describe('a queue of kept experiments', () => {
  it('works off what was asked for, notes a failure, and lets it be tried again', async () => {
    const { open, queue, work, kinds } = house();
    queue.start('prompt');
    expect(open.asked).toBe(1);
    const outcome = await work(async (variant) => {
      expect(queue.store.getState().active).toEqual({ experiment: 'prompt', variant: variant.id });
      if (variant.id === 'two') throw new Error('out of memory');
      return done();
    });
    expect(kinds()).toEqual([['done', 'failed', 'done']]);
    expect(outcome).toMatchObject({ headline: '2 of 3', durationMs: 10, seed: 13 });
    expect(queue.store.getState()).toEqual({ wanted: [], active: null });
    queue.tryAgain('prompt');
    expect(kinds()).toEqual([['done', 'waiting', 'done']]);
    await work(done);
    expect(kinds()).toEqual([['done', 'done', 'done']]);
  });

  it('tells of the whole experiment: what has ended and a part of the variant under way, with the time left', async () => {
    const { queue } = house();
    const told: { readonly phase: string; readonly done: number; readonly etaMs: number | null }[] = [];
    queue.start('prompt');
    const { signal } = new AbortController();
    const context: RunContext = {
      signal,
      onProgress: ({ phase, done: share, total, unit }, etaMs = null) => {
        expect([total, unit]).toEqual([3, 'variants']);
        told.push({ phase, done: share, etaMs });
      },
    };
    await queue.work(context, async (_variant, _experiment, { onProgress }) => {
      for (const phase of ['Embedding', 'Testing'])
        for (const at of [0, 1]) onProgress({ phase, done: at, total: 1, unit: 'steps' });
      return { ...(await done()), elapsedMs: 60_000 };
    });
    expect(told[0]).toEqual({ phase: 'Variant 1 of 3', done: 0, etaMs: null });
    expect(told.at(-1)?.phase).toBe('Variant 3 of 3, testing 1 / 1');
    const shares = told.map((one) => one.done);
    expect(shares).toEqual(shares.toSorted((a, b) => a - b));
    expect(shares.at(-1)).toBeGreaterThan(2.5);
    // With one variant done of a minute, the second's start says two minutes.
    const second = told.find(({ phase }) => phase === 'Variant 2 of 3');
    expect(second?.etaMs).toBeGreaterThan(119_000);
    expect(second?.etaMs).toBeLessThanOrEqual(120_000);
  });

  it('keeps what was finished when it is stopped, and goes on with the rest', async () => {
    const { queue, controller, work, kinds } = house();
    queue.start('prompt');
    const stopped = work(async ({ id }) => {
      if (id === 'two') {
        controller.abort();
        throw new DOMException('Stopped', 'AbortError');
      }
      return done();
    });
    await expect(stopped).rejects.toThrow('Stopped');
    expect(kinds()).toEqual([['done', 'waiting', 'waiting']]);
    // As after a reload: nobody asked, so all that waits is meant.
    const seen: string[] = [];
    const context: RunContext = { signal: new AbortController().signal, onProgress: () => undefined };
    await queue.work(context, async ({ id }) => {
      seen.push(id);
      return done();
    });
    expect(seen).toEqual(['two', 'three']);
  });

  it('begins anew on other data, takes in what is asked for meanwhile, and gives back what was removed', async () => {
    const { open, queue, work, kinds } = house();
    queue.start('prompt');
    open.data = 'b';
    const seen: string[] = [];
    await work(async (variant, experiment) => {
      expect(experiment.dataHash).toBe('b');
      if (seen.push(`${experiment.id} ${variant.id}`) === 1) queue.start('pooling');
      return done();
    });
    expect(seen).toHaveLength(6);
    expect(seen[3]).toBe('pooling one');
    const undo = queue.forget('prompt');
    expect(queue.kept().map(({ id }) => id)).toEqual(['pooling']);
    undo();
    expect(kinds()).toHaveLength(2);
    expect(queue.kept().every((one) => countOf(one, 'done') === 3)).toBe(true);
  });

  it('starts nothing while another tab has the notebook', () => {
    const { open, queue } = house();
    notebook.setReadOnly(true);
    queue.start('prompt');
    queue.goOn('prompt');
    notebook.setReadOnly(false);
    expect(open.asked).toBe(0);
    expect(queue.kept()).toEqual([]);
  });
});
