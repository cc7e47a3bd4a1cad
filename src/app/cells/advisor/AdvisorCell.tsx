import { Compass } from 'lucide-react';
import { useMemo } from 'react';
import { useStore } from 'zustand';
import { createAdvisor, type Advisor } from '../../../core/advisor/advisor.ts';
import { leastLearned, type Advice } from '../../../core/advisor/types.ts';
import { resultsIn } from '../../../notebook/advisor.ts';
import { formatCount, formatNumber, formatPercent, plural } from '../../../notebook/format.ts';
import { useNotebook, useResult, useSession } from '../../hooks.ts';
import { lacksData } from '../../lacks.ts';
import { notebook } from '../../runtime.ts';
import { toast } from '../../toasts.ts';
import { Button } from '../../ui/Button.tsx';
import { CellFrame } from '../../ui/CellFrame.tsx';
import { Figure, FigureRow } from '../../ui/Figure.tsx';
import { EmptyState } from '../../ui/panels.tsx';
import { exploredStore } from '../labels/explored.ts';
import { BalancePlot } from './BalancePlot.tsx';
import { CheckTable } from './CheckTable.tsx';
import { LearningPlot } from './LearningPlot.tsx';
import type { AdvisorSummary } from './task.ts';
import './advisor.css';

/** Which labels the data can teach: a range for the threshold from how a cheap model learns, before any network is trained. */
export function AdvisorCell() {
  const result = useResult('advisor');
  const hasData = useSession((state) => state.labelTable !== null);
  const summary = result ? (result.summary as unknown as AdvisorSummary) : null;
  return (
    <CellFrame
      cell="advisor"
      title="Threshold advisor"
      purpose="Recommends a label threshold before a network is trained: TF-IDF with logistic regression learns from a quarter, half and all of the rows, which shows how many records a label needs; the label counts show what a threshold gives away."
      primary={{
        label: result ? 'Measure again' : 'Measure how labels are learned',
        lacks: hasData ? null : lacksData,
        tip: 'At most 48 labels and 12,000 records, three times: seconds to a minute or two. Changes nothing by itself.',
      }}
    >
      {summary ? (
        <Advised summary={summary} />
      ) : (
        <EmptyState icon={Compass} title="No advice yet">
          <p>
            <strong>In:</strong> the open records and their labels. <strong>Out:</strong> a range of
            thresholds with its reasons, the curves behind it, and whether finished runs of the threshold
            ablation bear it out.
          </p>
        </EmptyState>
      )}
    </CellFrame>
  );
}

function Advised({ summary }: { readonly summary: AdvisorSummary }) {
  const table = useStore(exploredStore, (explored) =>
    explored.kind === 'ready' ? explored.explorer.table : null,
  );
  const advised = useMemo(() => (table ? adviceOn(table, summary) : null), [table, summary]);
  const advice = advised?.advice ?? summary.advice;
  return (
    <>
      <Headline advisor={advised?.advisor ?? null} advice={advice} summary={summary} />
      <ul className="advice">
        {advice.sentences.map((sentence) => (
          <li key={sentence}>{sentence}</li>
        ))}
      </ul>
      {advised ? (
        <>
          <BalancePlot advice={advised.advice} />
          <LearningPlot advice={advised.advice} names={table?.labels ?? []} trainShare={summary.trainShare} />
          <CheckTable advisor={advised.advisor} />
        </>
      ) : (
        <p className="small quiet">Open the data again to see the curves behind it.</p>
      )}
    </>
  );
}

function adviceOn(
  table: Parameters<typeof createAdvisor>[0]['table'],
  { results, trainShare }: AdvisorSummary,
): { readonly advisor: Advisor; readonly advice: Advice } | null {
  try {
    const advisor = createAdvisor({ table, results: resultsIn(table, results), trainShare });
    return { advisor, advice: advisor.advise() };
  } catch {
    // Other data is open: none of its labels was measured. The cell says that it is stale.
    return null;
  }
}

function Headline(props: {
  readonly advisor: Advisor | null;
  readonly advice: AdvisorSummary['advice'];
  readonly summary: AdvisorSummary;
}) {
  const { advisor, advice, summary } = props;
  const { low, high, recommended } = advice;
  const threshold = useNotebook(({ parameters }) => parameters.labels.threshold);
  const best = advisor?.at(recommended) ?? null;
  const own = advisor?.at(threshold) ?? null;
  const isBlind = best !== null && best.expectedMacroF1 < leastLearned;
  const use = () => {
    notebook.setParameters('labels', { threshold: recommended });
    toast(`Set the label threshold to ${formatCount(recommended)}.`, {
      action: { label: 'Undo', run: () => notebook.setParameters('labels', { threshold }) },
    });
  };
  return (
    <div className="advice-head">
      <FigureRow>
        <Figure
          label="Recommended threshold"
          term="threshold"
          value={
            isBlind ? null : low === high ? formatCount(low) : `${formatCount(low)}–${formatCount(high)}`
          }
          unit="records"
          baseline={
            isBlind
              ? `now ${formatCount(threshold)}`
              : `best ${formatCount(recommended)}; now ${formatCount(threshold)}`
          }
        />
        <Figure
          label={`Labels kept at ${formatCount(recommended)}`}
          value={best && formatCount(best.labelsKept)}
          {...(own ? { baseline: `now ${formatCount(own.labelsKept)}` } : {})}
        />
        <Figure
          label="Label assignments kept"
          value={best && formatPercent(best.assignmentShare)}
          {...(own ? { baseline: `now ${formatPercent(own.assignmentShare)}` } : {})}
        />
        <Figure
          label="Expected macro-F1"
          term="macroF1"
          value={best && formatNumber(best.expectedMacroF1)}
          {...(own ? { baseline: `now ${formatNumber(own.expectedMacroF1)}, of TF-IDF` } : {})}
        />
      </FigureRow>
      <div className="row">
        {!isBlind && (
          <Button onPress={use} isDisabled={threshold === recommended}>
            {threshold === recommended
              ? 'This threshold is set'
              : `Use this threshold (${formatCount(recommended)})`}
          </Button>
        )}
        <span className="small quiet">
          Measured on {plural(summary.labels, 'label')} and {plural(summary.rows, 'record')}.
        </span>
      </div>
    </div>
  );
}
