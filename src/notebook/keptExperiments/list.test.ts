import { describe, expect, it } from 'vitest';
import { best, countOf, finished, isWaiting, readKept, withExperiment, withState } from './list.ts';
import type { KeptExperiment } from './types.ts';

const ids = ['depth', 'width'] as const;
type Asked = KeptExperiment & { readonly id: (typeof ids)[number] };

function experiment(id: Asked['id'], means: readonly (number | null)[]): Asked {
  return {
    id,
    startedAt: '2026-11-21T10:00:00.000Z',
    seeds: 3,
    variants: means.map((mean, at) => ({
      id: `${at}`,
      name: `${at} layers`,
      series: 'Layers',
      x: at,
      isReference: at === 0,
      state:
        mean === null
          ? { kind: 'waiting' }
          : { kind: 'done', values: { f1: { mean, deviation: 0.01 } }, elapsedMs: 1 },
    })),
  };
}

describe('kept experiments', () => {
  it('are read back; what is none is passed over', () => {
    const made = experiment('depth', [0.5, 0.6]);
    const stored: unknown = JSON.parse(
      JSON.stringify({ experiments: [made, { id: 'gone', variants: [] }, { id: 'width' }, {}] }),
    );
    expect(readKept<Asked>(ids, stored)).toEqual([made]);
    expect(readKept<Asked>(ids, null)).toEqual([]);
    expect(readKept<Asked>(ids, { experiments: 'none' })).toEqual([]);
  });

  it('are gone on with, and one takes the place of the last of its kind', () => {
    const begun = experiment('depth', [0.5, null]);
    expect(isWaiting(begun)).toBe(true);
    const failure = { kind: 'failed', error: { code: 'x', message: 'm', remedy: 'r', details: {} } } as const;
    const next = withState(begun, '1', failure);
    expect(next.variants.map(({ state }) => state.kind)).toEqual(['done', 'failed']);
    expect(isWaiting(next)).toBe(false);
    expect(countOf(next, 'failed')).toBe(1);
    expect(withExperiment([begun], next)).toEqual([next]);
    expect(withExperiment([begun], experiment('width', []))).toHaveLength(2);
  });

  it('know what has run, and the best of it', () => {
    const done = finished(experiment('depth', [0.5, 0.7, null, 0.7]));
    expect(done.map(({ variant }) => variant.x)).toEqual([0, 1, 3]);
    expect(best(done, 'f1')?.variant.x).toBe(1);
    expect(best([], 'f1')).toBeUndefined();
  });
});
