import { FileDown } from 'lucide-react';
import { toCsv } from '../../../base/csv.ts';
import { saveFile } from '../../files.ts';
import { Button } from '../../ui/Button.tsx';
import { currentInstructions } from '../instructions/store.ts';
import type { Shown } from './store.ts';

/** Which text is in which cluster, as a table. */
export function SaveClusters({ shown }: { readonly shown: Shown }) {
  return (
    <Button
      icon={FileDown}
      tip="row, text, what it is held against, category found, cluster, its name, distance to its centre"
      onPress={() =>
        saveFile(clustersCsv(shown, currentInstructions()?.texts ?? []), 'clusters.csv', 'text/csv')
      }
    >
      Save clusters
    </Button>
  );
}

function clustersCsv(shown: Shown, texts: readonly string[]): string {
  return toCsv(
    ['row', 'text', 'held_against', 'category', 'cluster', 'cluster_name', 'distance'],
    Array.from(shown.rows, (row, at) => {
      const cluster = shown.clusters[at] ?? 0;
      return [
        row,
        texts[row] ?? '',
        shown.truth[at] ?? '',
        shown.categories[at] ?? '',
        cluster,
        shown.names[cluster] ?? '',
        shown.distances[at] ?? null,
      ];
    }),
  );
}
