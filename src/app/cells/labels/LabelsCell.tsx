import { Tags } from 'lucide-react';
import { memo, useDeferredValue, useEffect } from 'react';
import { useStore } from 'zustand';
import type { LabelStatistics } from '../../../core/labels/explorer.ts';
import { formatCount, formatNumber, formatPercent, plural } from '../../../notebook/format.ts';
import { paperValues } from '../../../notebook/parameters.ts';
import { useNotebook } from '../../hooks.ts';
import { notebook } from '../../runtime.ts';
import { CellFrame } from '../../ui/CellFrame.tsx';
import { Figure, FigureRow } from '../../ui/Figure.tsx';
import { Output } from '../../ui/Output.tsx';
import { EmptyState, ErrorPanel, Note } from '../../ui/panels.tsx';
import { SimpleTable } from '../../ui/SimpleTable.tsx';
import { SliderField } from '../../ui/SliderField.tsx';
import { Term } from '../../ui/Tip.tsx';
import { exploredStore, followLabels, type Explored } from './explored.ts';
import { FrequencyPlot } from './FrequencyPlot.tsx';
import { LabelEditList } from './LabelEdits.tsx';
import { LabelListTable } from './LabelListTable.tsx';
import { labelsSentence, type LabelsSummary } from './summary.ts';

/** Algorithm 1 on a slider: which labels stay, which records stay with them, and what no model should be praised for. */
export function LabelsCell() {
  useEffect(() => followLabels(), []);
  // Nothing here changes while the slider moves: what does subscribes by itself.
  const kind = useStore(exploredStore, (explored) => explored.kind);
  const error = useStore(exploredStore, (explored) => (explored.kind === 'failed' ? explored.error : null));
  const hasResult = useNotebook(({ results }) => results.labels !== undefined);
  const hasSummary = kind === 'ready' || hasResult;
  return (
    <CellFrame
      cell="labels"
      title="Labels"
      purpose="Keeps the labels that stand on enough records (Algorithm 1 of InstructNet) and drops the records left without one. Everything here answers while you move."
      controls={hasSummary && <ThresholdControl />}
    >
      {error && <ErrorPanel error={error} action={{ label: 'Undo', run: () => notebook.undo() }} />}
      {!hasSummary && kind === 'pending' && <ReservedFigures />}
      {!hasSummary && kind !== 'pending' && (
        <EmptyState icon={Tags} title="Labels appear when data is open">
          <p>
            <strong>In:</strong> the label sets of the cell above. <strong>Out:</strong> the labels to learn,
            the records that carry them, and the scores that cost nothing to reach.
          </p>
        </EmptyState>
      )}
      {hasSummary && <Headline />}
      {kind === 'ready' && <Views />}
    </CellFrame>
  );
}

const setThreshold = (threshold: number) => notebook.setParameters('labels', { threshold });
const paperThreshold = { value: paperValues.threshold, text: String(paperValues.threshold) };
const recordsText = (value: number) => plural(value, 'record');

/** Records of the most frequent label: where the slider ends. */
const mostRecords = (explored: Explored) =>
  explored.kind === 'ready' ? (explored.explorer.frequency.counts[0] ?? 1) : 5000;

function ThresholdControl() {
  const threshold = useNotebook(({ parameters }) => parameters.labels.threshold);
  const most = useStore(exploredStore, mostRecords);
  const isReady = useStore(exploredStore, ({ kind }) => kind === 'ready');
  return (
    <SliderField
      label="Label threshold (records)"
      term="threshold"
      value={threshold}
      min={1}
      max={Math.max(2, most, threshold)}
      scale="log"
      onChange={setThreshold}
      paper={paperThreshold}
      text={recordsText}
      isDisabled={!isReady}
    />
  );
}

/** Live figures; after a reload without the data those that were noted down. */
function Headline() {
  const statistics = useStore(exploredStore, (explored) =>
    explored.kind === 'ready' ? explored.statistics : null,
  );
  const noted = useNotebook(({ results }) => results.labels?.summary) as unknown as LabelsSummary | undefined;
  const most = useStore(exploredStore, mostRecords);
  const summary: LabelsSummary | undefined = statistics ?? noted;
  if (!summary) return null;
  return (
    <>
      <Statistics summary={summary} />
      {summary.labelsKept === 0 && (
        <Note
          tone="warn"
          {...(statistics
            ? { action: { label: `Set to ${formatCount(most)}`, run: () => setThreshold(most) } }
            : {})}
        >
          <p>
            No label stands on {plural(summary.threshold, 'record')}. The most frequent one has{' '}
            {formatCount(most)}.
          </p>
        </Note>
      )}
    </>
  );
}

/** Plot, baselines and table: behind the slider and the figures by as much as the frame needs. */
function Views() {
  const explored = useDeferredValue(useStore(exploredStore));
  if (explored.kind !== 'ready') return null;
  const { explorer, statistics } = explored;
  return (
    <>
      <LabelEditList />
      <FrequencyPlot explorer={explorer} statistics={statistics} />
      {statistics.labelsKept > 0 && <Baselines statistics={statistics} />}
      <LabelListTable explorer={explorer} />
    </>
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
          value={labelsKept === 0 ? null : formatNumber(cardinality, 3)}
          unit="labels/record"
          baseline={labelsKept === 0 ? undefined : `density ${formatPercent(density, 2)}`}
        />
        <Figure
          label="Imbalance"
          term="imbalance"
          value={labelsKept === 0 ? null : formatNumber(meanImbalance, 3)}
          unit="×"
          baseline={labelsKept === 0 ? undefined : `worst ${formatNumber(maxImbalance, 3)} ×`}
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
