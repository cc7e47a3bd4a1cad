import { expect, test } from 'vitest';
import { alongAxis, marksLayout, type AxisPlace } from './marks.ts';
import type { PlotColors } from './plotTheme.ts';

const linear: AxisPlace = { type: 'linear', range: [0, 2], offset: 50, length: 400 };
const log: AxisPlace = { type: 'log', range: [0, 3], offset: 50, length: 300 };
const colors = { accent: 'violet', ink: 'black', ink2: 'grey' } as PlotColors;

test('a value lies on its axis where plotly would put it', () => {
  expect(alongAxis(linear, 0.5)).toBe(100);
  expect(alongAxis(linear, 3)).toBe(600);
  expect(alongAxis(log, 1)).toBe(0);
  expect(alongAxis(log, 100)).toBeCloseTo(200, 9);
  expect(alongAxis({ ...linear, range: [2, 0] }, 0.5)).toBe(300);
});

test('in a picture, words on a log axis stand at the power of ten, lines at the value', () => {
  const marks = [
    { kind: 'x', at: 100, text: '100 kept', side: 'left' },
    { kind: 'y', at: 10 },
  ] as const;
  const { shapes, annotations } = marksLayout(marks, colors, { x: true, y: true });
  expect(shapes?.[0]).toMatchObject({ x0: 100, x1: 100, xref: 'x', yref: 'paper' });
  expect(shapes?.[1]).toMatchObject({ y0: 10, y1: 10, yref: 'y' });
  expect(annotations).toHaveLength(1);
  expect(annotations?.[0]).toMatchObject({ x: 2, text: '100 kept', xanchor: 'right' });
  expect(marksLayout(marks, colors, { x: false, y: false }).annotations?.[0]).toMatchObject({ x: 100 });
});
