import { useCallback, useEffect, useMemo, useState } from 'react';
import { useStore } from 'zustand';
import { formatCount, formatNumber, plural } from '../../../notebook/format.ts';
import { useTheme } from '../../theme.ts';
import { toastError } from '../../toasts.ts';
import { Button } from '../../ui/Button.tsx';
import { SearchField, Select } from '../../ui/fields.tsx';
import { plotColors } from '../../ui/plotTheme.ts';
import type { Choice } from '../../ui/scatter/gestures.ts';
import { ScatterMap } from '../../ui/scatter/ScatterMap.tsx';
import type { Scene } from '../../ui/scatter/scene.ts';
import { ProgressPill } from '../../ui/StatePill.tsx';
import { currentInstructions, instructionsStore } from '../instructions/store.ts';
import { groupColors, groupLabels, mapGroups, mapLegend, scoreColors } from './mapScene.ts';
import { layOutByUmap, neighboursOf } from './mapActions.ts';
import { clustersStore, type MapLayout, type Shown } from './store.ts';

type ColorBy = 'cluster' | 'category' | 'truth' | 'distance';

const colorings = [
  { value: 'truth', label: 'Held against', words: 'coloured by what they are held against' },
  { value: 'category', label: 'Category found', words: 'coloured by the category found' },
  { value: 'cluster', label: 'Cluster', words: 'coloured by cluster' },
  { value: 'distance', label: 'Distance', words: 'coloured by the distance to their cluster’s centre' },
] as const satisfies readonly { value: ColorBy; label: string; words: string }[];

/** Every text as a point. A lasso, a press, a search or the legend selects texts, and the tables show them. */
export function MapPlot({ shown }: { readonly shown: Shown }) {
  const layout = useStore(clustersStore, (state) => state.layout);
  return layout && layout.xy.length === 2 * shown.rows.length ? <Drawn shown={shown} map={layout} /> : null;
}

function Drawn({ shown, map }: { readonly shown: Shown; readonly map: MapLayout }) {
  const umap = useStore(clustersStore, (state) => state.umap);
  const chosen = useStore(instructionsStore, (state) => state.chosen);
  const theme = useTheme();
  const [by, setBy] = useState<ColorBy>('truth');
  const [pressed, setPressed] = useState<number | null>(null);
  const [query, setQuery] = useState('');
  const count = shown.rows.length;
  const texts = currentInstructions()?.texts;
  // eslint-disable-next-line react-hooks/exhaustive-deps -- the theme decides what the tokens resolve to
  const colors = useMemo(() => plotColors(), [theme]);

  const names = useMemo(() => groupNames(shown, by), [shown, by]);
  const groups = useMemo(() => {
    const noise = shown.noise === null ? null : clusterName(shown, shown.noise);
    return mapGroups(names, (name) => name === noise && (by === 'cluster' || by === 'distance'), colors);
  }, [shown, names, by, colors]);
  const tint = useMemo(
    () => (by === 'distance' ? scoreColors(shown.distances, colors) : groupColors(groups, count)),
    [by, shown, groups, count, colors],
  );
  const labels = useMemo(() => groupLabels(groups, map.xy), [groups, map.xy]);
  const mask = useMemo(
    () => chosen && Uint8Array.from(shown.rows, (row) => (chosen.has(row) ? 1 : 0)),
    [shown, chosen],
  );
  const scene = useMemo(
    (): Scene => ({ xy: map.xy, colors: tint.colors, palette: tint.palette, chosen: mask, labels }),
    [map.xy, tint, mask, labels],
  );
  const legend = useMemo(() => mapLegend(groups), [groups]);
  const near = useNearest(pressed !== null && pressed < count ? pressed : null);
  const marked = useMemo(
    () => (pressed === null || pressed >= count ? [] : [pressed, ...(near ?? []).map(({ at }) => at)]),
    [pressed, near, count],
  );

  const choose = (points: readonly number[] | null, choice: Choice = 'replace') => {
    const rows = new Set(choice === 'replace' ? [] : chosen);
    for (const at of points ?? []) {
      const row = shown.rows[at] as number;
      if (choice === 'remove') rows.delete(row);
      else rows.add(row);
    }
    instructionsStore.setState({ chosen: points && (rows.size > 0 || choice === 'replace') ? rows : null });
    setQuery('');
    if (!points) setPressed(null);
  };
  const press = (at: number) => {
    choose([at]);
    setPressed(at);
  };
  const describe = useCallback(
    (at: number) => ({
      text: texts?.[shown.rows[at] as number] ?? '',
      group:
        by === 'distance'
          ? `${names[at]} · ${formatNumber(shown.distances[at] as number, 3)} from its centre`
          : (names[at] ?? ''),
    }),
    [texts, shown, names, by],
  );
  const words = colorings.find(({ value }) => value === by)?.words ?? '';
  const trust =
    map.trustworthiness === undefined
      ? ''
      : ` Trustworthiness ${map.trustworthiness.toFixed(3)}, 15 neighbours.`;
  const caption = `${plural(count, 'text')} by ${map.kind}, ${words}.${trust}`;
  // In place of the hint, not after it: another line would move the map under the pointer.
  const summary = `${caption} ${chosen ? `${formatCount(chosen.size)} selected, here and in the tables.` : 'A lasso, a press or a search selects texts in the tables.'}`;
  const tools = (
    <>
      <SearchField
        label="Search the map"
        value={query}
        onChange={(typed) => {
          choose(pointsWith(typed, shown, texts ?? []));
          setQuery(typed);
        }}
        width={160}
      />
      <Select<ColorBy>
        label="Colour by"
        hideLabel
        value={by}
        onChange={setBy}
        width={152}
        options={colorings.map(({ value, label }) => ({ value, label }))}
      />
      {umap ? (
        <ProgressPill progress={umap.progress} etaMs={umap.etaMs} onStop={umap.stop} />
      ) : (
        map.kind === 'PCA' && <Button onPress={() => void layOutByUmap()}>Lay out by UMAP</Button>
      )}
      {chosen && (
        <Button variant="quiet" onPress={() => choose(null)}>
          Clear selection
        </Button>
      )}
    </>
  );
  return (
    <>
      <ScatterMap
        name="Map"
        summary={summary}
        caption={caption}
        scene={scene}
        colors={colors}
        legend={by === 'distance' ? [] : legend.entries}
        legendRest={by === 'distance' ? null : legend.rest}
        scale={tint.ends && scaleOf(tint.ends, tint.palette)}
        describe={describe}
        marked={marked}
        tools={tools}
        onPress={press}
        onChoose={choose}
        onLegend={(entry) => choose(legend.entries[entry]?.members ?? null)}
        table={() => ({
          header: ['text', 'x', 'y', 'cluster', 'category', 'held against', 'distance'],
          rows: Array.from(shown.rows, (row, i) => [
            texts?.[row] ?? '',
            map.xy[2 * i] ?? 0,
            map.xy[2 * i + 1] ?? 0,
            shown.names[shown.clusters[i] as number] ?? '',
            shown.categories[i] ?? '',
            shown.truth[i] ?? '',
            shown.distances[i] ?? 0,
          ]),
        })}
      />
      {pressed !== null && pressed < count && <Nearest shown={shown} at={pressed} found={near} />}
    </>
  );
}

