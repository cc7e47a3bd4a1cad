import { ChartSpline } from 'lucide-react';
import { useEffect, useMemo } from 'react';
import { useStore } from 'zustand';
import { tokensPerSecond } from '../../../notebook/runSpeed.ts';
import { formatCount, formatEta, plural } from '../../../notebook/format.ts';
import { hyperparameterProblems } from '../../../training/hyperparameters.ts';
import type { Hyperparameters } from '../../../services/trainer/contract.ts';
import { useIsAtWork, useNotebook, useParameters, useResult, useSession, useStatus } from '../../hooks.ts';
import { lacksData } from '../../lacks.ts';
import { notebook, runner } from '../../runtime.ts';
import { session as page } from '../../session.ts';
import { toastError } from '../../toasts.ts';
import { CellFrame, type PrimaryAction } from '../../ui/CellFrame.tsx';
import { EmptyState, Note, type PanelAction } from '../../ui/panels.tsx';
import { ModelPicker } from '../text/ModelPicker.tsx';
import { modelName } from '../../../notebook/modelChoice.ts';
import { DeviceBadge, DeviceField } from './DeviceField.tsx';
import { estimateMs } from './estimate.ts';
import { HyperparameterForm } from './HyperparameterForm.tsx';
import { LiveRun, resumeStep } from './LiveRun.tsx';
import { MemoryBar } from './MemoryBar.tsx';
import { downloadNotice, isPretrained } from './models.ts';
import { followPlan, planNow } from './plan.ts';
import { RunHistory } from './RunHistory.tsx';
import { isClosing } from './runLog.ts';
import { shownLog } from './session.ts';
import { resumeRun } from './task.ts';
import { trainingSession } from './trainer.ts';
import './training.css';

/** Fine-tuning: what is trained, on what, how; live curves; the runs kept in this browser. */
export function TrainingCell() {
  const training = trainingSession();
  // Single values, so that a step of a run redraws its figures and not this form.
  const device = useStore(training.store, (state) => state.device);
  const deviceError = useStore(training.store, (state) => state.deviceError);
  const preflight = useStore(training.store, (state) => state.preflight);
  const model = useNotebook(({ parameters }) => parameters.text.model);
  const lowering = useNotebook(({ parameters }) => parameters.training.lowering);
  const isBusy = useIsAtWork('training');
  const trainRows = useTrainRows();
  const hasCorpus = useSession(({ labelTable }) => labelTable !== null);

  useEffect(() => {
    void training.readDevice(lowering);
  }, [training, lowering]);
  useEffect(() => {
    page.setState({ device });
  }, [device]);
  useEffect(() => {
    training.refresh().catch(toastError);
  }, [training]);
  useEffect(() => followPlan(), []);

  const notice = downloadNotice(model);

  return (
    <CellFrame
      cell="training"
      title="Training"
      purpose="Fine-tunes the model on the training rows with one 0/1 output a label, and watches it on the validation rows."
      primary={usePrimary()}
      controls={
        <div className="training-controls">
          <div className="cell-fields">
            <ModelPicker />
            <DeviceField isDisabled={isBusy} />
            <DeviceBadge device={device} error={deviceError} wanted={lowering} />
          </div>
          {notice && (
            <Note>
              <p>{notice}</p>
            </Note>
          )}
          <HyperparameterForm trainRows={trainRows} isPretrained={isPretrained(model)} isDisabled={isBusy} />
          <MemoryBar
            preflight={preflight}
            onApply={applySuggestion}
            onPlan={model.kind === 'hub' && hasCorpus ? () => void planNow().catch(toastError) : null}
          />
        </div>
      }
      remedy={remedy}
      onStop={stopTraining}
    >
      <RunSection />
    </CellFrame>
  );
}

/**
 * A stop while the closing scores are made does without them: over many rows, on a slow device, they take minutes. One that comes
 * before, as the second half of a double click does, means no more than the first.
 */
function stopTraining(): void {
  const training = trainingSession();
  const { asking, live } = training.store.getState();
  if (asking !== 'stop') runner.stop('training');
  else if (live && isClosing(live)) training.hurry().catch(toastError);
}

/** Training rows: those of the split, or what it will come to, so that presets fit before anything has run. */
function useTrainRows(): number {
  const { validation, test } = useNotebook(({ parameters }) => parameters.split);
  return useSession(({ split, selection, corpus }) => {
    if (split) return split.train.length;
    const rows = selection?.rowIds.length ?? corpus?.rowCount ?? 10_000;
    return Math.round(rows * (1 - validation - test));
  });
}

