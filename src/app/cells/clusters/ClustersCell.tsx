import { FileUp, Network } from 'lucide-react';
import { useStore } from 'zustand';
import { formatCount, formatNumber } from '../../../notebook/format.ts';
import type { ClusterParameters } from '../../../notebook/parameters.ts';
import { pickFiles } from '../../files.ts';
import { useParameters, useResult, useSession } from '../../hooks.ts';
import { Button } from '../../ui/Button.tsx';
import { CellFrame } from '../../ui/CellFrame.tsx';
import { NumberField, Select } from '../../ui/fields.tsx';
import { OptionalNumberField } from '../../ui/OptionalNumberField.tsx';
import { Figure, FigureRow } from '../../ui/Figure.tsx';
import { EmptyState } from '../../ui/panels.tsx';
import { ClusterTable } from './ClusterTable.tsx';
import { Leaderboard } from './Leaderboard.tsx';
import { MapPlot } from './MapPlot.tsx';
import { SweepPlot } from './SweepPlot.tsx';
import { clustersStore, entriesNow, loadPairs } from './store.ts';
import './clusters.css';

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
  const reference =
    own && entries.find((entry) => entry.name === 'TF-IDF' && entry.k === own.k && entry.truth === own.truth);
  const against = (key: 'ari' | 'purity' | 'homogeneity' | 'nmi' | 'silhouette') =>
    own && {
      value: formatNumber(own.test.mean[key], 3),
      baseline:
        reference && reference !== own
          ? `± ${own.test.deviation[key].toFixed(3)} · ${formatNumber(reference.test.mean[key], 3)} TF-IDF`
          : `± ${own.test.deviation[key].toFixed(3)} over ${own.seeds} seeds`,
    };
  const figures = [
    ['Adjusted Rand index', against('ari')],
    ['Purity', against('purity')],
    ['Homogeneity', against('homogeneity')],
    ['NMI', against('nmi')],
    ['Silhouette', against('silhouette')],
  ] as const;

  return (
    <CellFrame
      cell="clusters"
      title="Clusters"
      purpose="Groups the vectors by k-means and asks whether the groups are the task categories (IEB’s clustering test). Every embedding tried on this data stays on the leaderboard, TF-IDF always among them."
      controls={<Controls parameters={parameters} change={change} />}
      primary={{
        label: shown || result ? 'Cluster again' : 'Cluster and map',
        isDisabled: !corpus,
        tip: 'Finds categories and embeds first, where that is not done.',
      }}
      secondary={
        <Button
          icon={FileUp}
          tip="IEB’s intention_similarity_test.json: the leaderboard then has Spearman’s correlation too"
          onPress={() =>
            void pickFiles({ accept: '.json' }).then(([file]) => (file ? loadPairs(file) : undefined))
          }
        >
          {pairs ? `${formatCount(pairs.pairs.length)} similarity pairs` : 'Load similarity pairs'}
        </Button>
      }
    >
      {own ? (
        <FigureRow>
          {figures.map(([label, figure]) => (
            <Figure key={label} label={label} value={figure?.value ?? null} baseline={figure?.baseline} />
          ))}
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
  return (
    <>
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
      <OptionalNumberField
        label="Clusters"
        value={parameters.k}
        onChange={(k) => change({ k })}
        min={2}
        max={5000}
        step={1}
        emptyText="as categories"
      />
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
    </>
  );
}
