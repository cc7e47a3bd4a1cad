import { FileUp, Network } from 'lucide-react';
import { useStore } from 'zustand';
import { formatCount, formatNumber, formatPercent, plural } from '../../../notebook/format.ts';
import type { ClusterMethod, ClusterParameters } from '../../../notebook/parameters.ts';
import { pickFiles } from '../../files.ts';
import { lacksData } from '../../lacks.ts';
import { useParameters, useResult, useSession } from '../../hooks.ts';
import { Button } from '../../ui/Button.tsx';
import { CellFrame } from '../../ui/CellFrame.tsx';
import { NumberField, Select, type Option } from '../../ui/fields.tsx';
import { OptionalNumberField } from '../../ui/OptionalNumberField.tsx';
import { Figure, FigureRow } from '../../ui/Figure.tsx';
import { LetGo } from '../../ui/LetGo.tsx';
import { EmptyState } from '../../ui/panels.tsx';
import { ClusterTable } from './ClusterTable.tsx';
import { Leaderboard } from './Leaderboard.tsx';
import { MapPlot } from './MapPlot.tsx';
import { SaveClusters } from './SaveClusters.tsx';
import { SweepPlot } from './SweepPlot.tsx';
import { clustersStore, entriesNow, isComparable, loadPairs } from './store.ts';
import './clusters.css';

const methods = [
  { value: 'k-means', label: 'k-means', description: 'The benchmark’s. Any number of rows.' },
  {
    value: 'ward',
    label: 'Hierarchical, Ward',
    description: 'Merges what widens clusters least. To 11,585 rows.',
  },
  { value: 'average', label: 'Hierarchical, average', description: 'By mean distance. To 11,585 rows.' },
  { value: 'complete', label: 'Hierarchical, complete', description: 'By largest distance. To 11,585 rows.' },
  {
    value: 'hdbscan',
    label: 'HDBSCAN',
    description: 'Dense places; finds their number, leaves noise out. To 11,585 rows.',
  },
] as const satisfies readonly Option<ClusterMethod>[];

const methodNames = Object.fromEntries(methods.map(({ value, label }) => [value, label])) as Readonly<
  Record<ClusterMethod, string>
>;

