import { useCallback, useMemo } from 'react';
import { formatCount, formatNumber } from '../../../notebook/format.ts';
import { poolingWords } from '../../../training/describe.ts';
import { toCsv } from '../../../base/csv.ts';
import { saveFile } from '../../files.ts';
import { DataTable, type Column } from '../../ui/DataTable.tsx';
import { Attribution } from './Attribution.tsx';
import type { Answers } from './store.ts';

interface AnswerRow {
  readonly at: number;
  readonly text: string;
  /** Predicted labels, surest first. */
  readonly labels: readonly { readonly name: string; readonly probability: number }[];
  readonly top: { readonly name: string; readonly probability: number } | null;
}

const shownLabels = 4;

const columns: readonly Column<AnswerRow>[] = [
  { id: 'at', header: '#', value: (row) => row.at + 1, width: '56px' },
  { id: 'text', header: 'Text', value: (row) => row.text, width: 'minmax(180px, 3fr)' },
  {
    id: 'labels',
    header: 'Labels',
    value: (row) => row.labels.map(({ name }) => name).join('; '),
    width: 'minmax(180px, 3fr)',
    render: (row) => <Labels row={row} />,
  },
  {
    id: 'top',
    header: 'Surest',
    value: (row) => row.top?.probability ?? null,
    format: (value) => formatNumber(value, 2),
    width: '72px',
  },
];

function Labels({ row }: { readonly row: AnswerRow }) {
  const left = row.labels.length - shownLabels;
  if (row.labels.length === 0)
    return (
      <span className="quiet">
        {row.top ? `none (${row.top.name} ${formatNumber(row.top.probability, 2)})` : '…'}
      </span>
    );
  return (
    <span className="answer-labels">
      {row.labels.slice(0, shownLabels).map(({ name, probability }) => (
        <span key={name} className="answer-label">
          {name} <span className="num quiet">{formatNumber(probability, 2)}</span>
        </span>
      ))}
      {left > 0 && <span className="quiet num">+{left}</span>}
    </span>
  );
}

/** A row a text; a row opens the words that decided it. The CSV has every label's probability. */
export function AnswerTable({ answers }: { readonly answers: Answers }) {
  const { done } = answers;
  // Probabilities are filled in place; each draw is a new object.
  const rows = useMemo(() => rowsOf(answers), [answers]);
  const detail = useCallback((row: AnswerRow) => <Attribution answers={answers} row={row.at} />, [answers]);
  const { thresholds, perLabel, step, texts } = answers;
  const pooling = poolingWords(answers.run.hyperparameters);
  const how = perLabel
    ? 'thresholds per label, tuned on validation'
    : `threshold ${formatNumber(thresholds[0] ?? 0.5, 2)}`;
  return (
    <DataTable
      name="Labelled texts"
      summary={`${formatCount(done)} of ${formatCount(texts.length)} texts · ${how}${step === null ? '' : ` · weights of step ${formatCount(step)}`}${pooling === null ? '' : ` · in windows: ${pooling}`} · a row opens its words`}
      rows={rows}
      columns={columns}
      getKey={(row) => row.at}
      searchable
      maxHeight={480}
      detail={detail}
      onSaveCsv={() => saveFile(csvOf(answers), 'labelled-texts.csv', 'text/csv')}
    />
  );
}

function rowsOf({ texts, run, probabilities, thresholds }: Answers): AnswerRow[] {
  const count = run.labels.length;
  return texts.map((text, at) => {
    const labels: { readonly name: string; readonly probability: number }[] = [];
    let surest = -1;
    for (let label = 0; label < count; label++) {
      const probability = probabilities[at * count + label] as number;
      if (probability >= (thresholds[label] as number))
        labels.push({ name: run.labels[label] ?? '', probability });
      if (surest < 0 ? probability >= 0 : probability > (probabilities[at * count + surest] as number))
        surest = label;
    }
    labels.sort((a, b) => b.probability - a.probability);
    const top =
      surest < 0
        ? null
        : {
            name: run.labels[surest] ?? '',
            probability: probabilities[at * count + surest] as number,
          };
    return { at, text, labels, top };
  });
}

/** Text, predicted labels, and a column a label with its probability. */
export function csvOf({ texts, run, probabilities, thresholds }: Answers): string {
  const count = run.labels.length;
  return toCsv(
    ['text', 'labels', ...run.labels],
    texts.map((text, at) => {
      const own = Array.from(probabilities.subarray(at * count, (at + 1) * count));
      const labels = run.labels.filter((_, label) => (own[label] as number) >= (thresholds[label] as number));
      return [
        text,
        labels.join('; '),
        ...own.map((p) => (Number.isNaN(p) ? null : Number(p.toPrecision(6)))),
      ];
    }),
  );
}
