import { useCallback, useMemo } from 'react';
import { useStore } from 'zustand';
import { formatPercent, plural } from '../../../notebook/format.ts';
import { DataTable, type Column } from '../../ui/DataTable.tsx';
import { Button } from '../../ui/Button.tsx';
import { currentInstructions, instructionsStore } from '../instructions/store.ts';
import type { Shown } from './store.ts';

interface Row {
  readonly cluster: number;
  readonly name: string;
  readonly size: number;
  readonly main: string;
  readonly share: number;
  readonly categories: number;
}

/** Each cluster with its name and its main category; a press shows its texts above. */
export function ClusterTable({ shown }: { readonly shown: Shown }) {
  const chosen = useStore(instructionsStore, (state) => state.chosen);
  const rows = useMemo(() => {
    const counts = Array.from({ length: shown.k }, () => new Map<string, number>());
    const touched = new Set<number>();
    shown.clusters.forEach((cluster, i) => {
      const category = shown.truth[i] ?? '';
      const own = counts[cluster];
      own?.set(category, (own.get(category) ?? 0) + 1);
      if (chosen?.has(shown.rows[i] as number)) touched.add(cluster);
    });
    return counts.flatMap((own, cluster): Row[] => {
      const size = [...own.values()].reduce((sum, count) => sum + count, 0);
      const [main = '', most = 0] = [...own].sort((a, b) => b[1] - a[1])[0] ?? [];
      if (size === 0 || (chosen && !touched.has(cluster))) return [];
      return [
        { cluster, name: shown.names[cluster] ?? '', size, main, share: most / size, categories: own.size },
      ];
    });
  }, [shown, chosen]);
  const columns = useMemo(
    (): Column<Row>[] => [
      { id: 'name', header: 'Cluster', value: ({ name }) => name, width: 'minmax(140px, 2fr)' },
      { id: 'size', header: 'Texts', value: ({ size }) => size, width: '80px' },
      { id: 'main', header: 'Main category', value: ({ main }) => main, width: 'minmax(140px, 2fr)' },
      {
        id: 'share',
        header: 'Share',
        value: ({ share }) => share,
        format: (value) => formatPercent(value, 0),
        width: '80px',
      },
      { id: 'categories', header: 'Categories', value: ({ categories }) => categories, width: '104px' },
    ],
    [],
  );
  const members = useCallback((row: Row) => <Members shown={shown} cluster={row.cluster} />, [shown]);
  return (
    <DataTable
      name="Clusters found"
      summary={`${plural(rows.length, 'cluster')}${chosen ? ' with chosen texts' : ''}, named after the verbs and nouns that set them apart.`}
      rows={rows}
      columns={columns}
      getKey={({ cluster }) => cluster}
      initialSort={{ column: 'size', direction: 'descending' }}
      searchable
      detail={members}
    />
  );
}

function Members({ shown, cluster }: { readonly shown: Shown; readonly cluster: number }) {
  const texts = currentInstructions()?.texts ?? [];
  const members = Array.from(shown.rows).filter((_, i) => shown.clusters[i] === cluster);
  return (
    <div className="stack">
      <ul className="cluster-members">
        {members.slice(0, 8).map((row) => (
          <li key={row}>{texts[row]}</li>
        ))}
      </ul>
      <div className="row">
        <Button onPress={() => instructionsStore.setState({ chosen: new Set(members) })}>
          Show {plural(members.length, 'text')} in the tables
        </Button>
      </div>
    </div>
  );
}
