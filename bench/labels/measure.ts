import { noEdits } from '../../src/core/labels/edits.ts';
import { createLabelExplorer } from '../../src/core/labels/explorer.ts';
import { denseTargets, selectLabels } from '../../src/core/labels/selection.ts';
import { zipfTable } from '../../src/core/labels/testTables.ts';
import { createEvaluator } from '../../src/core/metrics/evaluator.ts';
import { splitRows } from '../../src/core/split/split.ts';

export interface Timing {
  readonly what: string;
  readonly runs: number;
  /** What the work itself takes: on a busy machine the rest is waiting. */
  readonly minMs: number;
  readonly medianMs: number;
  readonly p95Ms: number;
  readonly maxMs: number;
  /** What one run may take at most; null where nothing was promised. */
  readonly budgetMs: number | null;
}

/** Everything a frame of the label cell and of the evaluation cell computes, at the sizes of the issue. Runs in Node and in a page. */
export function measure(): { readonly shape: string; readonly timings: readonly Timing[] } {
  const labels = 6000;
  const rows = 100_000;
  const table = zipfTable(rows, labels, 3, 1);
  const timings: Timing[] = [];
  const time = (what: string, runs: number, budgetMs: number | null, run: (round: number) => unknown) => {
    for (let round = 0; round < Math.min(5, runs - 1); round++) run(round);
    const times = Float64Array.from({ length: runs }, (_, round) => {
      const start = performance.now();
      run(round);
      return performance.now() - start;
    }).sort();
    const at = (share: number) => times[Math.min(runs - 1, Math.floor(share * runs))] as number;
    timings.push({ what, runs, minMs: at(0), medianMs: at(0.5), p95Ms: at(0.95), maxMs: at(1), budgetMs });
  };

  const explorer = createLabelExplorer(table, noEdits);
  const most = explorer.frequency.counts[0] as number;
  /** From 1 (everything kept: the most work) to the largest count, evenly in the logarithm, as the slider has it. */
  const threshold = (round: number) => Math.max(1, Math.round(most ** ((round % 200) / 199)));
  time('threshold moved: every statistic', 600, 16, (round) => explorer.at(threshold(round)));
  time('threshold 1: all labels kept', 200, 16, () => explorer.at(1));
  time('company of one label (top 10)', 100, 16, (round) => explorer.coOccurring(round, 10));
  time('pin or merge: tables made anew', 7, null, (round) =>
    createLabelExplorer(table, { ...noEdits, pinned: [`label ${labels - 1 - round}`] }),
  );
  const most60 = explorer.frequency.labelIds.slice(0, 60);
  time('co-occurrence matrix of 60 labels', 20, null, () => explorer.coOccurrenceMatrix(most60));
  time('rows and targets at threshold 5', 7, null, () => selectLabels(table, noEdits, 5));
  const selected = selectLabels(table, noEdits, 5);
  const fractions = { train: 0.8, validation: 0.1, test: 0.1 };
  time(`stratified split over ${selected.labels.length} labels`, 3, null, (round) =>
    splitRows({ labelCount: selected.labels.length, ...selected }, { fractions, seed: round }),
  );

  const few = selectLabels(table, noEdits, explorer.frequency.counts[66] as number);
  const positions = Uint32Array.from({ length: 20_000 }, (_, position) => position);
  const targets = denseTargets(few, few.labels.length, positions);
  const logits = Float32Array.from(targets, (target, cell) => 4 * target - 4 + 3 * Math.sin(cell * 12.9898));
  const evaluator = createEvaluator({ labels: few.labels, targets, logits });
  const size = `20,000 × ${few.labels.length}`;
  time(`decision threshold moved, ${size}`, 200, 16, (round) => evaluator.at((round + 1) / 201));
  time(`average precision and ROC AUC, ${size}`, 3, null, () =>
    createEvaluator({ labels: few.labels, targets, logits }).ranking(),
  );
  const pairs = table.labelIds.length.toLocaleString('en');
  return {
    shape: `${labels.toLocaleString('en')} labels × ${rows.toLocaleString('en')} records, ${pairs} pairs`,
    timings,
  };
}
