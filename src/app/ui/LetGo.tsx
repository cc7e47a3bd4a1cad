import { History } from 'lucide-react';
import type { ReactNode } from 'react';
import { formatDuration } from '../../notebook/format.ts';
import type { CellResult } from '../../notebook/cells.ts';
import { useNotebook } from '../hooks.ts';
import { EmptyState } from './panels.tsx';

/**
 * What is too large to keep and is no longer in this tab, though its cell has a result: which press brings it back, and how
 * long that took. Where other data is open by now, no press does: then it says so.
 */
export function LetGo(props: {
  readonly title: string;
  readonly result: CellResult;
  readonly children: ReactNode;
}) {
  const { dataHash, durationMs } = props.result.provenance;
  const open = useNotebook(({ results }) => results.dataset?.provenance.dataHash);
  if (dataHash !== '' && dataHash !== open)
    return (
      <EmptyState icon={History} title={`From other data: ${props.result.headline}`}>
        <p>
          Made from data {dataHash.slice(0, 8)}, which is not the data open now. The button above works on
          what is open; until then this cell speaks of the earlier data.
        </p>
      </EmptyState>
    );
  return (
    <EmptyState icon={History} title={props.title}>
      <p>
        {props.children} {durationMs >= 50 && `It took ${formatDuration(durationMs)}.`}
      </p>
    </EmptyState>
  );
}
