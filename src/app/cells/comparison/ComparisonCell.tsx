import { Scale } from 'lucide-react';
import { useEffect, useMemo } from 'react';
import { useStore } from 'zustand';
import { plural } from '../../../notebook/format.ts';
import { useNotebook } from '../../hooks.ts';
import { runner } from '../../runtime.ts';
import { toastError } from '../../toasts.ts';
import { CellFrame } from '../../ui/CellFrame.tsx';
import { Select } from '../../ui/fields.tsx';
import { EmptyState, Note } from '../../ui/panels.tsx';
import { trainingSession } from '../training/trainer.ts';
import { candidatesOf } from './candidates.ts';
import { ComparedCurves } from './Curves.tsx';
import { Findings, Verdicts } from './Findings.tsx';
import { LabelScatter } from './LabelScatter.tsx';
import type { Decision } from './model.ts';
import { PaperView } from './PaperView.tsx';
import { RunPicker } from './RunPicker.tsx';
import { comparisonStore, restoreComparison } from './store.ts';
import './comparison.css';

const decisions = [
  { value: 'half', label: '0.5' },
  {
    value: 'tuned',
    label: 'Best on validation',
    description: 'Each model at its own; references stay at 0.5.',
  },
] as const satisfies readonly { value: Decision; label: string; description?: string }[];

const noRuns: readonly never[] = [];

/** Two or more models on the same test rows: which differences are more than the luck of the rows. */
export function ComparisonCell() {
  const { chosen, decision, shown, problem, fingerprints } = useStore(comparisonStore);
  const runs = useStore(trainingSession().store, (state) => state.runs) ?? noRuns;
  const experiments = useNotebook((state) => state.experiments);
  const isBusy = useNotebook(
    ({ activities }) => activities.comparison !== undefined && activities.comparison.kind !== 'failed',
  );
  const candidates = useMemo(
    () => candidatesOf(runs, experiments, fingerprints),
    [runs, experiments, fingerprints],
  );
  useEffect(() => {
    restoreComparison().catch(toastError);
  }, []);
  const known = chosen.filter((key) => candidates.some((candidate) => candidate.key === key));
  const shownKeys = shown?.compared.models.map(({ candidate }) => candidate.key) ?? [];
  const isAsShown =
    shown !== null && shown.decision === decision && shownKeys.join() === known.join() && known.length > 0;
  return (
    <CellFrame
      cell="comparison"
      title="Comparison"
      purpose="Puts two or more finished runs side by side on the same test rows, and says which differences are more than the luck of those rows."
      controls={
        <>
          {candidates.length > 0 && <RunPicker candidates={candidates} chosen={known} isDisabled={isBusy} />}
          <Select
            label="Decision threshold"
            value={decision}
            onChange={(next) => comparisonStore.setState({ decision: next })}
            options={decisions}
            isDisabled={isBusy}
            width={184}
          />
        </>
      }
      primary={{
        label: known.length < 2 ? 'Compare' : `Compare ${known.length} models`,
        run: () => void runner.run('comparison'),
        lacks:
          known.length >= 2 ? null : candidates.length < 2 ? 'Train two models first.' : 'Tick two runs.',
        tip: '10,000 paired resamples and as many random swaps a pair, in a worker; can be stopped.',
      }}
    >
      {problem && (
        <Note tone="warn">
          <p>
            <strong>{problem.message}</strong> {problem.remedy}
          </p>
        </Note>
      )}
      {shown && !isAsShown && !isBusy && (
        <Note>
          <p>
            Below: the comparison of {shown.report.names.join(', ')} on{' '}
            {plural(shown.compared.rows, 'test row')}. Press Compare for what is ticked now.
          </p>
        </Note>
      )}
      {shown ? (
        <>
          <Verdicts shown={shown} />
          <Findings shown={shown} />
          <ComparedCurves models={shown.compared.models} />
          <LabelScatter key={shownKeys.join()} shown={shown} />
        </>
      ) : (
        <EmptyState icon={Scale} title="Nothing compared yet">
          <p>
            <strong>In:</strong> two or more runs that were evaluated on the same test rows, such as the
            variants of an experiment. <strong>Out:</strong> their scores with intervals, tests of every
            difference in plain words, curves over each other, and every label’s F1 under two models.
          </p>
        </EmptyState>
      )}
      <PaperView shown={shown} />
    </CellFrame>
  );
}
