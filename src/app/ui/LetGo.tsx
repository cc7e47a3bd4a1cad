import { History } from 'lucide-react';
import type { ReactNode } from 'react';
import { formatDuration } from '../../notebook/format.ts';
import type { CellResult } from '../../notebook/cells.ts';
import { EmptyState } from './panels.tsx';

/** What is too large to keep and went with a reload, though the cell is done: which press brings it back, and how long that took. */
export function LetGo(props: {
  readonly title: string;
  readonly result: CellResult;
  readonly children: ReactNode;
}) {
  const { durationMs } = props.result.provenance;
  return (
    <EmptyState icon={History} title={props.title}>
      <p>
        {props.children} {durationMs >= 50 && `It took ${formatDuration(durationMs)}.`}
      </p>
    </EmptyState>
  );
}