/** Do the vectors of one task lie together? */
export function ClustersCell() {
  const [parameters, change] = useParameters('clusters');
  const corpus = useSession((state) => state.corpus);
  const result = useResult('clusters');
  const { shown: last, dataHash, pairs } = useStore(clustersStore);
  const shown = dataHash === corpus?.dataHash ? last : null;
  const name = (result?.summary as { readonly name?: string } | undefined)?.name;
  const entries = entriesNow(result?.summary);
  const own = entries.findLast((entry) => entry.name === name);
  const reference = own && entries.find((entry) => entry.name === 'TF-IDF' && isComparable(entry, own));
  const against = (key: 'ari' | 'purity' | 'homogeneity' | 'nmi' | 'silhouette') => {
    if (!own) return undefined;
    const spread = `± ${own.test.deviation[key].toFixed(3)}`;
    const others = reference && reference !== own && `${formatNumber(reference.test.mean[key], 3)} TF-IDF`;
    // One clustering has no deviation.
    const parts = own.seeds > 1 ? [others ? spread : `${spread} over ${own.seeds} seeds`, others] : [others];
    const alone = own.method ? methodNames[own.method] : 'one seed';
    return {
      value: formatNumber(own.test.mean[key], 3),
      baseline: parts.filter(Boolean).join(' · ') || alone,
    };
  };
  const found = own?.noise !== undefined && {
    value: formatCount(own.k),
    baseline: `${formatPercent(own.noise, 0)} of rows are noise`,
  };
  const figures = [
    ['Adjusted Rand index', 'adjustedRand', against('ari')],
    ['Purity', 'purity', against('purity')],
    ...(found ? [] : [['Homogeneity', 'homogeneity', against('homogeneity')] as const]),
    ['NMI', 'nmi', against('nmi')],
    ['Silhouette', 'silhouette', against('silhouette')],
  ] as const;

  return (
    <CellFrame
      cell="clusters"
      title="Clusters"
      purpose="Groups the vectors and asks whether the groups are the task categories (IEB’s clustering test). Every embedding tried on this data stays on the leaderboard, TF-IDF always among them."
      controls={<Controls parameters={parameters} change={change} />}
      primary={{
        label: shown || result ? 'Cluster again' : 'Cluster and map',
        lacks: corpus ? null : lacksData,
        tip: 'Finds categories and embeds first, where that is not done.',
      }}
      secondary={
        <>
          {shown && <SaveClusters shown={shown} />}
          <Button
            icon={FileUp}
            tip="IEB’s intention_similarity_test.json: the leaderboard then has Spearman’s correlation too"
            onPress={() =>
              void pickFiles({ accept: '.json' }).then(([file]) => (file ? loadPairs(file) : undefined))
            }
          >
            {pairs ? plural(pairs.pairs.length, 'similarity pair') : 'Load similarity pairs'}
          </Button>
        </>
      }
    >
      {own ? (
        <FigureRow>
          {figures.map(([label, term, figure]) => (
            <Figure
              key={label}
              label={label}
              term={term}
              value={figure?.value ?? null}
              baseline={figure?.baseline}
            />
          ))}
          {found && <Figure label="Clusters" {...found} />}
        </FigureRow>
      ) : (
        <EmptyState icon={Network} title="No clusters yet">
          <p>
            <strong>In:</strong> vectors and categories. <strong>Out:</strong> how far clusters and categories
            agree, with the deviation over seeds; a map to select texts on; names of the clusters.
          </p>
        </EmptyState>
      )}
      {entries.length > 0 && <Leaderboard entries={entries} />}
      {!shown && result && (
        <LetGo title="Map and clusters are no longer in this tab" result={result}>
          The scores are kept. “Cluster again” draws the rest anew: the same seeds give the same clusters.
        </LetGo>
      )}
      {shown && (
        <>
          <MapPlot shown={shown} />
          <ClusterTable shown={shown} />
          <SweepPlot />
        </>
      )}
    </CellFrame>
  );
}

function Controls(props: {
  readonly parameters: ClusterParameters;
  readonly change: (patch: Partial<ClusterParameters>) => void;
}) {
  const { parameters, change } = props;
  const method = parameters.method ?? 'k-means';
  return (
    <>
      <Select<ClusterMethod>
        label="Method"
        value={method}
        onChange={(next) => change({ method: next })}
        width={176}
        options={methods}
      />
      <Select
        label="Held against"
        value={parameters.truth}
        onChange={(truth) => change({ truth })}
        width={200}
        options={[
          {
            value: 'labels',
            label: 'Labels of the file',
            description: 'Where they are categories; else what was found.',
          },
          { value: 'extracted', label: 'Categories found above' },
        ]}
      />
      {method === 'hdbscan' ? (
        <NumberField
          label="Smallest cluster"
          value={parameters.minClusterSize ?? 5}
          min={2}
          max={10_000}
          step={1}
          onChange={(minClusterSize) => change({ minClusterSize })}
        />
      ) : (
        <OptionalNumberField
          label="Clusters"
          value={parameters.k}
          onChange={(k) => change({ k })}
          min={2}
          max={5000}
          step={1}
          emptyText="as categories"
        />
      )}
      {method === 'k-means' && (
        <>
          <NumberField
            label="Seeds"
            value={parameters.seeds}
            min={1}
            max={20}
            step={1}
            onChange={(seeds) => change({ seeds })}
          />
          <NumberField
            label="Starts a seed"
            value={parameters.runs}
            min={1}
            max={50}
            step={1}
            onChange={(runs) => change({ runs })}
          />
          <Select
            label="Runs on"
            value={parameters.device ?? 'auto'}
            onChange={(device) => change({ device })}
            width={148}
            options={[
              {
                value: 'auto',
                label: 'GPU if it pays',
                description: 'Large sets of dense vectors, on a real GPU.',
              },
              { value: 'webgpu', label: 'GPU' },
              { value: 'cpu', label: 'CPU' },
            ]}
          />
        </>
      )}
    </>
  );
}
