import { applyEdits, type EditedLabels, type LabelEdits } from './edits.ts';
import { createCoOccurrence, type CoOccurrence } from './coOccurrence.ts';
import { countDistinctSets, rankRows, type RankedRows } from './labelSets.ts';
import { countLabels, keptCount, orderLabels, type LabelOrder } from './selection.ts';
import type { LabelTable } from './labelTable.ts';

/** What a baseline without any text would score on the kept records. */
export interface BaselineScores {
  /** 1 - Hamming loss: the paper's accuracy. */
  readonly labelAccuracy: number;
  readonly subsetAccuracy: number;
  readonly microF1: number;
  readonly macroF1: number;
  readonly hammingLoss: number;
}

/** Everything the label cell shows for one threshold. Ratios are 0 where nothing is kept. */
export interface LabelStatistics {
  readonly threshold: number;
  readonly labelsTotal: number;
  readonly labelsKept: number;
  /** Ids in `explorer.table`: pinned first, then most frequent first. A view: do not write. */
  readonly keptLabelIds: Uint32Array;
  readonly recordsTotal: number;
  readonly recordsKept: number;
  readonly recordsDropped: number;
  /** Record-label pairs among kept records and labels. */
  readonly assignments: number;
  /** Mean labels a kept record. */
  readonly cardinality: number;
  /** Cardinality over labels kept. */
  readonly density: number;
  /** IRLbl (Charte et al. 2015): count of the most frequent kept label over that of each; its maximum and mean. */
  readonly maxImbalance: number;
  readonly meanImbalance: number;
  /** Different kept-label sets among kept records. */
  readonly distinctLabelSets: number;
  /** Predicts nothing; exact. */
  readonly allZero: BaselineScores;
  /**
   * Guesses every label by a coin of its own prior, independently; expected values in closed form (F1 from expected
   * counts: per label it is the prior itself).
   */
  readonly labelPrior: BaselineScores;
}

export interface LabelExplorer extends CoOccurrence {
  /** The effective table: merges applied. All ids refer to it. */
  readonly table: LabelTable;
  /** 1 pinned, -1 excluded, 0 neither; `[labels]`. */
  readonly force: Int8Array;
  /** Records of each label, `[labels]`. */
  readonly counts: Uint32Array;
  /** All labels, most frequent first, for the log-log plot: rank is 1-based position. */
  readonly frequency: { readonly labelIds: Uint32Array; readonly counts: Uint32Array };
  /** O(labels kept) except for one pass over kept records. Throws `label-threshold-invalid`. */
  at(threshold: number): LabelStatistics;
}

/** What `prepareLabels` tabulates: plain data, so that a worker can make it and the page can ask it. */
export interface PreparedLabels {
  readonly edited: Omit<EditedLabels, 'idOfOriginal'>;
  readonly counts: Uint32Array;
  readonly order: LabelOrder;
  readonly ranks: RankedRows;
  /** Distinct label sets, records, and sums over the first k labels of the order, `[labels + 1]` each. */
  readonly distinct: Uint32Array;
  readonly records: Uint32Array;
  readonly prefix: PrefixSums;
  readonly frequency: LabelExplorer['frequency'];
}

/**
 * Prepares a table so that a threshold change is a look-up. A falling threshold lets labels in along one fixed order, so
 * every statistic is a function of *how many* labels of that order are in; all of them are tabulated once, in time linear
 * in the pairs. Throws `label-merge-cycle`.
 */
export function prepareLabels(table: LabelTable, edits: LabelEdits): PreparedLabels {
  const edited = applyEdits(table, edits);
  const counts = countLabels(edited.table);
  const order = orderLabels(edited, counts);
  const ranks = rankRows(edited.table, order.ids);
  return {
    edited: { table: edited.table, force: edited.force },
    counts,
    order,
    ranks,
    distinct: countDistinctSets(ranks, order.ids.length),
    records: cumulativeRecords(ranks, order.ids.length),
    prefix: prefixSums(order.ids, counts),
    frequency: frequencyCurve(edited, counts),
  };
}

/** Prepares and opens at once: a pause of some 50 to 300 ms for 100,000 rows. */
export function createLabelExplorer(table: LabelTable, edits: LabelEdits): LabelExplorer {
  return openLabelExplorer(prepareLabels(table, edits));
}