function groupNames(shown: Shown, by: ColorBy): readonly string[] {
  if (by === 'category') return shown.categories;
  if (by === 'truth') return shown.truth;
  const names = shown.names.map((_, cluster) => clusterName(shown, cluster));
  return Array.from(shown.clusters, (cluster) => names[cluster] ?? '');
}

/** Clusters may share a name: their numbers tell them apart. */
function clusterName({ names, noise }: Shown, cluster: number): string {
  const name = names[cluster] ?? '';
  if (cluster === noise) return name;
  return names.filter((other) => other === name).length > 1 ? `${name} (${cluster + 1})` : name;
}

/** Points whose texts hold all the words typed; null where nothing is typed. */
function pointsWith(typed: string, { rows }: Shown, texts: readonly string[]): number[] | null {
  const words = typed.toLowerCase().split(/\s+/u).filter(Boolean);
  if (words.length === 0) return null;
  const found: number[] = [];
  rows.forEach((row, at) => {
    const text = (texts[row] ?? '').toLowerCase();
    if (words.every((word) => text.includes(word))) found.push(at);
  });
  return found;
}

function scaleOf(ends: { readonly low: number; readonly high: number }, palette: readonly string[]) {
  const [near, far] = [palette[0] ?? '', palette.at(-1) ?? ''];
  const [low, high] = [formatNumber(ends.low, 2), formatNumber(ends.high, 2)];
  return {
    shown: (
      <p className="map-ramp num">
        near its centre, {low}
        <i style={{ background: `linear-gradient(to right, ${near}, ${far})` }} />
        {high}, far from it
      </p>
    ),
    ends: [
      { text: `near its centre, ${low}`, color: near, count: 0 },
      { text: `far from it, ${high}`, color: far, count: 0 },
    ],
  };
}

type Neighbour = Awaited<ReturnType<typeof neighboursOf>>[number];

/** Rows nearest to one; null while they are looked for. */
function useNearest(at: number | null): readonly Neighbour[] | null {
  const [found, setFound] = useState<{ readonly of: number; readonly list: readonly Neighbour[] } | null>(
    null,
  );
  useEffect(() => {
    if (at === null) return;
    let alive = true;
    neighboursOf(at).then((list) => alive && setFound({ of: at, list }), toastError);
    return () => {
      alive = false;
    };
  }, [at]);
  return found !== null && found.of === at ? found.list : null;
}

/** The texts nearest to the one that was pressed, by cosine. */
function Nearest(props: {
  readonly shown: Shown;
  readonly at: number;
  readonly found: readonly Neighbour[] | null;
}) {
  const { shown, at, found } = props;
  const texts = currentInstructions()?.texts ?? [];
  const textOf = (one: number) => texts[shown.rows[one] as number] ?? '';
  return (
    <section className="map-nearest" aria-label="Nearest texts">
      <p>
        {found ? `${plural(found.length, 'text')} nearest to` : 'Looking for what is nearest to'}{' '}
        <strong>{textOf(at)}</strong>
      </p>
      <ol>
        {found?.map((one) => (
          <li key={one.at}>
            <span className="num">{formatNumber(one.score, 3)}</span> {textOf(one.at)}{' '}
            <span className="quiet">{shown.truth[one.at]}</span>
          </li>
        ))}
      </ol>
    </section>
  );
}
