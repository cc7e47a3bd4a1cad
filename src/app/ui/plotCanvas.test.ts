import { describe, expect, it, vi } from 'vitest';
import type { Layout } from 'plotly.js';
import { createPlotCanvas, type PlotlyModule } from './plotCanvas.ts';

/** Records what is asked of plotly; each drawing takes until `finish` is called. */
function setUp() {
  const calls: string[] = [];
  const finishes: (() => void)[] = [];
  const element = { clientWidth: 600 };
  const start = (call: string) => {
    calls.push(call);
    return new Promise<void>((resolve) => finishes.push(resolve));
  };
  const plotly = {
    react: (_: unknown, traces: { name: string }[], { width }: Partial<Layout>) =>
      start(`${traces.map(({ name }) => name).join()} at ${width}`),
    relayout: (_: unknown, { width }: Partial<Layout>) => start(`to ${width}`),
    purge: () => calls.push('purged'),
  };
  const errors: unknown[] = [];
  const canvas = createPlotCanvas(
    plotly as unknown as PlotlyModule,
    element as HTMLElement,
    (error) => void errors.push(error),
  );
  const drawn: string[] = [];
  return {
    canvas,
    calls,
    drawn,
    errors,
    draw: (name: string) =>
      canvas.draw({ traces: [{ name }], layout: {}, onDrawn: () => void drawn.push(name) }),
    setWidth(width: number) {
      element.clientWidth = width;
      canvas.resize();
    },
    async finish() {
      finishes.shift()?.();
      await vi.advanceTimersByTimeAsync(100);
    },
  };
}

describe('a plot’s canvas', () => {
  it('draws one thing after another, and of those that wait only the last', async () => {
    vi.useFakeTimers();
    const { draw, calls, drawn, finish, setWidth } = setUp();
    draw('a');
    draw('b');
    setWidth(700);
    draw('c');
    await vi.advanceTimersByTimeAsync(1000);
    expect(calls).toEqual(['a at 600']);
    await finish();
    expect(calls).toEqual(['a at 600', 'c at 700']);
    await finish();
    await finish();
    expect(calls).toHaveLength(2);
    expect(drawn).toEqual(['a', 'c']);
  });

  it('follows the last of many widths once, and none while it is hidden', async () => {
    vi.useFakeTimers();
    const { draw, calls, finish, setWidth } = setUp();
    draw('a');
    for (const width of [500, 400, 300]) setWidth(width);
    await finish();
    await finish();
    expect(calls).toEqual(['a at 600', 'to 300']);
    setWidth(0);
    setWidth(300);
    await finish();
    expect(calls).toHaveLength(2);
  });

  it('does nothing more once it is closed', async () => {
    vi.useFakeTimers();
    const { canvas, draw, calls, drawn, errors, finish, setWidth } = setUp();
    draw('a');
    draw('b');
    canvas.close();
    draw('c');
    setWidth(900);
    await finish();
    expect(calls).toEqual(['a at 600', 'purged']);
    expect(drawn).toEqual([]);
    expect(errors).toEqual([]);
  });
});
