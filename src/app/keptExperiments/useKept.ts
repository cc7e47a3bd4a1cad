import { useMemo } from 'react';
import { isAtWork } from '../../notebook/cells.ts';
import { plural } from '../../notebook/format.ts';
import { countOf, isWaiting, readKept } from '../../notebook/keptExperiments/list.ts';
import type { KeptExperiment } from '../../notebook/keptExperiments/types.ts';
import { useResult, useShownStatus } from '../hooks.ts';
import type { PrimaryAction } from '../ui/CellFrame.tsx';

/** A cell's kept experiments, the newest first, what its frame says of them, and the button that goes on with what waits. */
export function useKept<Experiment extends KeptExperiment>(
  cell: 'pieExperiments' | 'incubatorExperiments',
  ids: readonly Experiment['id'][],
) {
  const result = useResult(cell);
  const status = useShownStatus(cell);
  const experiments = useMemo(() => [...readKept<Experiment>(ids, result?.summary)].reverse(), [ids, result]);
  const open = experiments.reduce((sum, experiment) => sum + countOf(experiment, 'waiting'), 0);
  const isBusy = isAtWork(status);
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
