import type { LegendEntry } from '../../ui/scatter/picture.ts';
import { groupMiddles } from '../../ui/scatter/labels.ts';
import { channels, type Scene } from '../../ui/scatter/scene.ts';
import { categoryColor, type PlotColors } from '../../ui/plotTheme.ts';

/** Names looked at for a place on the map, and in its legend. */
const mostNames = 150;
const legendNames = 10;
const rampSteps = 32;

/** Points of one name. */
export interface MapGroup {
  readonly name: string;
  /** Of the points shown. */
  readonly members: readonly number[];
  readonly color: string;
  /** Without a name, or noise: grey, and neither named nor in the legend. */
  readonly isRest: boolean;
}

/** Points by group, largest first. */
export function mapGroups(
  names: readonly string[],
  isRest: (name: string) => boolean,
  colors: PlotColors,
): MapGroup[] {
  const members = new Map<string, number[]>();
  names.forEach((name, i) => {
    const own = members.get(name);
    if (own) own.push(i);
    else members.set(name, [i]);
  });
  return [...members]
    .map(([name, own]): MapGroup => {
      const rest = name === '' || isRest(name);
      return { name, members: own, color: rest ? colors.muted : categoryColor(name, colors), isRest: rest };
    })
    .sort((a, b) => b.members.length - a.members.length || (a.name < b.name ? -1 : 1));
}

type Tint = Pick<Scene, 'colors' | 'palette'>;

/** Colours by group. */
export function groupColors(groups: readonly MapGroup[], count: number): Tint & { readonly ends: null } {
  const palette = [...new Set(groups.map(({ color }) => color))];
  const colors = new Uint8Array(count);
  for (const { members, color } of groups) {
    const at = palette.indexOf(color);
    for (const i of members) colors[i] = at;
  }
  return { colors, palette, ends: null };
}

/** Colours by a number, low to high; the ends are its 2nd and 98th percentile, so that one stray row does not bleach the rest. */
export function scoreColors(
  values: Float32Array,
  { hairline, accent }: PlotColors,
): Tint & { readonly ends: { readonly low: number; readonly high: number } } {
  const sorted = values.toSorted();
  const quantile = (share: number) => sorted[Math.round(share * (sorted.length - 1))] ?? 0;
  const [low, high] = [quantile(0.02), quantile(0.98)];
  const [from, to] = [channels(hairline), channels(accent)];
  const palette = Array.from({ length: rampSteps }, (_, step) => {
    const share = step / (rampSteps - 1);
    return `rgb(${from.map((value, i) => Math.round(value + ((to[i] as number) - value) * share)).join(', ')})`;
  });
  const colors = Uint8Array.from(values, (value) => {
    const share = high > low ? (value - low) / (high - low) : 0;
    return Math.round(Math.min(1, Math.max(0, share)) * (rampSteps - 1));
  });
  return { colors, palette, ends: { low, high } };
}

/** Names of the largest groups in their middles. */
export function groupLabels(groups: readonly MapGroup[], xy: Float32Array): Scene['labels'] {
  const named = groups.filter(({ isRest }) => !isRest).slice(0, mostNames);
  const of = new Int32Array(xy.length / 2).fill(-1);
  named.forEach(({ members }, g) => members.forEach((i) => (of[i] = g)));
  return groupMiddles(xy, of, named.length).map(({ x, y, count }, g) => ({
    text: named[g]?.name ?? '',
    x,
    y,
    weight: count,
  }));
}

/** The largest groups, and how many are not named. */
export function mapLegend(groups: readonly MapGroup[]): {
  readonly entries: readonly (LegendEntry & { readonly members: readonly number[] })[];
  readonly rest: string | null;
} {
  const named = groups.filter(({ isRest }) => !isRest);
  const entries = named
    .slice(0, legendNames)
    .map(({ name, color, members }) => ({ text: name, color, count: members.length, members }));
  const more = named.length - entries.length;
  const grey = groups.find(({ isRest }) => isRest);
  const rest = [
    more > 0 ? `and ${more} more; colours repeat` : '',
    grey ? `grey: ${grey.name || 'no category'}` : '',
  ];
  return { entries, rest: rest.filter(Boolean).join(' · ') || null };
}
