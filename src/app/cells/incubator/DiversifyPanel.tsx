import type { Data, Layout } from 'plotly.js';
import { Shuffle } from 'lucide-react';
import { useCallback, useMemo } from 'react';
import { useStore } from 'zustand';
import type { Diversity } from '../../../core/incubator/diversity/diversity.ts';
import { formatCount, formatNumber, formatPercent, plural } from '../../../notebook/format.ts';
import type { EmbedderKind, IncubatorParameters } from '../../../notebook/parameters.ts';
import { Button } from '../../ui/Button.tsx';
import { NumberField, Select, type Option } from '../../ui/fields.tsx';
import { Output } from '../../ui/Output.tsx';
import { ErrorPanel, Note } from '../../ui/panels.tsx';
import { escapeHtml, Plot } from '../../ui/Plot.tsx';
import type { PlotColors } from '../../ui/plotTheme.ts';
import { SimpleTable } from '../../ui/SimpleTable.tsx';
import { ProgressPill } from '../../ui/StatePill.tsx';
import { embedderNames } from '../embedding/store.ts';
import { diversifyKey, diversifyStore, runDiversify, type DiversifiedSet } from './diversifying.ts';
import { useKept } from './SetView.tsx';
import type { LoadedSet } from './store.ts';

const asSet = 'As the Embedding cell has it set.';
const embedders: readonly Option<EmbedderKind>[] = [
  { value: 'tfidf', label: embedderNames.tfidf, description: 'At once, here. Words decide.' },
  { value: 'lsa', label: embedderNames.lsa, description: 'TF-IDF, reduced to few dimensions.' },
  { value: 'static', label: embedderNames.static, description: asSet },
  { value: 'encoder', label: embedderNames.encoder, description: asSet },
  { value: 'hub', label: embedderNames.hub, description: `${asSet} The paper used E5.` },
];

type Settings = IncubatorParameters['diversify'];

/** Self-diversification: cluster the objects, keep the nearest to each centre, and see whether that is more varied than chance. */
export function DiversifyPanel(props: {
  readonly set: LoadedSet;
  readonly parameters: IncubatorParameters;
  readonly change: (patch: Partial<IncubatorParameters>) => void;
}) {
  const { set, parameters, change } = props;
  const { made, running, error } = useStore(diversifyStore);
  const chosen = useKept(set);
  const own = made?.setId === set.record.id ? made : null;
  const isFresh = own?.key === diversifyKey(set, parameters);
  const settings = parameters.diversify;
  const update = (patch: Partial<Settings>) => change({ diversify: { ...settings, ...patch } });
  const use = (objects: readonly number[] | null) => {
    const others = parameters.kept.filter(({ setId }) => setId !== set.record.id);
    change({ kept: objects ? [...others, { setId: set.record.id, objects }] : others });
  };
  const isInUse =
    chosen !== null &&
    own !== null &&
    own.objects.length === chosen.size &&
    own.objects.every((one) => chosen.has(one));
  const count = set.collected.kept.length;
  return (
    <Output
      name="Diversify"
      summary={
        chosen
          ? `${plural(chosen.size, 'object')} of ${formatCount(count)} are in use: those nearest to the centres.`
          : `${count === 1 ? 'The one object is' : `All ${formatCount(count)} objects are`} in use. Clusters find those that say something of their own.`
      }
    >
      <div className="incubator-diversify">
        <NumberField
          label="Keep of each batch (K)"
          value={settings.k}
          min={1}
          max={512}
          step={1}
          paper={{ value: 8, text: '8' }}
          onChange={(k) => update({ k })}
        />
        <NumberField
          label="Batch"
          value={settings.batchSize}
          min={2}
          max={4096}
          step={1}
          paper={{ value: 1024, text: '1,024' }}
          onChange={(batchSize) => update({ batchSize })}
        />
        <Select<Settings['unit']>
          label="Compare"
          value={settings.unit}
          width={160}
          onChange={(unit) => update({ unit })}
          options={[
            {
              value: 'joined',
              label: 'Joined texts',
              description: 'All texts of an object as one. The paper does not say how.',
            },
            { value: 'perClass', label: 'Class by class', description: 'A vector a class, side by side.' },
            { value: 'both', label: 'Both' },
          ]}
        />
        <Select<Settings['method']>
          label="Method"
          value={settings.method}
          width={160}
          paper={{ value: 'kmeans', text: 'k-means' }}
          onChange={(method) => update({ method })}
          options={[
            { value: 'kmeans', label: 'k-means' },
            { value: 'hierarchical', label: 'Hierarchical (Ward)' },
            { value: 'hdbscan', label: 'Density (HDBSCAN)' },
            { value: 'random', label: 'Random draw' },
          ]}
        />
        <Select<EmbedderKind>
          label="Embedder"
          value={settings.embedder}
          width={160}
          onChange={(embedder) => update({ embedder })}
          options={embedders}
        />
        {running ? (
          <ProgressPill progress={running.progress} etaMs={null} onStop={running.stop} />
        ) : (
          <Button icon={Shuffle} isDisabled={count < 2} onPress={() => void runDiversify(set)}>
            Diversify {plural(count, 'object')}
          </Button>
        )}
      </div>
      {error && <ErrorPanel error={error} onDismiss={() => diversifyStore.setState({ error: null })} />}
      {own && !isFresh && !running && (
        <Note tone="warn">
          <p>The set or the settings have changed since: diversify again for figures of today’s.</p>
        </Note>
      )}
      {own && <Figures made={own} />}
      {own && (
        <div className="row">
          <Button
            variant="primary"
            isDisabled={isInUse || own.objects.includes(-1)}
            onPress={() => use(own.objects)}
          >
            {isInUse ? 'In use' : `Use the ${plural(own.objects.length, 'kept object')}`}
          </Button>
          {chosen && <Button onPress={() => use(null)}>Use all {formatCount(count)}</Button>}
          <span className="small quiet">Classifiers and mining read what is in use. Undo takes it back.</span>
        </div>
      )}
      {!own && chosen && (
        <div className="row">
          <Button onPress={() => use(null)}>Use all {formatCount(count)}</Button>
        </div>
      )}
      {own && <DiversityMap made={own} />}
    </Output>
  );
}

