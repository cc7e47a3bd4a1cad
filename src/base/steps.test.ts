import { describe, expect, it } from 'vitest';
import { nextTask } from './breath.ts';
import type { Progress } from './progress.ts';
import { inSteps, type Steps } from './steps.ts';

/** Steps that each hold the thread for longer than the time between two breaths. */
function* slow(count: number, onStep: (step: number) => void = () => undefined): Steps<string> {
  for (let step = 0; step < count; step++) {
    onStep(step);
    const until = performance.now() + 35;
    while (performance.now() < until);
    yield step;
  }
  return 'result';
}

describe('a long loop in steps', () => {
  it('lets other tasks run between its steps, and gives its result', async () => {
    let turns = 0;
    const whole = inSteps('Counting', 6, slow(6));
    while ((await Promise.race([whole, nextTask()])) !== 'result') turns++;
    expect(turns).toBeGreaterThanOrEqual(5);
  });

  it('ends at an abort that comes while it runs', async () => {
    const stop = new AbortController();
    const steps: number[] = [];
    const work = inSteps(
      'Counting',
      20,
      slow(20, (step) => steps.push(step)),
      { signal: stop.signal },
    );
    void nextTask().then(() => stop.abort());
    await expect(work).rejects.toMatchObject({ code: 'aborted' });
    expect(steps.length).toBeLessThan(5);
  });

  it('does not begin once it is aborted', async () => {
    const steps: number[] = [];
    const work = inSteps(
      'Counting',
      3,
      slow(3, (step) => steps.push(step)),
      { signal: AbortSignal.abort() },
    );
    await expect(work).rejects.toMatchObject({ code: 'aborted' });
    expect(steps).toEqual([]);
  });

  it('reports whole rows, the last one always', async () => {
    const seen: Progress[] = [];
    await inSteps(
      'Counting',
      9,
      (function* () {
        yield 4.5;
        return null;
      })(),
      { onProgress: (progress) => seen.push(progress) },
    );
    expect(seen.map(({ done }) => done)).toEqual([4, 9]);
    expect(seen[1]).toEqual({ phase: 'Counting', done: 9, total: 9, unit: 'rows' });
  });
});
