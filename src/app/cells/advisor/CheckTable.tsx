import { useMemo } from 'react';
import type { Advisor } from '../../../core/advisor/advisor.ts';
import { ablationRuns } from '../../../notebook/advisor.ts';
import { formatCount, formatNumber } from '../../../notebook/format.ts';
import { useNotebook, useSession } from '../../hooks.ts';
import { Output } from '../../ui/Output.tsx';
import { SimpleTable } from '../../ui/SimpleTable.tsx';

const kinds = [
  ['network', 'Network'],
  ['reference', 'TF-IDF'],
] as const;

/** The advice beside what runs of the threshold ablation really scored, by the same measure. */
export function CheckTable({ advisor }: { readonly advisor: Advisor }) {
  const experiments = useNotebook((state) => state.experiments);
  const dataHash = useSession(({ corpus }) => corpus?.dataHash ?? null);
  const checks = useMemo(
    () =>
      kinds.map(([kind, name]) => ({
        kind,
        name,
        check: advisor.check(ablationRuns(experiments, dataHash, kind)),
      })),
    [advisor, experiments, dataHash],
  );
  const done = checks.filter(({ check }) => check.runs.length > 0);
  if (done.length === 0)
    return (
      <p className="small quiet">
        Not checked yet: run “Label threshold” in the Experiments cell, and its finished runs are set beside
        the advice here.
      </p>
    );
  return (
    <Output
      name="The advice against finished runs"
      summary={done.map(({ name, check }) => `${name}: ${check.sentence}`).join(' ')}
    >
      <SimpleTable
        caption="Thresholds of the ablation: expected and real macro-F1"
        header={['Run', 'Expected macro-F1', 'Real macro-F1', 'Balance', 'In the range']}
        rows={done.flatMap(({ kind, name, check }) =>
          check.runs.map((run) => ({
            key: `${kind} ${run.threshold}`,
            isStrong: run === check.best,
            cells: [
              `${name}, threshold ${formatCount(run.threshold)}`,
              formatNumber(run.expectedMacroF1),
              formatNumber(run.macroF1),
              `${formatNumber(run.balance)}${run === check.best ? ' (best)' : ''}`,
              run.isInRange ? 'yes' : 'no',
            ],
          })),
        )}
      />
    </Output>
  );
}
