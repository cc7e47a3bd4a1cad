import { toCsv } from '../../../base/csv.ts';
import type { Marks } from './judging.ts';
import type { Shown } from './store.ts';

/** A row of the ranking with all that is known of it. */
export interface MinedRow {
  readonly rank: number;
  /** Of the corpus, from 0. */
  readonly row: number;
  readonly score: number;
  readonly text: string;
  /** Probabilities of the formula's names. */
  readonly evidence: readonly number[];
  readonly judged: boolean | null;
  readonly gold: boolean | null;
}

export function rowsOf({ ranking, texts, evidence, names }: Shown, marks: Marks): MinedRow[] {
  return Array.from(ranking.rows, (row, at) => ({
    rank: at + 1,
    row,
    score: ranking.scores[at] ?? 0,
    text: texts[at] ?? '',
    evidence: Array.from(evidence.subarray(at * names.length, (at + 1) * names.length)),
    judged: marks.get(row) ?? null,
    gold: ranking.truth ? ranking.truth[at] === 1 : null,
  }));
}

export const headerOf = ({ names }: Shown) => ['rank', 'row', 'score', 'text', ...names, 'judged', 'gold'];

const digits = (value: number) => Number(value.toPrecision(6));
const word = (value: boolean | null) => (value === null ? null : value ? 'right' : 'wrong');

export function csvOf(shown: Shown, rows: readonly MinedRow[]): string {
  return toCsv(
    headerOf(shown),
    rows.map(({ rank, row, score, text, evidence, judged, gold }) => [
      rank,
      row,
      digits(score),
      text,
      ...evidence.map(digits),
      word(judged),
      word(gold),
    ]),
  );
}

/** One object a text, with the formula and the semantics that ranked it. */
export function jsonlOf({ names, canonical, semantics }: Shown, rows: readonly MinedRow[]): string {
  return rows
    .map(({ evidence, score, ...row }) =>
      JSON.stringify({
        ...row,
        score: digits(score),
        concepts: Object.fromEntries(names.map((name, at) => [name, digits(evidence[at] ?? 0)])),
        formula: canonical,
        semantics,
      }),
    )
    .join('\n')
    .concat('\n');
}