/** Answers from prepared labels. */
export function openLabelExplorer(prepared: PreparedLabels): LabelExplorer {
  const { edited, counts, order, ranks, distinct, records, prefix, frequency } = prepared;
  const recordsTotal = edited.table.rowCount;

  /** The cell, the outline and the memory plan ask for the same threshold within one frame. */
  let last: LabelStatistics | null = null;
  const at = (threshold: number): LabelStatistics =>
    last?.threshold === threshold ? last : (last = statisticsAt(threshold));

  const statisticsAt = (threshold: number): LabelStatistics => {
    const k = keptCount(order, counts, threshold);
    const recordsKept = records[k] as number;
    const assignments = prefix.assignments[k] as number;
    const cardinality = recordsKept === 0 ? 0 : assignments / recordsKept;
    const density = k === 0 ? 0 : cardinality / k;
    const most = prefix.maximum[k] as number;
    return {
      threshold,
      labelsTotal: edited.table.labels.length,
      labelsKept: k,
      keptLabelIds: order.ids.subarray(0, k),
      recordsTotal,
      recordsKept,
      recordsDropped: recordsTotal - recordsKept,
      assignments,
      cardinality,
      density,
      maxImbalance: k === 0 ? 0 : most / (prefix.minimum[k] as number),
      meanImbalance: k === 0 ? 0 : (most * (prefix.inverse[k] as number)) / k,
      distinctLabelSets: distinct[k] as number,
      // Every kept record has a label, so predicting none is never the whole set.
      allZero: {
        labelAccuracy: k === 0 ? 0 : 1 - density,
        subsetAccuracy: 0,
        microF1: 0,
        macroF1: 0,
        hammingLoss: density,
      },
      labelPrior: labelPriorScores(k, recordsKept),
    };
  };

  const labelPriorScores = (k: number, recordsKept: number): BaselineScores => {
    const assignments = prefix.assignments[k] as number;
    if (k === 0 || recordsKept === 0)
      return { labelAccuracy: 0, subsetAccuracy: 0, microF1: 0, macroF1: 0, hammingLoss: 0 };
    const squares = (prefix.squares[k] as number) / recordsKept;
    // A wrong cell has probability 2p(1 - p).
    const hammingLoss = (2 * (assignments - squares)) / (recordsKept * k);
    return {
      labelAccuracy: 1 - hammingLoss,
      subsetAccuracy: expectedSubsetAccuracy(k, recordsKept),
      microF1: squares / assignments,
      macroF1: assignments / recordsKept / k,
      hammingLoss,
    };
  };

  /** Mean over kept records of the product over labels of p (has it) or 1 - p (has it not). */
  const odds = new Float64Array(order.ids.length);
  const expectedSubsetAccuracy = (k: number, recordsKept: number): number => {
    let none = 1;
    for (let rank = 0; rank < k; rank++) {
      const prior = (counts[order.ids[rank] as number] as number) / recordsKept;
      // A label that every record has contributes the factor 1 everywhere.
      if (prior < 1) none *= 1 - prior;
      odds[rank] = prior < 1 ? prior / (1 - prior) : 1;
    }
    let sum = 0;
    const { offsets, values } = ranks;
    for (let row = 0; row < recordsTotal; row++) {
      const end = offsets[row + 1] as number;
      let i = offsets[row] as number;
      if (i === end || (values[i] as number) >= k) continue;
      let product = none;
      for (; i < end; i++) {
        const rank = values[i] as number;
        if (rank >= k) break;
        product *= odds[rank] as number;
      }
      sum += product;
    }
    return sum / recordsKept;
  };

  return {
    table: edited.table,
    force: edited.force,
    counts,
    frequency,
    at,
    ...createCoOccurrence(edited.table, counts),
  };
}

/** Records with at least one of the first k labels of the order, `[labels + 1]`. */
function cumulativeRecords(
  ranks: { offsets: Uint32Array; values: Uint32Array },
  labels: number,
): Uint32Array {
  const records = new Uint32Array(labels + 1);
  for (let row = 0; row + 1 < ranks.offsets.length; row++) {
    const start = ranks.offsets[row] as number;
    if (start === ranks.offsets[row + 1]) continue;
    const first = (ranks.values[start] as number) + 1;
    records[first] = (records[first] as number) + 1;
  }
  for (let k = 1; k <= labels; k++) records[k] = (records[k] as number) + (records[k - 1] as number);
  return records;
}

type PrefixSums = Readonly<
  Record<'assignments' | 'squares' | 'inverse' | 'maximum' | 'minimum', Float64Array>
>;

/** Over the first k labels of the order, `[labels + 1]` each: sums of n, n², 1/n, and the extremes of n. */
function prefixSums(ids: Uint32Array, counts: Uint32Array): PrefixSums {
  const make = (initial: number) => new Float64Array(ids.length + 1).fill(initial);
  const sums = {
    assignments: make(0),
    squares: make(0),
    inverse: make(0),
    maximum: make(0),
    minimum: make(Number.POSITIVE_INFINITY),
  };
  for (let k = 0; k < ids.length; k++) {
    const n = counts[ids[k] as number] as number;
    sums.assignments[k + 1] = (sums.assignments[k] as number) + n;
    sums.squares[k + 1] = (sums.squares[k] as number) + n * n;
    sums.inverse[k + 1] = (sums.inverse[k] as number) + 1 / n;
    sums.maximum[k + 1] = Math.max(sums.maximum[k] as number, n);
    sums.minimum[k + 1] = Math.min(sums.minimum[k] as number, n);
  }
  return sums;
}

function frequencyCurve(edited: EditedLabels, counts: Uint32Array): LabelExplorer['frequency'] {
  const unforced = { ...edited, force: new Int8Array(edited.force.length) };
  const labelIds = orderLabels(unforced, counts).ids;
  return { labelIds, counts: Uint32Array.from(labelIds, (id) => counts[id] as number) };
}
