import type { Data } from 'plotly.js';
import { FileUp, X } from 'lucide-react';
import { useCallback } from 'react';
import { useStore } from 'zustand';
import { formatCount, formatNumber, plural } from '../../../notebook/format.ts';
import { pickFiles } from '../../files.ts';
import { toastError } from '../../toasts.ts';
import { Button, IconButton } from '../../ui/Button.tsx';
import { Output } from '../../ui/Output.tsx';
import { escapeHtml, Plot } from '../../ui/Plot.tsx';
import type { PlotColors } from '../../ui/plotTheme.ts';
import { ProgressPill } from '../../ui/StatePill.tsx';
import { dataFileTypes } from '../dataset/actions.ts';
import { addSets, correlate, correlationRows, removeSet, usesStore } from './store.ts';

/** How near other data sets' tasks are to this one's. */
export function Correlation({ isReady }: { readonly isReady: boolean }) {
  const { sets, correlation, busy } = useStore(usesStore);
  const isBusy = busy !== null && busy.what !== 'retrieval';
  return (
    <>
      <Output
        name="Data sets side by side"
        summary={
          sets.length === 0
            ? 'Add files of other tasks: each is embedded as the open data is, and compared.'
            : `${plural(sets.length, 'set')} beside the open data.`
        }
      >
        {sets.length > 0 && (
          <ul className="uses-sets">
            {sets.map(({ name, texts }) => (
              <li key={name}>
                {name} <span className="small quiet num">{formatCount(texts.length)}</span>
                <IconButton icon={X} label={`Remove ${name}`} onPress={() => removeSet(name)} />
              </li>
            ))}
          </ul>
        )}
        <div className="row">
          <Button
            icon={FileUp}
            isDisabled={isBusy}
            onPress={() =>
              void pickFiles({ accept: dataFileTypes, multiple: true }).then(addSets).catch(toastError)
            }
          >
            Add data sets
          </Button>
          <Button isDisabled={!isReady || sets.length === 0 || isBusy} onPress={() => void correlate()}>
            Compare their tasks
          </Button>
          {isBusy && <ProgressPill progress={busy.progress} etaMs={busy.etaMs} onStop={busy.stop} />}
        </div>
      </Output>
      {correlation && (
        <>
          <HeatMap
            name="Nearest tasks"
            what="Mean over the texts of a row’s set of the largest cosine with a text of the column’s"
            names={correlation.names}
            values={correlation.maxCosine}
            note={noteOf(correlation)}
            isNearHigh
          />
          <HeatMap
            name="Distance of task distributions"
            what="Sliced 1-Wasserstein distance of unit vectors"
            names={correlation.names}
            values={correlation.wasserstein}
            note={noteOf(correlation)}
            isNearHigh={false}
          />
        </>
      )}
    </>
  );
}

function noteOf({ space, sampled }: { readonly space: string; readonly sampled: boolean }): string {
  return ` Space: ${space}${sampled ? `; at most ${formatCount(correlationRows)} texts of each` : ''}.`;
}

function HeatMap(props: {
  readonly name: string;
  readonly what: string;
  readonly names: readonly string[];
  /** `[sets, sets]` */
  readonly values: Float64Array;
  readonly note: string;
  readonly isNearHigh: boolean;
}) {
  const { name, what, names, values, note, isNearHigh } = props;
  const data = useCallback(
    (colors: PlotColors): Data[] => {
      const n = names.length;
      const labels = names.map(escapeHtml);
      const z = names.map((_, i) => [...values.subarray(i * n, (i + 1) * n)]);
      return [
        {
          type: 'heatmap',
          x: labels,
          y: labels,
          z,
          text: z.map((row) => row.map((value) => formatNumber(value, 3))) as unknown as string[],
          texttemplate: '%{text}',
          colorscale: [
            [0, isNearHigh ? colors.paper : colors.accent],
            [1, isNearHigh ? colors.accent : colors.paper],
          ],
          xgap: 1,
          ygap: 1,
          showscale: false,
          hovertemplate: '%{y} → %{x}: %{z:.3f}<extra></extra>',
        } as Data,
      ];
    },
    [names, values, isNearHigh],
  );
  const layout = useCallback(
    () => ({
      xaxis: { type: 'category' as const, showgrid: false, automargin: true },
      yaxis: { type: 'category' as const, autorange: 'reversed' as const, showgrid: false, automargin: true },
      margin: { t: 12, l: 120, b: 60 },
    }),
    [],
  );
  const best = nearest(names, values, isNearHigh);
  return (
    <Plot
      name={name}
      summary={`${what}.${best ? ` Nearest: ${best}.` : ''}${note}`}
      data={data}
      layout={layout}
      height={Math.max(200, 84 + 44 * names.length)}
      table={() => ({
        header: ['set', ...names],
        rows: names.map((set, i) => [set].concat(names.map((_, j) => String(values[i * names.length + j])))),
      })}
    />
  );
}

/** The two different sets that lie nearest. */
function nearest(names: readonly string[], values: Float64Array, isNearHigh: boolean): string | null {
  let best: { readonly text: string; readonly value: number } | null = null;
  const n = names.length;
  for (let i = 0; i < n; i++)
    for (let j = 0; j < n; j++) {
      const value = values[i * n + j] as number;
      if (i === j || (best && (isNearHigh ? value <= best.value : value >= best.value))) continue;
      best = { text: `${names[i] ?? ''} and ${names[j] ?? ''} (${formatNumber(value, 3)})`, value };
    }
  return best?.text ?? null;
}