const measures: readonly {
  readonly name: string;
  readonly of: (figures: Diversity) => number | null;
  readonly isLowBetter?: boolean;
}[] = [
  { name: 'Self-BLEU-2 (lower: less alike)', of: ({ selfBleu }) => selfBleu?.[2] ?? null, isLowBetter: true },
  { name: 'Self-BLEU-4', of: ({ selfBleu }) => selfBleu?.[4] ?? null, isLowBetter: true },
  { name: 'Distinct-1 (higher: more different words)', of: ({ distinct }) => distinct[1] },
  { name: 'Distinct-2', of: ({ distinct }) => distinct[2] },
  { name: 'Mean cosine distance', of: ({ meanCosineDistance }) => meanCosineDistance },
  { name: 'Vendi score (effective number of texts)', of: ({ vendi }) => vendi.score },
  { name: '… as a share of the texts', of: ({ vendi }) => vendi.score / Math.max(1, vendi.rows) },
];

function Figures({ made }: { readonly made: DiversifiedSet }) {
  const { before, after, random, embedder } = made;
  const header = [
    '',
    `All ${formatCount(before.texts)}`,
    `Kept ${formatCount(after.texts)}`,
    `Random ${formatCount(random.texts)}`,
  ];
  const shown = (value: number | null, name: string) =>
    value === null ? '–' : name.startsWith('…') ? formatPercent(value) : formatNumber(value, 3);
  return (
    <div className="stack">
      <SimpleTable
        caption="Diversity of all, kept and randomly drawn objects"
        header={header}
        rows={measures.map(({ name, of }) => ({
          key: name,
          cells: [name, ...[before, after, random].map((figures) => shown(of(figures), name))],
        }))}
      />
      <p className="small quiet">
        Vectors: {embedder}, whole objects. Most of these figures depend on how many texts there are: hold
        Kept against Random, which has as many.
      </p>
    </div>
  );
}

function DiversityMap({ made }: { readonly made: DiversifiedSet }) {
  const { xy, texts, rows, clusters } = made;
  const kept = useMemo(() => new Set(rows), [rows]);
  const data = useCallback(
    (colors: PlotColors): Data[] => {
      const trace = (wanted: boolean) => {
        const at = texts.flatMap((_, row) => (kept.has(row) === wanted ? [row] : []));
        return {
          type: 'scatter',
          mode: 'markers',
          name: wanted ? `kept (${at.length})` : `left out (${at.length})`,
          x: at.map((row) => xy[2 * row] ?? 0),
          y: at.map((row) => xy[2 * row + 1] ?? 0),
          text: at.map((row) => escapeHtml((texts[row] ?? '').slice(0, 300)).replaceAll('\n', '<br>')),
          hovertemplate: '%{text}<extra></extra>',
          marker: {
            size: wanted ? 9 : 5,
            symbol: wanted ? 'diamond' : 'circle',
            opacity: wanted ? 1 : 0.45,
            color: wanted ? colors.categories[1] : colors.ink3,
          },
        } as Data;
      };
      return [trace(false), trace(true)];
    },
    [xy, texts, kept],
  );
  const layout = useCallback(
    (): Partial<Layout> => ({
      xaxis: { showticklabels: false, title: { text: 'PCA 1' }, zeroline: false },
      yaxis: { showticklabels: false, title: { text: 'PCA 2' }, zeroline: false, scaleanchor: 'x' },
      margin: { l: 40, r: 16, t: 12, b: 40 },
      legend: { orientation: 'h', y: 1.08 },
    }),
    [],
  );
  return (
    <Plot
      name="Map of the objects"
      summary={`${plural(texts.length, 'object')} by PCA of their vectors; the ${formatCount(rows.length)} kept ones stand out.`}
      data={data}
      layout={layout}
      height={420}
      table={() => ({
        header: ['text', 'x', 'y', 'kept', 'cluster'],
        rows: texts.map((text, row) => [
          text,
          xy[2 * row] ?? 0,
          xy[2 * row + 1] ?? 0,
          kept.has(row) ? 'yes' : 'no',
          clusters?.[row] ?? '',
        ]),
      })}
    />
  );
}
