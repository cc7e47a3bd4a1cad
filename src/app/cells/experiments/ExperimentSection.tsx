import { Pause, Play, SkipForward, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { useStore } from 'zustand';
import { countVariants } from '../../../notebook/experiments/list.ts';
import type { LiveVariant } from '../../../notebook/experiments/queue.ts';
import { templateOf } from '../../../notebook/experiments/templates.ts';
import type { Experiment, VariantScores } from '../../../notebook/experiments/types.ts';
import { formatMinute, plural } from '../../../notebook/format.ts';
import { notebook } from '../../runtime.ts';
import { toast, toastError } from '../../toasts.ts';
import { Button, IconButton } from '../../ui/Button.tsx';
import { Select } from '../../ui/fields.tsx';
import { Note } from '../../ui/panels.tsx';
import { ProgressPill } from '../../ui/StatePill.tsx';
import { trainingSession } from '../training/trainer.ts';
import { ExperimentPlot } from './ExperimentPlot.tsx';
import { LabelSpread } from './LabelSpread.tsx';
import { metricChoices, type Decision } from './model.ts';
import { continueExperiment, experimentQueue, forgetReferences } from './store.ts';
import { VariantTable } from './VariantTable.tsx';

const decisions = [
  { value: 'half', label: '0.5' },
  {
    value: 'tuned',
    label: 'Best on validation',
    description: 'One threshold a variant, chosen on validation rows.',
  },
] as const satisfies readonly { value: Decision; label: string; description?: string }[];

/** One experiment: how far it is, what it has found, every variant. */
export function ExperimentSection(props: {
  readonly experiment: Experiment;
  readonly live: LiveVariant | null;
  readonly isBusy: boolean;
}) {
  const { experiment, live, isBusy } = props;
  const [metric, setMetric] = useState<keyof VariantScores>('microF1');
  const [decision, setDecision] = useState<Decision>('half');
  const wanted = useStore(experimentQueue().store, (state) => state.wanted);
  const counts = countVariants(experiment.variants);
  const template = templateOf(experiment.template);
  const isWanted = isBusy && wanted.includes(experiment.id);
  const failed = experiment.variants.filter(({ state }) => state.kind === 'failed');
  const skipped = experiment.variants.filter(({ state }) => state.kind === 'skipped');
  const words = [
    `${counts.done} of ${plural(counts.total - counts.skipped, 'run')} done`,
    counts.failed > 0 ? `${counts.failed} failed` : null,
    counts.skipped > 0 ? `${counts.skipped} skipped` : null,
    formatMinute(experiment.createdAt),
  ].filter((word) => word !== null);

  return (
    <section
      className="experiment"
      aria-label={`Experiment ${experiment.title}`}
      data-experiment={experiment.template}
      data-open={counts.open}
    >
      <header className="experiment-head">
        <div className="experiment-title">
          <h3>{experiment.title}</h3>
          <p className="small quiet num">{words.join(' · ')}</p>
        </div>
        {live ? (
          <LiveControls live={live} />
        ) : isWanted && counts.open > 0 ? (
          <span className="small quiet">Waits for the experiment before it</span>
        ) : (
          counts.open > 0 && (
            <Button icon={Play} onPress={() => continueExperiment(experiment.id)}>
              Continue {plural(counts.open, 'variant')}
            </Button>
          )
        )}
        <IconButton
          icon={Trash2}
          label={`Remove ${experiment.title}`}
          isDisabled={live !== null}
          onPress={() => removeExperiment(experiment)}
        />
      </header>
      {failed.length > 0 && (
        <Note tone="bad">
          <p>
            <strong>
              {plural(failed.length, 'variant')} failed: {failed.map(({ name }) => name).join(', ')}.
            </strong>{' '}
            {failed[0]?.state.kind === 'failed' ? failed[0].state.error.message : ''} The others went on; open
            its row to try it again.
          </p>
        </Note>
      )}
      {skipped.length > 0 && (
        <p className="small quiet">
          Skipped:{' '}
          {skipped
            .map(
              ({ name, state }) =>
                `${name} (${state.kind === 'skipped' ? state.why.replace(/\.$/u, '').toLowerCase() : ''})`,
            )
            .join(', ')}
        </p>
      )}
      {counts.done > 0 ? (
        <>
          <ExperimentPlot
            experiment={experiment}
            metric={metric}
            decision={decision}
            tools={
              <div className="experiment-tools">
                <Select
                  label="Score"
                  hideLabel
                  value={metric}
                  onChange={setMetric}
                  options={metricChoices}
                  width={168}
                />
                <Select
                  label="Decision threshold"
                  hideLabel
                  value={decision}
                  onChange={setDecision}
                  options={decisions}
                  width={192}
                />
              </div>
            }
          />
          {(experiment.template === 'threshold' || experiment.template === 'loss') && (
            <LabelSpread experiment={experiment} axis={template.axis} decision={decision} />
          )}
        </>
      ) : (
        <p className="quiet experiment-nothing">
          The plot stands here as soon as the first variant has ended.
        </p>
      )}
      <VariantTable experiment={experiment} decision={decision} live={live} />
    </section>
  );
}

/** How far, how long, and the ways to hold it: pause after a step, skip this variant, stop all. */
function LiveControls({ live }: { readonly live: LiveVariant }) {
  const training = trainingSession();
  const runState = useStore(training.store, (state) =>
    state.live?.runId === live.runId ? state.live.state : null,
  );
  const asking = useStore(training.store, (state) => state.asking);
  return (
    <div className="experiment-live">
      <ProgressPill progress={live.progress} etaMs={live.etaMs} />
      {runState === 'paused' ? (
        <Button
          icon={Play}
          isDisabled={asking !== null}
          onPress={() => void training.play().catch(toastError)}
        >
          Play
        </Button>
      ) : (
        <Button
          icon={Pause}
          isDisabled={runState !== 'running' || asking !== null}
          onPress={() => void training.pause().catch(toastError)}
        >
          Pause
        </Button>
      )}
      <Button
        icon={SkipForward}
        tip="Ends this variant and goes on with the next; Stop above ends all of them, with a checkpoint."
        onPress={() => experimentQueue().skip()}
      >
        Skip
      </Button>
    </div>
  );
}

function removeExperiment(experiment: Experiment): void {
  const at = notebook.store.getState().experiments.findIndex(({ id }) => id === experiment.id);
  if (!notebook.editExperiments((list) => list.filter(({ id }) => id !== experiment.id))) return;
  const remember = forgetReferences(experiment.variants);
  const putBack = () => {
    remember();
    return notebook.editExperiments((list) =>
      list.some(({ id }) => id === experiment.id) ? list : list.toSpliced(at, 0, experiment),
    );
  };
  toast(`Removed “${experiment.title}”. Its runs are kept in the Training cell.`, {
    action: { label: 'Undo', run: () => void putBack() },
  });
}
