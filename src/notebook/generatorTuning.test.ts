import { describe, expect, it } from 'vitest';
import { readTuningSummary, sizeWarning, sweepWords, thinned, type TunedSummary } from './generatorTuning.ts';

const tuned = (after: number, parse: number | null): TunedSummary => ({
  model: 'tiny',
  parameters: 260_000,
  trainedParameters: 1000,
  pairs: 4,
  examples: 8,
  heldOutPairs: 2,
  heldOutExamples: 4,
  updates: 3,
  lossBefore: 4,
  lossAfter: 3,
  heldOutLoss: { before: 4, after },
  cut: 0,
  isStopped: false,
  elapsedMs: 10,
  parse: { before: 0, after: parse, replies: 8 },
});

describe('tuning the generator', () => {
  it('says what more pairs brought, once two sizes are done', () => {
    const sweep = (last: number) => ({
      startedAt: '',
      key: 'k',
      points: [
        { pairs: 4, state: { kind: 'done', tuned: tuned(3.5, 0.25) } },
        { pairs: 8, state: { kind: 'waiting' } },
        { pairs: 32, state: { kind: 'done', tuned: tuned(last, 0.75) } },
      ] as const,
    });
    const words = sweepWords(sweep(2.5));
    expect(words[0]).toMatch(/From 4 to 32 pairs .* from 3\.500 to 2\.500/u);
    expect(words[1]).toBe('Replies that parse: 25 % and 75 % of 8.');
    expect(sweepWords(sweep(3.5))[0]).toMatch(/more pairs did not help/u);
    expect(sweepWords({ startedAt: '', key: 'k', points: sweep(1).points.slice(0, 2) })).toEqual([]);
  });

  it('warns of what a small model cannot do, by its size', () => {
    expect(sizeWarning(260_000)).toMatch(/teach a classifier nothing/u);
    expect(sizeWarning(135e6)).toMatch(/read some before you train/u);
    expect(sizeWarning(1.5e9)).toBeNull();
  });

  it('keeps a long curve short, with its end', () => {
    const curve = Array.from({ length: 1001 }, (_, at) => ({
      step: at + 1,
      loss: 1,
      learningRate: 1,
      tokens: 1,
    }));
    const kept = thinned(curve);
    expect(kept.length).toBeLessThanOrEqual(301);
    expect(kept.at(-1)?.step).toBe(1001);
    expect(thinned(curve.slice(0, 5))).toHaveLength(5);
  });

  it('reads what a notebook kept, and nothing out of something else', () => {
    expect(readTuningSummary(undefined)).toEqual({ run: null, sweep: null });
    expect(readTuningSummary({ run: {}, sweep: { points: 3 } })).toEqual({ run: null, sweep: null });
    const sweep = { startedAt: '', key: '', points: [] };
    expect(readTuningSummary({ sweep })).toEqual({ run: null, sweep });
  });
});
