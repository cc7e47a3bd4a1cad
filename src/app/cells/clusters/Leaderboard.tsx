import { useMemo } from 'react';
import { formatNumber, plural } from '../../../notebook/format.ts';
import { DataTable, type Column } from '../../ui/DataTable.tsx';
import type { Entry } from './store.ts';

const three = (value: number) => formatNumber(value, 3);

/** Every embedding tried on this data, best ARI first. */
export function Leaderboard({ entries }: { readonly entries: readonly Entry[] }) {
  const best = entries.reduce((a, b) => (b.test.mean.ari > a.test.mean.ari ? b : a));
  const hasMethods = entries.some(({ method }) => method);
  const hasPairs = entries.some(({ spearman }) => spearman !== null);
  const columns = useMemo((): Column<Entry>[] => {
    const score = (key: keyof Entry['test']['mean'], header: string): Column<Entry> => ({
      id: key,
      header,
      value: ({ test }) => test.mean[key],
      format: three,
      width: 'minmax(60px, 1fr)',
    });
    return [
      { id: 'name', header: 'Embedding', value: ({ name }) => name, width: 'minmax(150px, 3fr)' },
      score('ari', 'ARI'),
      {
        id: 'sd',
        header: '± SD',
        // One clustering has no deviation.
        value: ({ test, seeds }) => (seeds > 1 ? test.deviation.ari : null),
        format: (value) => value.toFixed(3),
        width: '60px',
        isNumber: true,
      },
      score('purity', 'Purity'),
      score('homogeneity', 'Homog.'),
      score('completeness', 'Compl.'),
      score('nmi', 'NMI'),
      score('silhouette', 'Silh.'),
      // The intention similarity test, where its pairs were loaded.
      ...(hasPairs
        ? [
            {
              id: 'iis',
              header: 'IIS',
              value: ({ spearman }: Entry) => spearman,
              format: three,
              width: '60px',
              isNumber: true,
            },
          ]
        : []),
      { id: 'k', header: 'k', value: ({ k }) => k, width: '52px' },
      ...(hasMethods
        ? [
            {
              id: 'method',
              header: 'Method',
              value: ({ method }: Entry) => method ?? 'k-means',
              width: '84px',
            },
          ]
        : []),
      {
        id: 'truth',
        header: 'Against',
        value: ({ truth }) => (truth === 'labels' ? 'labels' : 'found'),
        width: '68px',
      },
    ];
  }, [hasMethods, hasPairs]);
  return (
    <DataTable
      name="Leaderboard"
      summary={`${best.name} is best of ${plural(entries.length, 'embedding')}: ARI ${three(best.test.mean.ari)}. Rows compare where k and what they are held against are the same.`}
      rows={entries}
      columns={columns}
      getKey={({ name, k, truth, seeds, method = '' }) => `${name} ${k} ${truth} ${seeds} ${method}`}
      initialSort={{ column: 'ari', direction: 'descending' }}
    />
  );
}
