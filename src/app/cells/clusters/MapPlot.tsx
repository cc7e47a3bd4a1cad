import type { Data, Layout } from 'plotly.js';
import { useCallback, useEffect, useMemo, useState } from 'react';
import { useStore } from 'zustand';
import { formatCount, formatNumber } from '../../../notebook/format.ts';
import { toastError } from '../../toasts.ts';
import { Button } from '../../ui/Button.tsx';
import { Select } from '../../ui/fields.tsx';
import { escapeHtml, Plot } from '../../ui/Plot.tsx';
import { categoryColor, type PlotColors } from '../../ui/plotTheme.ts';
import { ProgressPill } from '../../ui/StatePill.tsx';
import { currentInstructions, instructionsStore } from '../instructions/store.ts';
import { clustersStore, layOutByUmap, neighboursOf, type MapLayout, type Shown } from './store.ts';

type ColorBy = 'cluster' | 'category' | 'truth';

/** Every text as a point. A lasso or a press selects texts, and the tables show them. */
export function MapPlot({ shown }: { readonly shown: Shown }) {
  const layout = useStore(clustersStore, (state) => state.layout);
  return layout && layout.xy.length === 2 * shown.rows.length ? <Drawn shown={shown} map={layout} /> : null;
}

function Drawn({ shown, map }: { readonly shown: Shown; readonly map: MapLayout }) {
  const umap = useStore(clustersStore, (state) => state.umap);
  const chosen = useStore(instructionsStore, (state) => state.chosen);
  const [by, setBy] = useState<ColorBy>('truth');
  const [pressed, setPressed] = useState<number | null>(null);
  const count = shown.rows.length;
  const groups = useMemo(
    () =>
      by === 'cluster'
        ? Array.from(shown.clusters, (cluster) => `${cluster} ${shown.names[cluster] ?? ''}`)
        : by === 'category'
          ? shown.categories
          : shown.truth,
    [by, shown],
  );
  const texts = currentInstructions()?.texts;

  const data = useCallback(
    (colors: PlotColors): Data[] => {
      const selected = chosen
        ? Array.from(shown.rows).flatMap((row, i) => (chosen.has(row) ? [i] : []))
        : undefined;
      return [
        {
          type: 'scatter',
          mode: 'markers',
          x: Array.from({ length: count }, (_, i) => map.xy[2 * i] as number),
          y: Array.from({ length: count }, (_, i) => map.xy[2 * i + 1] as number),
          text: Array.from(
            shown.rows,
            (row, i) => `${wrapped(texts?.[row] ?? '')}<br><i>${escapeHtml(groups[i] ?? '')}</i>`,
          ),
          hovertemplate: '%{text}<extra></extra>',
          marker: {
            size: count > 3000 ? 4 : 6,
            opacity: 0.8,
            color: groups.map((group) => categoryColor(group, colors)),
          },
          ...(selected ? { selectedpoints: selected } : {}),
          unselected: { marker: { opacity: 0.12 } },
          showlegend: false,
        } as Data,
      ];
    },
    [shown, map, groups, chosen, count, texts],
  );
  const layout = useCallback(
    (): Partial<Layout> => ({
      dragmode: 'lasso',
      xaxis: { showticklabels: false, title: { text: `${map.kind} 1` }, zeroline: false },
      yaxis: { showticklabels: false, title: { text: `${map.kind} 2` }, zeroline: false, scaleanchor: 'x' },
      margin: { l: 40, r: 16, t: 12, b: 40 },
    }),
    [map.kind],
  );
  const choose = (points: readonly number[] | null) =>
    instructionsStore.setState({ chosen: points && new Set(points.map((at) => shown.rows[at] as number)) });
  const press = (at: number) => {
    choose([at]);
    setPressed(at);
  };
  const summary = `${formatCount(count)} texts by ${map.kind}, coloured by ${by === 'truth' ? 'what they are held against' : by}. A lasso or a press selects texts in the tables${chosen ? `; ${formatCount(chosen.size)} selected` : ''}.`;
  const tools = (
    <>
      <Select<ColorBy>
        label="Colour by"
        hideLabel
        value={by}
        onChange={setBy}
        width={152}
        options={[
          { value: 'truth', label: 'Held against' },
          { value: 'category', label: 'Category found' },
          { value: 'cluster', label: 'Cluster' },
        ]}
      />
      {umap ? (
        <ProgressPill progress={umap.progress} etaMs={null} onStop={umap.stop} />
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
      <Plot
        name="Map"
        summary={summary}
        data={data}
        layout={layout}
        height={520}
        tools={tools}
        onPoint={(_, at) => press(at)}
        onSelect={choose}
        table={() => ({
          header: ['text', 'x', 'y', 'cluster', 'category', 'held against'],
          rows: Array.from(shown.rows, (row, i) => [
            texts?.[row] ?? '',
            map.xy[2 * i] ?? 0,
            map.xy[2 * i + 1] ?? 0,
            shown.names[shown.clusters[i] as number] ?? '',
            shown.categories[i] ?? '',
            shown.truth[i] ?? '',
          ]),
        })}
      />
      {pressed !== null && pressed < count && <Nearest key={shown.key} shown={shown} at={pressed} />}
    </>
  );
}

/** The texts nearest to the one that was pressed, by cosine. */
function Nearest({ shown, at }: { readonly shown: Shown; readonly at: number }) {
  const [found, setFound] = useState<{
    readonly of: number;
    readonly list: Awaited<ReturnType<typeof neighboursOf>>;
  } | null>(null);
  useEffect(() => {
    let alive = true;
    neighboursOf(at).then((list) => alive && setFound({ of: at, list }), toastError);
    return () => {
      alive = false;
    };
  }, [at]);
  const texts = currentInstructions()?.texts ?? [];
  const textOf = (one: number) => texts[shown.rows[one] as number] ?? '';
  return (
    <section className="map-nearest" aria-label="Nearest texts">
      <p>
        Nearest to <strong>{textOf(at)}</strong>
      </p>
      <ol>
        {found?.of === at &&
          found.list.map((one) => (
            <li key={one.at}>
              <span className="num">{formatNumber(one.score, 3)}</span> {textOf(one.at)}{' '}
              <span className="quiet">{shown.truth[one.at]}</span>
            </li>
          ))}
      </ol>
    </section>
  );
}

function wrapped(text: string): string {
  const short = text.length > 240 ? `${text.slice(0, 240)}…` : text;
  return escapeHtml(short)
    .replaceAll(/(.{1,60})(\s|$)/gu, '$1<br>')
    .replace(/<br>$/u, '');
}
