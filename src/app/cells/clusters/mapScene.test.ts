import { describe, expect, it } from 'vitest';
import type { PlotColors } from '../../ui/plotTheme.ts';
import { groupColors, groupLabels, mapGroups, mapLegend, scoreColors } from './mapScene.ts';

const colors = {
  muted: 'rgb(9, 9, 9)',
  hairline: 'rgb(0, 0, 0)',
  accent: 'rgb(200, 100, 50)',
  categories: ['rgb(1, 0, 0)', 'rgb(2, 0, 0)', 'rgb(3, 0, 0)'],
} as unknown as PlotColors;
const names = ['b', 'a', 'noise', 'a', '', 'c', 'a', 'b'];
const groups = mapGroups(names, (name) => name === 'noise', colors);

describe('groups on the map', () => {
  it('stand largest first, noise and rows without a name grey and nameless', () => {
    expect(groups.map(({ name, members }) => `${name}:${members.join()}`)).toEqual([
      'a:1,3,6',
      'b:0,7',
      ':4',
      'c:5',
      'noise:2',
    ]);
    const { colors: of, palette } = groupColors(groups, names.length);
    const colorOf = (point: number) => palette[of[point] as number];
    expect([colorOf(2), colorOf(4)]).toEqual([colors.muted, colors.muted]);
    expect(colorOf(1)).toBe(colorOf(6));
    expect(colors.categories).toContain(colorOf(5));
    const xy = Float32Array.from({ length: 16 }, (_, i) => i);
    expect(groupLabels(groups, xy).map(({ text, x, y }) => [text, x, y])).toEqual([
      ['a', 6, 7],
      ['b', 14, 15],
      ['c', 10, 11],
    ]);
  });

  it('are named in the legend as far as it goes; the rest is counted', () => {
    expect(mapLegend(groups).entries.map(({ text, count }) => `${text} ${count}`)).toEqual([
      'a 3',
      'b 2',
      'c 1',
    ]);
    const many = mapGroups(
      Array.from({ length: 40 }, (_, i) => `group ${i % 20}`),
      () => false,
      colors,
    );
    const { entries, rest } = mapLegend(many);
    expect(entries).toHaveLength(10);
    expect(rest).toBe('and 10 more; colours repeat');
  });
});

describe('a score on the map', () => {
  it('runs from the hairline’s colour to the accent, and one stray row does not bleach the rest', () => {
    const values = Float32Array.from({ length: 101 }, (_, i) => (i === 100 ? 1e6 : i));
    const { colors: of, palette, ends } = scoreColors(values, colors);
    expect(ends).toEqual({ low: 2, high: 98 });
    expect([palette[0], palette.at(-1)]).toEqual(['rgb(0, 0, 0)', 'rgb(200, 100, 50)']);
    expect([of[0], of[50], of[100]]).toEqual([0, 16, palette.length - 1]);
    expect(new Set(scoreColors(new Float32Array(4), colors).colors)).toEqual(new Set([0]));
  });
});
