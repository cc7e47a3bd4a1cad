import { precisionAt, type Precision } from '../../../core/mining/rank.ts';
import type { Judgements, MiningParameters } from '../../../notebook/parameters.ts';
import { notebook } from '../../runtime.ts';

/** What a reader said of rows under one formula. */
export type Marks = ReadonlyMap<number, boolean>;

const ofFormula = (dataHash: string, formula: string) => (each: Judgements) =>
  each.dataHash === dataHash && each.formula === formula;

export function marksOf(
  { judgements }: Pick<MiningParameters, 'judgements'>,
  dataHash: string,
  formula: string,
): Marks {
  const own = judgements.find(ofFormula(dataHash, formula));
  return new Map(own?.marks.map(({ row, right }) => [row, right]));
}

/** Notes a judgement, or takes one back (`null`). Undoable, like every parameter. */
export function judge(dataHash: string, formula: string, row: number, right: boolean | null): void {
  change(dataHash, formula, (marks) => [
    ...marks.filter((mark) => mark.row !== row),
    ...(right === null ? [] : [{ row, right }]),
  ]);
}

/** Takes back the last judgement; the row it was about, or null where there is none. */
export function takeBack(dataHash: string, formula: string): number | null {
  const { judgements } = notebook.store.getState().parameters.mining;
  const last = judgements.find(ofFormula(dataHash, formula))?.marks.at(-1);
  if (!last) return null;
  change(dataHash, formula, (marks) => marks.slice(0, -1));
  return last.row;
}

function change(
  dataHash: string,
  formula: string,
  next: (marks: Judgements['marks']) => Judgements['marks'],
): void {
  const { judgements } = notebook.store.getState().parameters.mining;
  const isOwn = ofFormula(dataHash, formula);
  const marks = next(judgements.find(isOwn)?.marks ?? []);
  const others = judgements.filter((each) => !isOwn(each));
  notebook.setParameters('mining', {
    judgements: marks.length === 0 ? others : [...others, { dataHash, formula, marks }],
  });
}

const ranks = [10, 20, 50, 100] as const;

/** Precision by judgements at each rank that takes in further ones; rows that nobody judged count for nothing. */
export function judgedPrecision(ranking: ArrayLike<number>, marks: Marks): Precision[] {
  const found: Precision[] = [];
  for (const k of ranks) {
    const at = precisionAt(ranking, k, (row) => marks.get(row) ?? null);
    if (at.judged > (found.at(-1)?.judged ?? 0)) found.push(at);
  }
  return found;
}