const resume = (runId: string) => void resumeRun(runId).catch(toastError);

/** A failed run goes on from its checkpoint; a failure before the first step has nothing to go on from. */
function remedy(code: string): PanelAction | undefined {
  const { live } = trainingSession().store.getState();
  if (!live || live.steps.length === 0 || code === 'training-data-missing') return undefined;
  const { runId } = live;
  return { label: `Resume from step ${formatCount(resumeStep(live))}`, run: () => resume(runId) };
}

/** The run that is shown, and the others. */
function RunSection() {
  const training = trainingSession();
  const state = useStore(training.store);
  const isBusy = useIsAtWork('training');
  const isFailed = useNotebook(({ activities }) => activities.training?.kind === 'failed');
  const log = shownLog(state);
  const isOwn = log !== null && log.runId === state.live?.runId;
  return (
    <>
      {!log && <NoRunYet />}
      {log && (
        <LiveRun
          log={log}
          asking={state.asking}
          session={training}
          isOwn={isOwn}
          isErrorShown={isFailed && isOwn}
          onResume={() => resume(log.runId)}
        />
      )}
      {state.runs && state.runs.length > 0 && (
        <RunHistory
          runs={state.runs}
          shownRunId={log?.runId ?? null}
          session={training}
          isBusy={isBusy}
          onResume={resume}
        />
      )}
    </>
  );
}

function NoRunYet() {
  return (
    <EmptyState icon={ChartSpline} title="No run yet">
      <p>
        <strong>In:</strong> the training and validation rows as token ids, and a model. <strong>Out:</strong>{' '}
        weights with one output a label, live curves, checkpoints that survive the tab, and kept outputs for
        the evaluation below.
      </p>
    </EmptyState>
  );
}

/** Takes a suggestion of the memory plan; the length limit is the text cell's. */
function applySuggestion({ maxLength, ...change }: Partial<Hyperparameters>): void {
  const { training } = notebook.store.getState().parameters;
  notebook.setSeveral({
    training: { hyperparameters: { ...training.hyperparameters, ...change } },
    ...(maxLength === undefined ? {} : { text: { maxLength } }),
  });
}

/** The button says what will happen: rows, and how long as far as an earlier run on this device tells. */
function usePrimary(): PrimaryAction {
  const [training] = useParameters('training');
  const [text] = useParameters('text');
  const split = useSession((state) => state.split);
  const tokens = useSession((state) => state.tokens);
  const hasCorpus = useSession((state) => state.labelTable !== null);
  const splitStatus = useStatus('split');
  const textStatus = useStatus('text');
  const result = useResult('training');
  const runs = useStore(trainingSession().store, (state) => state.runs);
  const device = useStore(trainingSession().store, (state) => state.device);

  const trainTokens = useMemo(() => {
    if (!split || !tokens) return null;
    let sum = 0;
    for (const row of split.train)
      sum += (tokens.offsets[row + 1] as number) - (tokens.offsets[row] as number);
    return Number.isFinite(sum) ? sum : null;
  }, [split, tokens]);

  if (!hasCorpus) return { label: 'Train', lacks: lacksData };
  const hyperparameters = { ...training.hyperparameters, maxLength: text.maxLength };
  const [problem] = hyperparameterProblems(hyperparameters);
  const isReady = split && tokens && splitStatus.state === 'done' && textStatus.state === 'done';
  if (problem) return { label: 'Train', lacks: `${problem.message} ${problem.remedy}` };
  if (!isReady)
    return {
      label: 'Split, tokenise and train',
      tip: 'Runs the cells above that are not up to date, then trains.',
      run: () => void runner.runThrough('training'),
    };
  const known = runs?.find(
    (run) =>
      run.modelName === modelName(text.model) && run.device?.name === device?.name && run.steps.length > 2,
  );
  const ms = estimateMs(
    hyperparameters,
    split.train.length,
    trainTokens,
    known ? tokensPerSecond(known.steps) : null,
  );
  const rows = plural(split.train.length, 'row');
  return {
    label: `Train on ${rows}${ms === null ? '' : `, ${formatEta(ms)}`}`,
    run: () => void runner.runThrough('training'),
    ...(result ? { tip: 'Starts a new run; earlier runs are kept below.' } : {}),
  };
}
