import { Check, CircleAlert, CircleDashed, CircleStop, Clock, RotateCcw, Square } from 'lucide-react';
import { Button } from 'react-aria-components';
import type { Progress } from '../../base/progress.ts';
import type { CellStatus } from '../../notebook/cells.ts';
import { formatBytes, formatCount, formatDuration, formatEta, formatPercent } from '../../notebook/format.ts';
import './output.css';

/** `done / total unit`, in the unit's own terms. */
export function progressText({ done, total, unit, phase: named }: Progress): string {
  const phase = named.charAt(0).toUpperCase() + named.slice(1);
  // Before the first of an unknown number the phase says it all.
  if (phase && done === 0 && total === null) return phase;
  // Which variant it is, the phase says; the bar is of all of them.
  if (unit === 'variants' && total !== null) return `${phase} · ${doneText(done / total)}`;
  const show = unit === 'bytes' ? formatBytes : formatCount;
  const suffix = unit === 'bytes' ? '' : ` ${unit}`;
  return `${phase ? `${phase} · ` : ''}${show(done)}${total === null ? '' : ` / ${show(total)}`}${suffix}`;
}

/** `29 %`; never all of it before the end. */
export const doneText = (share: number): string => formatPercent(Math.floor(100 * share) / 100, 0);

export function progressShare({ done, total }: Progress): number | null {
  return total === null || total <= 0 ? null : Math.min(1, done / total);
}

/** A cell's state in words, with a bar, counts and remaining time while it runs. */
export function StatePill(props: {
  readonly status: CellStatus;
  readonly onStop?: (() => void) | undefined;
}) {
  const { status, onStop } = props;
  switch (status.state) {
    case 'idle':
      return (
        <span className="pill">
          <CircleDashed size={14} aria-hidden /> Not run
        </span>
      );
    case 'stale':
      return (
        <span className="pill pill-warn">
          <RotateCcw size={14} aria-hidden />{' '}
          <span className="pill-text">
            {status.word ?? 'Stale'}: {status.why}
          </span>
        </span>
      );
    case 'queued':
      return (
        <span className="pill">
          <Clock size={14} aria-hidden /> Queued
          {onStop && <StopButton label="Take off the queue" onStop={onStop} />}
        </span>
      );
    case 'running':
      return <ProgressPill progress={status.progress} etaMs={status.etaMs} onStop={onStop} />;
    case 'done':
      return status.isStopped ? (
        <span className="pill">
          <CircleStop size={14} aria-hidden /> Stopped after {formatDuration(status.durationMs)}
        </span>
      ) : (
        <span className="pill pill-good">
          <Check size={14} aria-hidden />
          {status.durationMs >= 50 ? `Done in ${formatDuration(status.durationMs)}` : 'Up to date'}
        </span>
      );
    case 'failed':
      return (
        <span className="pill pill-bad">
          <CircleAlert size={14} aria-hidden /> <span className="pill-text">Failed</span>
        </span>
      );
  }
}

/** Work under way: bar, done/total, ETA and a way to stop. Also for work that is not a cell's own. */
export function ProgressPill(props: {
  readonly progress: Progress | null;
  readonly etaMs: number | null;
  readonly onStop?: (() => void) | undefined;
}) {
  const { progress, etaMs, onStop } = props;
  const share = progress ? progressShare(progress) : null;
  return (
    <span className="pill pill-run">
      <span
        className={`pill-bar${share === null ? ' pill-bar-unknown' : ''}`}
        role="progressbar"
        aria-label={progress?.phase || 'Running'}
        {...(share === null
          ? {}
          : { 'aria-valuenow': Math.round(share * 100), 'aria-valuemin': 0, 'aria-valuemax': 100 })}
        style={{ '--share': share ?? 0 } as React.CSSProperties}
      />
      <span className="pill-text num">{progress ? progressText(progress) : 'Starting'}</span>
      {/* Beside the text, which may be cut: how long it takes is what is looked for. */}
      {etaMs !== null && share !== 1 && <span className="pill-eta quiet num">· {formatEta(etaMs)} left</span>}
      {onStop && <StopButton label="Stop" onStop={onStop} />}
    </span>
  );
}

function StopButton({ label, onStop }: { readonly label: string; readonly onStop: () => void }) {
  return (
    <Button className="pill-stop" aria-label={label} onPress={onStop}>
      <Square size={10} fill="currentColor" aria-hidden />
    </Button>
  );
}
