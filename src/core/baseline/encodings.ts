import { within } from '../../base/steps.ts';
import { decodeChains } from '../encodings/chain.ts';
import { decodeHierarchy } from '../encodings/hierarchy.ts';
import type { EncodingPlan } from '../encodings/types.ts';
import { decisionFunction, logisticSteps, type LogisticFit } from './logistic.ts';
import { takeSparseRows, type SparseMatrix } from './sparse.ts';

/** `x` with a 0/1 column more for each of `labels`, true where a row has it: what a link of a chain learns from. */
export function withLabelColumns(
  x: SparseMatrix,
  targets: Uint8Array,
  labelCount: number,
  labels: readonly number[],
): SparseMatrix {
  const columnCount = x.columnCount + labelCount;
  const extra = new Uint32Array(x.rowCount + 1);
  for (let row = 0; row < x.rowCount; row++) {
    let own = 0;
    for (const label of labels) own += targets[row * labelCount + label] as number;
    extra[row + 1] = (extra[row] as number) + own;
  }
  const offsets = x.offsets.map((end, row) => end + (extra[row] as number));
  const columns = new Uint32Array(offsets[x.rowCount] as number);
  const values = new Float32Array(columns.length);
  const ascending = [...labels].sort((a, b) => a - b);
  for (let row = 0; row < x.rowCount; row++) {
    const from = x.offsets[row] as number;
    const to = x.offsets[row + 1] as number;
    let at = offsets[row] as number;
    columns.set(x.columns.subarray(from, to), at);
    values.set(x.values.subarray(from, to), at);
    at += to - from;
    for (const label of ascending)
      if (targets[row * labelCount + label] === 1) {
        columns[at] = x.columnCount + label;
        values[at++] = 1;
      }
  }
  return { rowCount: x.rowCount, columnCount, offsets, columns, values };
}

export interface EncodedFit {
  /** `[test rows, labels]` */
  readonly logits: Float32Array;
  /** Fitted numbers, intercepts included: those a chain may not use are not counted. */
  readonly parameters: number;
}

export interface EncodedProblem {
  readonly train: SparseMatrix;
  readonly test: SparseMatrix;
  /** `[train rows, labels]`, 0 or 1. */
  readonly targets: Uint8Array;
  readonly plan: EncodingPlan;
  readonly c: number;
}

/** Regressions to fit: one a label, one a link of each chain. */
export function fitCount({ plan }: Pick<EncodedProblem, 'plan'>): number {
  return plan.kind === 'chain' ? plan.orders.length * plan.labels : plan.labels;
}

/**
 * Logistic regressions under a label encoding, a Newton step at a time (yields the number of regressions done). Chains are the classic ones
 * (Read et al. 2011): link k also sees the labels before it, the true ones in training, its own predictions on test rows. `product`
 * fits a label on the rows where its parents hold. Label embeddings have no meaning for a linear model: they are binary relevance here.
 */
export function* fitEncoded(problem: EncodedProblem): Generator<number, EncodedFit> {
  const { train, test, targets, plan, c } = problem;
  const { labels } = plan;
  const rows = test.rowCount;
  const outputs = fitCount(problem);
  const logits = new Float32Array(rows * outputs);
  const links = new Float32Array(plan.kind === 'chain' ? outputs * labels : 0);
  const positive = new Uint8Array(train.rowCount);
  let done = 0;
  let parameters = 0;
  function* fit(
    x: SparseMatrix,
    label: number,
    seen: readonly number[] | null,
  ): Generator<number, LogisticFit> {
    const own = seen ? new Uint8Array(seen.length) : positive;
    for (let i = 0; i < own.length; i++) own[i] = targets[(seen?.[i] ?? i) * labels + label] as number;
    return yield* within(logisticSteps(x, own, { c }), () => done);
  }
  const write = (output: number, fit: LogisticFit) => {
    decisionFunction(test, fit).forEach((margin, row) => (logits[row * outputs + output] = margin));
    done++;
  };

  if (plan.kind === 'chain')
    for (const [chain, order] of plan.orders.entries())
      for (const [place, label] of order.entries()) {
        const before = order.slice(0, place);
        const solved = yield* fit(withLabelColumns(train, targets, labels, before), label, null);
        const output = chain * labels + label;
        for (const other of before)
          links[output * labels + other] = solved.weights[train.columnCount + other] as number;
        write(output, solved);
        parameters += train.columnCount + before.length + 1;
      }
  else
    for (let label = 0; label < labels; label++) {
      const parents =
        plan.kind === 'hierarchical' && plan.consistency === 'product'
          ? (plan.hierarchy.parents[label] ?? [])
          : [];
      const seen: number[] | null = parents.length > 0 ? [] : null;
      if (seen)
        for (let row = 0; row < train.rowCount; row++)
          if (parents.every((parent) => targets[row * labels + parent] === 1)) seen.push(row);
      write(label, yield* fit(seen ? takeSparseRows(train, seen) : train, label, seen));
      parameters += train.columnCount + 1;
    }
  const decoded =
    plan.kind === 'chain'
      ? decodeChains(logits, links, labels, plan.orders, plan.passes)
      : plan.kind === 'hierarchical'
        ? decodeHierarchy(logits, labels, plan.hierarchy, plan.consistency)
        : logits;
  return { logits: decoded, parameters };
}
