import { Waypoints } from 'lucide-react';
import { useEffect, useMemo } from 'react';
import { useStore } from 'zustand';
import { formatCount, formatDuration, formatNumber, plural } from '../../../notebook/format.ts';
import { contrastiveSteps } from '../../../training/contrastive/settings.ts';
import { useIsAtWork, useParameters, useResult, useSession } from '../../hooks.ts';
import { lacksData } from '../../lacks.ts';
import { toastError } from '../../toasts.ts';
import { CellFrame } from '../../ui/CellFrame.tsx';
import { Figure, FigureRow } from '../../ui/Figure.tsx';
import { EmptyState, Note } from '../../ui/panels.tsx';
import { downloadNotice } from '../training/models.ts';
import { currentInstructions, instructionsStore } from '../instructions/store.ts';
import { ContrastCurves } from './ContrastCurves.tsx';
import { TunedEncoders } from './TunedEncoders.tsx';
import { TuningForm } from './TuningForm.tsx';
import { continueTuning, refreshEncoders, tuningData, tuningStore } from './store.ts';
import './tuning.css';

/** PIE's training: instructions of one task are pulled together, those of others pushed apart. */
export function TuningCell() {
  const [parameters] = useParameters('tuning');
  const corpus = useSession((state) => state.corpus);
  const result = useResult('tuning');
  const encoders = useStore(tuningStore, (state) => state.encoders);
  const isShown = useStore(tuningStore, (state) => state.shown !== null);
  const isBusy = useIsAtWork('tuning');
  useEffect(() => {
    refreshEncoders().catch(toastError);
  }, []);
  const rows = useRows();
  const steps = rows === null ? null : contrastiveSteps({ ...parameters, ...unread }, rows);
  const notice = parameters.start === 'model' ? downloadNotice(parameters.model) : null;

  return (
    <CellFrame
      cell="tuning"
      title="Tune an embedder"
      purpose="Trains an encoder by contrast: an instruction is to lie by another of its category, and away from those that share only the verb or only the noun (PIE). The result joins the models of the Embedding cell."
      controls={
        <div className="tuning-controls">
          <TuningForm isDisabled={isBusy} />
          {notice && (
            <Note>
              <p>{notice}</p>
            </Note>
          )}
        </div>
      }
      primary={{
        label:
          rows === null || steps === null
            ? 'Tune on these instructions'
            : `Tune on ${plural(rows, 'instruction')}, ${plural(steps, 'step')}`,
        lacks: corpus ? null : lacksData,
        tip: 'Finds categories first, where that is not done. Stopping keeps what was learnt.',
      }}
    >
      {isShown ? (
        <ShownTuning />
      ) : (
        !result &&
        (encoders ?? []).length === 0 && (
          <EmptyState icon={Waypoints} title="No tuned encoder yet">
            <p>
              <strong>In:</strong> instructions with their categories. <strong>Out:</strong> an encoder in
              which instructions of one task are neighbours, kept in this browser, and a folder that
              transformers reads. A small one from random weights takes minutes on a CPU.
            </p>
          </EmptyState>
        )
      )}
      {encoders && encoders.length > 0 && <TunedEncoders encoders={encoders} isBusy={isBusy} />}
    </CellFrame>
  );
}

/** Figures and curves, apart from the rest: every report of a run draws them anew, and only them. */
function ShownTuning() {
  const shown = useStore(tuningStore, (state) => state.shown);
  if (!shown) return null;
  return (
    <>
      <FigureRow>
        <Figure
          label="Step"
          value={`${formatCount(shown.encoder.step)} / ${formatCount(shown.encoder.totalSteps)}`}
          baseline={
            shown.isLive
              ? shown.encoder.device
              : `${formatDuration(shown.encoder.elapsedMs)} on ${shown.encoder.device}`
          }
        />
        <Figure
          label="InfoNCE, last 20 steps"
          term="infoNce"
          value={lastMean(shown.points, 'loss')}
          baseline={
            shown.points[0] ? `${formatNumber(shown.points[0].loss, 3)} at the first step` : undefined
          }
        />
        <Figure
          label="Alignment"
          term="alignment"
          value={lastMean(shown.points, 'alignment')}
          baseline="distance² within a pair; low is good"
        />
        <Figure
          label="Uniformity"
          term="uniformity"
          value={lastMean(shown.points, 'uniformity')}
          baseline="spread of all; low is even"
        />
      </FigureRow>
      {!shown.isLive && shown.encoder.state !== 'done' && shown.encoder.step < shown.encoder.totalSteps && (
        <Note
          action={{
            label: `Continue from step ${formatCount(shown.encoder.step)}`,
            run: () => continueTuning(shown.encoder.id),
          }}
        >
          <p>
            Stopped at step {formatCount(shown.encoder.step)} of {formatCount(shown.encoder.totalSteps)}. What
            it learned by then is kept and can be used.
          </p>
        </Note>
      )}
      <ContrastCurves run={shown} />
    </>
  );
}

/** What counting steps does not read. */
const unread = {
  schedule: 'linear',
  warmupShare: 0.1,
  weightDecay: 0,
  clipNorm: 1,
  checkpointEverySteps: 100,
} as const;

/** Rows that would be tuned on; null before categories are found. */
function useRows(): number | null {
  const [parameters] = useParameters('tuning');
  const [reading] = useParameters('instructions');
  const known = useStore(instructionsStore, (state) => state.instructions);
  const { method, truth } = parameters;
  return useMemo(() => {
    const instructions = currentInstructions();
    // `reading` decides categories, and with them how many rows have one.
    if (!instructions || !known || !reading) return null;
    return tuningData(instructions, { ...parameters, method, truth }).texts.length;
    // Other settings do not change how many rows there are.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [known, reading, method, truth]);
}

function lastMean(
  points: readonly { readonly loss: number; readonly alignment: number; readonly uniformity: number }[],
  key: 'loss' | 'alignment' | 'uniformity',
): string | null {
  const last = points.slice(-20);
  return last.length === 0
    ? null
    : formatNumber(last.reduce((sum, point) => sum + point[key], 0) / last.length, 3);
}
