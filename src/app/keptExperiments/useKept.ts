import { useMemo } from 'react';
import { isAtWork, type CellStatus } from '../../notebook/cells.ts';
import { plural } from '../../notebook/format.ts';
import { countOf, isWaiting, readKept } from '../../notebook/keptExperiments/list.ts';
import type { KeptExperiment } from '../../notebook/keptExperiments/types.ts';
import { useResult, useStatus } from '../hooks.ts';
import type { PrimaryAction } from '../ui/CellFrame.tsx';
import { waitingStatus } from './status.ts';

/** A cell's kept experiments, the newest first, what its frame says of them, and the button that goes on with what waits. */
export function useKept<Experiment extends KeptExperiment>(
  cell: 'pieExperiments' | 'incubatorExperiments',
  ids: readonly Experiment['id'][],
) {
  const result = useResult(cell);
  const own = useStatus(cell);
  const experiments = useMemo(() => [...readKept<Experiment>(ids, result?.summary)].reverse(), [ids, result]);
  const open = experiments.reduce((sum, experiment) => sum + countOf(experiment, 'waiting'), 0);
  const isBusy = isAtWork(own);
  const status: CellStatus = own.state === 'done' && open > 0 ? waitingStatus(open) : own;
  const primary: PrimaryAction | undefined =
    open > 0 && !isBusy
      ? {
          label: `Continue ${plural(open, 'variant')}`,
          tip: experiments
            .filter(isWaiting)
            .map(({ id }) => id)
            .reverse()
            .join(', '),
        }
      : undefined;
  return { experiments, isBusy, status, primary };
}
