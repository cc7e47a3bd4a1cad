import { Tags } from 'lucide-react';
import { memo, useDeferredValue, useEffect, useMemo, useRef, useState } from 'react';
import { toWire, type ErrorWire } from '../../../base/errors.ts';
import type { LabelExplorer, LabelStatistics } from '../../../core/labels/explorer.ts';
import type { LabelTable } from '../../../core/labels/labelTable.ts';
import { formatCount, formatNumber, formatPercent } from '../../../notebook/format.ts';
import { paperValues, type LabelParameters } from '../../../notebook/parameters.ts';
import { useNotebook, useParameters, useResult, useSession } from '../../hooks.ts';
import { notebook } from '../../runtime.ts';
import { exploreInWorker, explorerNow } from '../../selection.ts';
import { CellFrame } from '../../ui/CellFrame.tsx';
import { Figure, FigureRow } from '../../ui/Figure.tsx';
import { SliderField } from '../../ui/fields.tsx';
import { Output } from '../../ui/Output.tsx';
import { EmptyState, ErrorPanel, Note } from '../../ui/panels.tsx';
import { SimpleTable } from '../../ui/SimpleTable.tsx';
import { Term } from '../../ui/Tip.tsx';
import { FrequencyPlot } from './FrequencyPlot.tsx';
import { LabelEditList } from './LabelEdits.tsx';
import { LabelListTable } from './LabelListTable.tsx';
import { labelsSentence, type LabelsSummary } from './summary.ts';
import { recordLabels } from './task.ts';

type Explored =
  | { readonly kind: 'none' }
  | { readonly kind: 'pending' }
  | { readonly kind: 'failed'; readonly error: ErrorWire }
  | {
      readonly kind: 'ready';
      readonly explorer: LabelExplorer;
      readonly statistics: LabelStatistics;
      readonly startedAtMs: number;
      readonly elapsedMs: number;
    };

/** The last explorer made for a table: what is shown while a worker applies newer edits. */
interface Held {
  readonly table: LabelTable;
  readonly explorer: LabelExplorer;
}

/** The outline and what is saved follow the slider no faster than this. */
const recordEveryMs = 120;

function explore(table: LabelTable | null, labels: LabelParameters, held: Held | null): Explored {
  if (!table) return { kind: 'none' };
  const startedAtMs = Date.now();
  const started = performance.now();
  try {
    const explorer = explorerNow(table, labels) ?? (held?.table === table ? held.explorer : null);
    if (!explorer) return { kind: 'pending' };
    const statistics = explorer.at(labels.threshold);
    return { kind: 'ready', explorer, statistics, startedAtMs, elapsedMs: performance.now() - started };
  } catch (error) {
    return { kind: 'failed', error: toWire(error) };
  }
}

/** Statistics at today's settings; a large corpus shows those of the last edits until the worker has the new ones. */
function useExplored(table: LabelTable | null, labels: LabelParameters): Explored {
  const [held, setHeld] = useState<Held | null>(null);
  const [failure, setFailure] = useState<{ readonly merges: object; readonly error: ErrorWire } | null>(null);
  const { pinned, excluded, merges } = labels;
  useEffect(() => {
    if (!table) return;
    let isAsked = true;
    const { labels: now } = notebook.store.getState().parameters;
    exploreInWorker(table, { ...now, pinned, excluded, merges }).then(
      (explorer) => isAsked && setHeld({ table, explorer }),
      (error: unknown) => isAsked && setFailure({ merges, error: toWire(error) }),
    );
    return () => {
      isAsked = false;
    };
  }, [table, pinned, excluded, merges]);
  return useMemo(
    () =>
      failure?.merges === merges ? { kind: 'failed', error: failure.error } : explore(table, labels, held),
    [table, labels, held, failure, merges],
  );
}

