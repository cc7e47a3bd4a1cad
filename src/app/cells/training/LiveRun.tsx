import { Pause, Play, RotateCcw, StepForward } from 'lucide-react';
import { tokensPerSecond } from '../../../notebook/runSpeed.ts';
import { formatBytes, formatCount, formatEta, formatNumber, formatShort } from '../../../notebook/format.ts';
import { trainingLossName } from '../../../training/describe.ts';
import { toastError } from '../../toasts.ts';
import { Button } from '../../ui/Button.tsx';
import { Figure, FigureRow } from '../../ui/Figure.tsx';
import { ErrorPanel, Note } from '../../ui/panels.tsx';
import { Curves } from './Curves.tsx';
import { KernelLine } from './PrecisionChoice.tsx';
import { isClosing, isLive, isResumable, type RunLog } from './runLog.ts';
import type { TrainingSession, TrainingState } from './session.ts';

/** One run: figures, transport, what it has to say, curves. */
export function LiveRun(props: {
  readonly log: RunLog;
  readonly asking: TrainingState['asking'];
  readonly session: TrainingSession;
  /** True where this tab's trainer works on the run, so that it can be paused. */
  readonly isOwn: boolean;
  /** True where the cell's frame shows the failure already. */
  readonly isErrorShown: boolean;
  readonly onResume: () => void;
}) {
  const { log, asking, session, isOwn, isErrorShown, onResume } = props;
  const last = log.steps.at(-1);
  const lately = log.steps.slice(-20);
  const loss =
    lately.length === 0 ? undefined : lately.reduce((sum, point) => sum + point.loss, 0) / lately.length;
  const validation = log.evaluations.filter(({ split }) => split === 'validation');
  const best = validation.findLast(({ isBest }) => isBest) ?? validation.at(-1);
  const firstLoss = log.steps[0]?.loss;
  const speed = tokensPerSecond(log.steps.slice(-50));
  const checkpoint = log.checkpoints.at(-1);
  const canStep = log.state === 'paused';

  return (
    <section className="stack" aria-label="Training run" data-run-state={log.state}>
      <FigureRow>
        <Figure
          label="Step"
          value={last ? formatCount(last.step) : log.state === 'preparing' ? '0' : null}
          baseline={log.totalSteps > 0 ? `of ${formatCount(log.totalSteps)}` : undefined}
        />
        <Figure
          label={`${lossTitle(log.loss)}, last 20 steps`}
          value={loss === undefined ? null : formatNumber(loss)}
          baseline={firstLoss === undefined ? undefined : `${formatNumber(firstLoss)} at the first step`}
        />
        <Figure
          label="Validation micro-F1"
          term="microF1"
          value={best ? formatNumber(best.microF1) : null}
          baseline={best ? `best, at step ${formatCount(best.step)} · 0.000 predicting nothing` : undefined}
        />
        <Figure
          label="Speed"
          value={speed === null ? null : formatShort(speed)}
          unit="tokens/s"
          baseline={
            last ? `${formatNumber(last.stepMs / 1000)} s a step${scaleWords(last.gradientScale)}` : undefined
          }
        />
        {isLive(log.state) ? (
          <Figure
            label="Left"
            value={log.etaMs === null || asking === 'stop' ? null : formatEta(log.etaMs)}
            baseline={asking === 'stop' ? 'stopping' : log.state === 'paused' ? 'paused' : undefined}
          />
        ) : null}
      </FigureRow>

      {isOwn && isLive(log.state) && (
        <div className="row" role="toolbar" aria-label="Run">
          {log.state === 'paused' ? (
            <Button
              icon={Play}
              isDisabled={asking !== null}
              onPress={() => void session.play().catch(toastError)}
            >
              Play
            </Button>
          ) : (
            <Button
              icon={Pause}
              isDisabled={asking !== null || log.state === 'preparing'}
              onPress={() => void session.pause().catch(toastError)}
            >
              Pause
            </Button>
          )}
          <Button
            icon={StepForward}
            isDisabled={!canStep || asking !== null}
            tip="One optimizer step, while paused"
            onPress={() => void session.step().catch(toastError)}
          >
            Step
          </Button>
          <span className="small quiet num" role="status">
            {asking === 'stop' ? stoppingWords(log) : log.detail}
          </span>
        </div>
      )}
      {!isOwn && isLive(log.state) && (
        <Note>
          <p>Another tab works on this run. It can be paused or stopped there.</p>
        </Note>
      )}
      {isResumable(log.state) && last && log.state !== 'failed' && (
        <Note
          tone="info"
          action={{ label: `Resume from step ${formatCount(resumeStep(log))}`, run: onResume }}
        >
          <p>
            {log.state === 'interrupted' ? 'This run was cut off' : 'This run was stopped'} at step{' '}
            {formatCount(last.step)} of {formatCount(log.totalSteps)}. Everything up to its last checkpoint is
            kept.
          </p>
        </Note>
      )}
      {log.state === 'failed' && log.error && !isErrorShown && (
        <ErrorPanel
          error={log.error}
          action={
            last ? { label: `Resume from step ${formatCount(resumeStep(log))}`, run: onResume } : undefined
          }
        />
      )}
      {log.warnings.map(({ code, message, remedy }) => (
        <Note key={code} tone="warn">
          <p>
            <strong>{message}</strong> {remedy}
          </p>
        </Note>
      ))}
      {log.steps.length > 0 || isLive(log.state) ? (
        <Curves
          steps={log.steps}
          evaluations={log.evaluations}
          totalSteps={log.totalSteps}
          bestStep={best?.step ?? null}
          loss={log.loss}
          isLive={isLive(log.state)}
        />
      ) : (
        <p className="quiet">This run ended before its first step.</p>
      )}
      {log.kernels && <KernelLine kernels={log.kernels} />}
      <p className="small quiet num">
        <RotateCcw size={12} aria-hidden className="inline-icon" />{' '}
        {checkpoint
          ? `Checkpoint at step ${formatCount(checkpoint.step)} (${formatBytes(checkpoint.bytes)}): a closed tab or a crash loses only what came after.`
          : 'No checkpoint yet.'}
      </p>
    </section>
  );
}

/** `Loss (BCE)`, but `Focal loss`. */
function lossTitle(loss: RunLog['loss']): string {
  const name = trainingLossName(loss);
  return name.endsWith(' loss') ? name.charAt(0).toUpperCase() + name.slice(1) : `Loss (${name})`;
}

/** What is under way after a stop was asked for: a run ends with scores of what it has learned. */
function stoppingWords(log: RunLog): string {
  return isClosing(log)
    ? 'Stopped; evaluating what it has learned so far. Stop again to do without.'
    : 'Stopping after the step in flight…';
}

/** Where a resume goes on, as far as the page knows: the last checkpoint it heard of, else the last step. */
export function resumeStep({ checkpoints, steps }: RunLog): number {
  return checkpoints.at(-1)?.step ?? steps.at(-1)?.step ?? 0;
}

/** The scale of half-precision gradients, a power of two. */
function scaleWords(scale: number | undefined): string {
  return scale === undefined ? '' : ` · gradients × 2^${Math.round(Math.log2(scale))}`;
}
