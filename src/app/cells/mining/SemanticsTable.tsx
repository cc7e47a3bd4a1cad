import { semanticsList, type Semantics } from '../../../core/mining/evaluate.ts';
import { formatCount, formatNumber, formatPercent, plural } from '../../../notebook/format.ts';
import { Output } from '../../ui/Output.tsx';
import { SimpleTable } from '../../ui/SimpleTable.tsx';
import { judgedPrecision, type Marks } from './judging.ts';
import type { Shown } from './store.ts';

export const semanticsNames: Readonly<Record<Semantics, { readonly name: string; readonly how: string }>> = {
  product: {
    name: 'Product',
    how: 'AND multiplies, OR is 1 − Π(1 − p): concepts taken as independent, as in the paper',
  },
  minMax: { name: 'Min and max', how: 'AND takes the weakest concept, OR the strongest' },
  logOdds: {
    name: 'Log-odds',
    how: 'Odds: OR adds them, AND adds their inverses (Hamacher); tells sure texts apart',
  },
};

const agreementRows = 100;

/** The three ways to combine probabilities, side by side. */
export function SemanticsTable(props: { readonly shown: Shown; readonly marks: Marks }) {
  const { shown, marks } = props;
  const { rankings } = shown.answer;
  const chosen = new Set(rankings[shown.semantics].rows.slice(0, agreementRows));
  const ks = rankings[shown.semantics].gold?.precision.map(({ k }) => k) ?? [];
  const isJudged = marks.size > 0;
  const header = [
    'Semantics',
    'Score ≥ 0.5',
    `Top ${Math.min(agreementRows, chosen.size)} shared`,
    ...ks.map((k) => `P@${k} gold`),
    ...(shown.hasGold ? ['Average precision'] : []),
    ...(isJudged ? ['Precision, judged'] : []),
  ];
  const rows = semanticsList.map((each) => {
    const ranking = rankings[each];
    const shared = ranking.rows.slice(0, agreementRows).filter((row) => chosen.has(row)).length;
    const judged = judgedPrecision(ranking.rows, marks).at(-1);
    const average = ranking.gold?.averagePrecision;
    return {
      key: each,
      isStrong: each === shown.semantics,
      cells: [
        <span key="name" title={semanticsNames[each].how}>
          {semanticsNames[each].name}
        </span>,
        formatCount(ranking.above),
        chosen.size === 0 ? '–' : formatPercent(shared / chosen.size, 0),
        ...ks.map((k) => {
          const found = ranking.gold?.precision.find((one) => one.k === k);
          return found ? formatNumber(found.precision, 2) : '–';
        }),
        ...(shown.hasGold
          ? [average === null || average === undefined ? '–' : formatNumber(average, 3)]
          : []),
        ...(isJudged
          ? [
              judged?.precision === null || judged === undefined
                ? '–'
                : `${formatNumber(judged.precision, 2)} (${formatCount(judged.relevant)} of ${formatCount(judged.judged)} in the first ${judged.k})`,
            ]
          : []),
      ],
    };
  });
  const relevant = rankings[shown.semantics].gold?.relevant;
  return (
    <Output
      name="Semantics side by side"
      summary={
        shown.hasGold
          ? `By the labels of the data the formula holds for ${plural(relevant ?? 0, 'text')}. Hover a name for its formula.`
          : 'Hover a name for its formula. Map the classes to labels of the data, in Incubated classifiers, for precision by gold.'
      }
    >
      <SimpleTable caption="Semantics side by side" header={header} rows={rows} />
    </Output>
  );
}
