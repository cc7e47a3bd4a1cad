import { useMemo, type ReactNode } from 'react';
import type { Interval } from '../../../core/statistics/bootstrap.ts';
import type { PairResult } from '../../../core/statistics/compare.ts';
import { points, pValue } from '../../../core/statistics/words.ts';
import { formatNumber, plural } from '../../../notebook/format.ts';
import { DataTable, type Column } from '../../ui/DataTable.tsx';
import { Output } from '../../ui/Output.tsx';
import { SimpleTable } from '../../ui/SimpleTable.tsx';
import { metricRows, type MetricRow } from '../evaluation/model.ts';
import { shortNames, thresholdOf } from './model.ts';
import { leaderSentence } from './leader.ts';
import { testedMetrics, type ShownComparison } from './store.ts';

const names = {
  microF1: 'Micro-F1',
  macroF1: 'Macro-F1',
  subsetAccuracy: 'Subset accuracy',
  labelAccuracy: 'Label-wise accuracy',
} as const satisfies Record<(typeof testedMetrics)[number], string>;

const metricName = (metric: string): string => (names as Readonly<Record<string, string>>)[metric] ?? metric;

/** Scores with intervals beside the models that do not read, what can be told apart, and all the rest side by side. */
export function Findings({ shown }: { readonly shown: ShownComparison }) {
  const { compared, report, decision } = shown;
  const { models, allZero, labelPrior } = compared;
  const score = (interval: Interval | undefined): ReactNode =>
    interval ? (
      <>
        {formatNumber(interval.estimate)}
        <span className="small quiet interval">
          {formatNumber(interval.low)}–{formatNumber(interval.high)}
        </span>
      </>
    ) : (
      '–'
    );
  const baseline = (title: string, of: typeof allZero) => ({
    key: title,
    cells: [
      <span key="name" className="quiet">
        {title}
      </span>,
      '–',
      formatNumber(of.micro.f1),
      formatNumber(of.macro.f1),
      formatNumber(of.subsetAccuracy),
      formatNumber(of.labelAccuracy),
    ],
  });
  return (
    <>
      <Output
        name="Scores with intervals"
        summary={`${plural(compared.rows, 'test row')}, ${plural(compared.labels.length, 'label')}; below each score its 95 % interval over the choice of test rows.`}
      >
        <SimpleTable
          caption="Scores with intervals"
          header={['Model', 'Decided at', ...testedMetrics.map((metric) => names[metric])]}
          rows={[
            ...models.map((model, at) => ({
              key: model.candidate.key,
              cells: [
                report.names[at],
                formatNumber(thresholdOf(model, decision), 2),
                ...testedMetrics.map((metric) => score(report.scores[at]?.[report.metrics.indexOf(metric)])),
              ],
            })),
            baseline('Predicting nothing', allZero),
            baseline('Label prior', labelPrior),
          ]}
        />
      </Output>
      <PairTable shown={shown} />
      <SideBySide shown={shown} />
    </>
  );
}

/** The verdicts on the two scores that papers argue with, as sentences: on every pair, or of many models on the best. */
export function Verdicts({ shown: { report } }: { readonly shown: ShownComparison }) {
  const pairs = report.pairs.filter(({ metric }) => metric === 'microF1' || metric === 'macroF1');
  const isMany = pairs.length > 6;
  return (
    <ul className="verdict-list" aria-label="What can be told apart">
      {isMany
        ? (['microF1', 'macroF1'] as const).map((metric) => (
            <li key={metric}>
              <strong>{metricName(metric)}:</strong> {leaderSentence(report, metric)}
            </li>
          ))
        : pairs.map((pair) => (
            <li key={`${pair.first}/${pair.second}/${pair.metric}`}>
              <strong>{metricName(pair.metric)}:</strong>{' '}
              {pair.isDistinguishable
                ? pair.sentence
                : `${report.names[pair.first]} and ${report.names[pair.second]} are ${pair.sentence}`}
              .
            </li>
          ))}
    </ul>
  );
}

function PairTable({ shown: { report } }: { readonly shown: ShownComparison }) {
  const columns = useMemo(
    (): Column<PairResult>[] => [
      {
        id: 'pair',
        header: 'Pair',
        value: ({ first, second }) => `${report.names[first]} − ${report.names[second]}`,
        width: 'minmax(124px, 2fr)',
      },
      { id: 'metric', header: 'Score', value: ({ metric }) => metricName(metric), width: '152px' },
      {
        id: 'difference',
        header: 'Difference',
        value: ({ difference }) => difference.estimate * 100,
        format: (value) => `${points(value / 100)} pts`,
        width: '92px',
        isNumber: true,
      },
      {
        id: 'interval',
        header: '95 % interval',
        value: ({ difference }) => `${points(difference.low)} to ${points(difference.high)}`,
        width: '112px',
      },
      {
        id: 'test',
        header: 'Test',
        value: ({ test }) => (test === 'mcnemar' ? 'McNemar' : 'randomisation'),
        width: '104px',
      },
      { id: 'p', header: 'p', value: ({ pValue: p }) => p, format: shortP, width: '68px', isNumber: true },
      {
        id: 'adjusted',
        header: 'p, Holm',
        value: ({ adjustedP }) => adjustedP,
        format: shortP,
        width: '76px',
        isNumber: true,
      },
      {
        id: 'verdict',
        header: 'Told apart',
        value: ({ isDistinguishable }) => (isDistinguishable ? 'yes' : 'no'),
        width: '88px',
      },
    ],
    [report],
  );
  return (
    <DataTable
      name="Differences"
      summary={report.method}
      rows={report.pairs}
      columns={columns}
      getKey={({ first, second, metric }) => `${first}/${second}/${metric}`}
      detail={sentenceOf}
      maxHeight={360}
    />
  );
}

const sentenceOf = ({ sentence }: PairResult) => <p className="small">{sentence}.</p>;

const shortP = (p: number): string => pValue(p).replace(/^= /u, '');

function SideBySide({ shown: { compared, decision } }: { readonly shown: ShownComparison }) {
  const { models, allZero, labelPrior } = compared;
  const columns = useMemo((): Column<MetricRow>[] => {
    const heads = shortNames(models);
    const reports = [
      ...models.map((model, at) => ({
        id: model.candidate.key,
        title: heads[at] ?? '',
        report: model.evaluator.at(thresholdOf(model, decision)),
      })),
      { id: 'allZero', title: 'All-zero', report: allZero },
      { id: 'labelPrior', title: 'Label prior', report: labelPrior },
    ];
    return [
      { id: 'name', header: 'Metric', value: ({ name }) => name, width: 'minmax(152px, 2fr)' },
      ...reports.map(({ id, title, report }): Column<MetricRow> => ({
        id,
        header: title,
        value: (row) => row.of(report),
        format: formatNumber,
        width: 'minmax(104px, 1fr)',
        isNumber: true,
      })),
    ];
  }, [models, allZero, labelPrior, decision]);
  return (
    <DataTable
      name="All scores side by side"
      summary="The same rows and labels in every column."
      rows={metricRows}
      columns={columns}
      getKey={({ id }) => id}
      maxHeight={360}
    />
  );
}