/** Algorithm 1 on a slider: which labels stay, which records stay with them, and what no model should be praised for. */
export function LabelsCell() {
  const table = useSession((state) => state.labelTable);
  const [labels, change] = useParameters('labels');
  const result = useResult('labels');

  const explored = useExplored(table, labels);
  // Slider and figures first; plot, baselines and the record for the outline follow when the frame has room.
  const settled = useDeferredValue(explored);

  const recordedAt = useRef(Number.NEGATIVE_INFINITY);
  // The runner notes the data's hash just after the data is there: note the labels again under it.
  const dataHash = useNotebook((state) => state.results.dataset?.provenance.dataHash);
  useEffect(() => {
    if (settled.kind !== 'ready' || dataHash === undefined) return;
    const { startedAtMs, elapsedMs } = settled;
    const note = () => {
      recordedAt.current = performance.now();
      recordLabels(startedAtMs, elapsedMs);
    };
    const wait = recordEveryMs - (performance.now() - recordedAt.current);
    if (wait <= 0) return note();
    const timer = setTimeout(note, wait);
    return () => clearTimeout(timer);
  }, [settled, dataHash]);

  const most = explored.kind === 'ready' ? (explored.explorer.frequency.counts[0] ?? 1) : 5000;
  const summary: LabelsSummary | null =
    explored.kind === 'ready'
      ? explored.statistics
      : result
        ? (result.summary as unknown as LabelsSummary)
        : null;
  return (
    <CellFrame
      cell="labels"
      title="Labels"
      purpose="Keeps the labels that stand on enough records (Algorithm 1 of InstructNet) and drops the records left without one. Everything here answers while you move."
      controls={
        summary && (
          <SliderField
            label="Label threshold (records)"
            term="threshold"
            value={labels.threshold}
            min={1}
            max={Math.max(2, most, labels.threshold)}
            scale="log"
            onChange={(threshold) => change({ threshold })}
            paper={{ value: paperValues.threshold, text: String(paperValues.threshold) }}
            text={(value) => `${formatCount(value)} records`}
            isDisabled={explored.kind !== 'ready'}
          />
        )
      }
    >
      {explored.kind === 'failed' && (
        <ErrorPanel error={explored.error} action={{ label: 'Undo', run: () => notebook.undo() }} />
      )}
      {!summary && explored.kind === 'pending' && <ReservedFigures />}
      {!summary && explored.kind !== 'pending' && (
        <EmptyState icon={Tags} title="Labels appear when data is open">
          <p>
            <strong>In:</strong> the label sets of the cell above. <strong>Out:</strong> the labels to learn,
            the records that carry them, and the scores that cost nothing to reach.
          </p>
        </EmptyState>
      )}
      {summary && <Statistics summary={summary} />}
      {summary && summary.labelsKept === 0 && (
        <Note
          tone="warn"
          {...(explored.kind === 'ready'
            ? { action: { label: `Set to ${formatCount(most)}`, run: () => change({ threshold: most }) } }
            : {})}
        >
          <p>
            No label stands on {formatCount(summary.threshold)} records. The most frequent one has{' '}
            {formatCount(most)}.
          </p>
        </Note>
      )}
      {settled.kind === 'ready' && (
        <>
          <LabelEditList />
          <FrequencyPlot explorer={settled.explorer} statistics={settled.statistics} />
          {settled.statistics.labelsKept > 0 && <Baselines statistics={settled.statistics} />}
          <LabelListTable explorer={settled.explorer} />
        </>
      )}
    </CellFrame>
  );
}

function Statistics({ summary }: { readonly summary: LabelsSummary }) {
  const {
    labelsKept,
    labelsTotal,
    recordsKept,
    recordsTotal,
    cardinality,
    density,
    meanImbalance,
    maxImbalance,
  } = summary;
  return (
    <>
      <p className="visually-hidden" role="status">
        {labelsSentence(summary)}
      </p>
      <FigureRow>
        <Figure
          label="Labels kept"
          term="threshold"
          value={formatCount(labelsKept)}
          baseline={`of ${formatCount(labelsTotal)}`}
        />
        <Figure
          label="Records kept"
          term="recordsKept"
          value={formatCount(recordsKept)}
          baseline={`${formatPercent(recordsTotal === 0 ? 0 : recordsKept / recordsTotal)} of ${formatCount(recordsTotal)}`}
        />
        <Figure
          label="Cardinality"
          term="cardinality"
          value={formatNumber(cardinality, 3)}
          unit="labels/record"
          baseline={`density ${formatPercent(density, 2)}`}
        />
        <Figure
          label="Imbalance"
          term="imbalance"
          value={formatNumber(meanImbalance, 3)}
          unit="×"
          baseline={`worst ${formatNumber(maxImbalance, 3)} ×`}
        />
        <Figure
          label="Distinct label sets"
          term="labelSets"
          value={formatCount(summary.distinctLabelSets)}
          baseline="among kept records"
        />
      </FigureRow>
    </>
  );
}

/** The places of the numbers that a worker is making. */
function ReservedFigures() {
  return (
    <FigureRow>
      {['Labels kept', 'Records kept', 'Cardinality', 'Imbalance', 'Distinct label sets'].map((label) => (
        <Figure key={label} label={label} value={null} />
      ))}
    </FigureRow>
  );
}

/** What every later score has to be read against. */
const Baselines = memo(function Baselines(props: { readonly statistics: LabelStatistics }) {
  const { allZero, labelPrior } = props.statistics;
  const cells = (scores: LabelStatistics['allZero']) => [
    formatPercent(scores.labelAccuracy, 2),
    formatPercent(scores.subsetAccuracy, 2),
    formatNumber(scores.microF1),
    formatNumber(scores.macroF1),
  ];
  return (
    <Output
      name="Scores without reading a word"
      summary={`Predicting nothing at all scores ${formatPercent(allZero.labelAccuracy, 2)} label-wise accuracy on the kept records: accuracy near it says nothing.`}
    >
      <SimpleTable
        caption="Baselines that ignore the text"
        header={[
          'Baseline',
          <Term key="accuracy" of="labelAccuracy" />,
          'Subset accuracy',
          <Term key="micro" of="microF1" />,
          <Term key="macro" of="macroF1" />,
        ]}
        rows={[
          { key: 'zero', cells: [<Term key="zero" of="allZero" />, ...cells(allZero)] },
          { key: 'prior', cells: [<Term key="prior" of="labelPrior" />, ...cells(labelPrior)] },
        ]}
      />
    </Output>
  );
});
