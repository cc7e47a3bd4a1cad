import { FlaskConical } from 'lucide-react';
import { useStore } from 'zustand';
import { isAtWork } from '../../../notebook/cells.ts';
import { countVariants } from '../../../notebook/experiments/list.ts';
import { plural } from '../../../notebook/format.ts';
import { useNotebook, useShownStatus } from '../../hooks.ts';
import { runner } from '../../runtime.ts';
import { CellFrame } from '../../ui/CellFrame.tsx';
import { EmptyState, type PanelAction } from '../../ui/panels.tsx';
import { ExperimentSection } from './ExperimentSection.tsx';
import { continueAll, experimentQueue } from './store.ts';
import { TemplateList } from './TemplateList.tsx';
import './experiments.css';

/** Questions that take several runs: each queues its variants, survives a reload, and ends in a plot with its table. */
export function ExperimentsCell() {
  const experiments = useNotebook((state) => state.experiments);
  const live = useStore(experimentQueue().store, (state) => state.live);
  const status = useShownStatus('experiments');
  const open = countVariants(experiments.flatMap(({ variants }) => variants)).open;
  const isBusy = isAtWork(status);
  return (
    <CellFrame
      cell="experiments"
      title="Experiments"
      purpose="Questions that take several runs. Each starts from the settings above, changes one thing at a time, and fills a plot and a table as its variants end. Nothing goes on by itself: after a reload, what was done stands and the rest waits."
      status={status}
      onStop={() => runner.stop('experiments')}
      controls={<TemplateList />}
      {...(open > 0 || isBusy
        ? { primary: { label: `Continue ${plural(open, 'variant')}`, run: continueAll } }
        : {})}
      remedy={remedy}
    >
      {experiments.length === 0 ? (
        <EmptyState icon={FlaskConical} title="No experiment yet">
          <p>
            <strong>In:</strong> the open data and the settings of the cells above. <strong>Out:</strong> one
            run a variant, with its curves in the Training cell, and here a plot over what was varied, beside
            models that do not read.
          </p>
        </EmptyState>
      ) : (
        [...experiments]
          .reverse()
          .map((experiment) => (
            <ExperimentSection
              key={experiment.id}
              experiment={experiment}
              live={live?.experimentId === experiment.id ? live : null}
              isBusy={isBusy}
            />
          ))
      )}
    </CellFrame>
  );
}

function remedy(code: string): PanelAction | undefined {
  return code === 'experiment-data-missing' ? { label: 'Continue', run: continueAll } : undefined;
}
