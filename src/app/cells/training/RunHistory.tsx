import { useMemo } from 'react';
import { formatCount, formatDuration, formatMinute, formatNumber } from '../../../notebook/format.ts';
import type { RunSummary } from '../../../services/trainer/contract.ts';
import { encodingName } from '../../../core/encodings/types.ts';
import { poolingWords, trainingLossName } from '../../../training/describe.ts';
import { segmentLengthOf } from '../../../training/hyperparameters.ts';
import { fileStem, saveFile } from '../../files.ts';
import { toast, toastError } from '../../toasts.ts';
import { Button } from '../../ui/Button.tsx';
import { DataTable, type Column } from '../../ui/DataTable.tsx';
import { KernelLine } from './PrecisionChoice.tsx';
import { isLive, isResumable } from './runLog.ts';
import { scientific } from './ScientificField.tsx';
import type { TrainingSession } from './session.ts';
import { trainerService } from './trainer.ts';

const stateWords: Readonly<Record<RunSummary['state'], string>> = {
  preparing: 'preparing',
  running: 'running',
  paused: 'paused',
  stopped: 'stopped',
  done: 'done',
  failed: 'failed',
  interrupted: 'cut off',
};

const bestOf = (run: RunSummary) => {
  const validation = run.evaluations.filter(({ split }) => split === 'validation');
  return validation.find(({ step }) => step === run.bestStep) ?? validation.at(-1) ?? null;
};

/** Every run kept in this browser: what it was, how far it came, and what can be done with it. */
export function RunHistory(props: {
  readonly runs: readonly RunSummary[];
  readonly shownRunId: string | null;
  readonly session: TrainingSession;
  readonly isBusy: boolean;
  readonly onResume: (runId: string) => void;
}) {
  const { runs, shownRunId, session, isBusy, onResume } = props;
  const columns = useMemo(
    (): Column<RunSummary>[] => [
      {
        id: 'started',
        header: 'Started',
        value: (run) => run.createdAt,
        render: (run) => (
          <span className={run.runId === shownRunId ? 'run-shown' : ''}>{formatMinute(run.createdAt)}</span>
        ),
        width: 'minmax(112px, 1.2fr)',
      },
      { id: 'model', header: 'Model', value: (run) => run.modelName, width: 'minmax(96px, 1.4fr)' },
      {
        id: 'device',
        header: 'Device',
        value: (run) => run.device?.name ?? null,
        width: 'minmax(96px, 1.6fr)',
      },
      { id: 'state', header: 'State', value: (run) => stateWords[run.state], width: '76px' },
      { id: 'labels', header: 'Labels', value: (run) => run.labels.length, width: '60px' },
      {
        id: 'step',
        header: 'Step',
        value: (run) => run.step,
        width: '108px',
        isNumber: true,
        render: (run) => `${formatCount(run.step)} / ${formatCount(run.totalSteps)}`,
      },
      {
        id: 'microF1',
        header: 'Micro-F1',
        value: (run) => bestOf(run)?.microF1 ?? null,
        format: formatNumber,
        width: '76px',
      },
      {
        id: 'elapsed',
        header: 'Took',
        value: (run) => run.elapsedMs,
        format: formatDuration,
        width: '88px',
      },
    ],
    [shownRunId],
  );
  const detail = (run: RunSummary) => (
    <RunDetail
      run={run}
      isShown={run.runId === shownRunId}
      session={session}
      isBusy={isBusy}
      onResume={onResume}
    />
  );
  return (
    <DataTable
      name="Runs"
      summary={`${formatCount(runs.length)} kept in this browser`}
      rows={runs}
      columns={columns}
      getKey={(run) => run.runId}
      maxHeight={300}
      detail={detail}
    />
  );
}

function RunDetail(props: {
  readonly run: RunSummary;
  readonly isShown: boolean;
  readonly session: TrainingSession;
  readonly isBusy: boolean;
  readonly onResume: (runId: string) => void;
}) {
  const { run, isShown, session, isBusy, onResume } = props;
  const segment = segmentLengthOf(run.hyperparameters);
  const pooling = poolingWords(run.hyperparameters);
  return (
    <div className="stack">
      <p className="small quiet num">
        {run.runId} · seed {run.seed} · lr {scientific(run.hyperparameters.learningRate)} · batch{' '}
        {run.hyperparameters.batchSize} · {run.hyperparameters.epochs} epochs ·{' '}
        {run.hyperparameters.maxLength} tokens
        {segment === null
          ? ''
          : ` in ${run.hyperparameters.longTexts === 'windows' ? 'windows' : 'segments'} of ${segment}`}{' '}
        · {trainingLossName(run.hyperparameters.loss)} · {encodingName(run.hyperparameters.encoding)} ·{' '}
        {run.hyperparameters.schedule} · data {run.dataHash.slice(0, 8)}
      </p>
      {pooling && <p className="small quiet">Evaluated in windows: {pooling}.</p>}
      {run.kernels && <KernelLine kernels={run.kernels} />}
      {run.error && (
        <p className="small">
          <strong>{run.error.message}</strong> {run.error.remedy}
        </p>
      )}
      <div className="row">
        <Button isDisabled={isShown} onPress={() => session.show(run.runId)}>
          Show curves
        </Button>
        {isResumable(run.state) && (
          <Button isDisabled={isBusy} onPress={() => onResume(run.runId)}>
            Resume from step {formatCount(run.step)}
          </Button>
        )}
        <Button
          isDisabled={run.step === 0}
          tip="A zip that from_pretrained reads: config, safetensors, tokenizer"
          onPress={() => void exportModel(run)}
        >
          Export model
        </Button>
        <Button isDisabled={isLive(run.state)} onPress={() => void removeRun(session, run).catch(toastError)}>
          Remove
        </Button>
      </div>
    </div>
  );
}

async function removeRun(session: TrainingSession, run: RunSummary): Promise<void> {
  await session.remove(run.runId);
  toast(`Removed the run of ${formatMinute(run.createdAt)}.`, {
    action: { label: 'Undo', run: () => void session.restore(run.runId).catch(toastError) },
  });
}

async function exportModel(run: RunSummary): Promise<void> {
  try {
    saveFile(await trainerService().exportModel(run.runId), `${fileStem(run.modelName)}-${run.runId}.zip`);
  } catch (error) {
    toastError(error);
  }
}
