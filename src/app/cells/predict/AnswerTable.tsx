import { useCallback, useMemo } from 'react';
import { formatCount, formatNumber } from '../../../notebook/format.ts';
import { poolingWords } from '../../../training/describe.ts';
import type { ModelCalibration } from '../../../core/calibration/modelCalibration.ts';
import { saveFile } from '../../files.ts';
import { DataTable, type Column } from '../../ui/DataTable.tsx';
import { Attribution } from './Attribution.tsx';
import { csvOf, probabilitiesOf, rowsOf, thresholdWords, type AnswerRow, type Answers } from './answers.ts';

const shownLabels = 4;

function Labels(props: {
  readonly answers: Answers;
  readonly row: AnswerRow;
  readonly scale: ModelCalibration | null;
}) {
  const { answers, row, scale } = props;
  const { at, labels, top } = row;
  const probabilities = probabilitiesOf(answers, at, scale);
  const names = answers.run.labels;
  const left = labels.length - shownLabels;
  if (labels.length === 0)
    return (
      <span className="quiet">
        {top === null ? '…' : `none (${names[top]} ${formatNumber(probabilities[top] as number, 2)})`}
      </span>
    );
  return (
    <span className="answer-labels">
      {labels.slice(0, shownLabels).map((label) => (
        <span key={label} className="answer-label">
          {names[label]} <span className="num quiet">{formatNumber(probabilities[label] as number, 2)}</span>
        </span>
      ))}
      {left > 0 && <span className="quiet num">+{left}</span>}
    </span>
  );
}

/** A row a text; a row opens the words that decided it. The CSV has every label's probability. */
export function AnswerTable(props: { readonly answers: Answers; readonly scale: ModelCalibration | null }) {
  const { answers, scale } = props;
  const { done, step, texts, run } = answers;
  // Logits are filled in place; each draw is a new object. The other scale moves no decision: rows stay.
  const rows = useMemo(() => rowsOf(answers), [answers]);
  const columns = useMemo(() => columnsOf(answers, scale), [answers, scale]);
  const detail = useCallback(
    (row: AnswerRow) => <Attribution answers={answers} scale={scale} row={row.at} />,
    [answers, scale],
  );
  const pooling = poolingWords(run.hyperparameters);
  const parts = [
    `${formatCount(done)} of ${formatCount(texts.length)} texts`,
    thresholdWords(answers, scale),
    scale ? 'calibrated probabilities' : 'uncalibrated probabilities',
    ...(step === null ? [] : [`weights of step ${formatCount(step)}`]),
    ...(pooling === null ? [] : [`in windows: ${pooling}`]),
    'a row opens its words',
  ];
  return (
    <DataTable
      name="Labelled texts"
      summary={parts.join(' · ')}
      rows={rows}
      columns={columns}
      getKey={(row) => row.at}
      searchable
      maxHeight={480}
      detail={detail}
      onSaveCsv={() => saveFile(csvOf(answers, scale), 'labelled-texts.csv', 'text/csv')}
    />
  );
}

function columnsOf(answers: Answers, scale: ModelCalibration | null): readonly Column<AnswerRow>[] {
  const names = answers.run.labels;
  return [
    { id: 'at', header: '#', value: (row) => row.at + 1, width: '56px' },
    { id: 'text', header: 'Text', value: (row) => row.text, width: 'minmax(180px, 3fr)' },
    {
      id: 'labels',
      header: 'Labels',
      value: (row) => row.labels.map((label) => names[label]).join('; '),
      width: 'minmax(180px, 3fr)',
      render: (row) => <Labels answers={answers} row={row} scale={scale} />,
    },
    {
      id: 'top',
      // Reports and copies carry the header, not the switch.
      header: scale ? 'Surest, calibrated' : 'Surest, uncalibrated',
      value: ({ at, top }) => (top === null ? null : (probabilitiesOf(answers, at, scale)[top] as number)),
      format: (value) => formatNumber(value, 2),
      width: '152px',
    },
  ];
}
