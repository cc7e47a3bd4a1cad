import type { Experiment } from '../../../notebook/experiments/types.ts';
import { runOf, plural } from '../../../notebook/format.ts';
import type { RunSummary } from '../../../services/trainer/contract.ts';
import { poolingWords, trainingLossName } from '../../../training/describe.ts';
import { isLive } from '../training/runLog.ts';

/** Something that kept its outputs on test rows: a run, a variant of an experiment, or a reference model. */
export interface Candidate {
  /** The run's id, or the key of a reference's outputs. */
  readonly key: string;
  readonly kind: 'network' | 'reference';
  readonly name: string;
  /** What the name leaves out. */
  readonly about: string;
  readonly labels: readonly string[];
  readonly dataHash: string;
  /** Null: not known before its outputs are read. */
  readonly rowsHash: string | null;
  readonly microF1: number | null;
}

/** Everything that can be compared, the latest first; fingerprints read since are filled in. */
export function candidatesOf(
  runs: readonly RunSummary[],
  experiments: readonly Experiment[],
  fingerprints: Readonly<Record<string, string>>,
): Candidate[] {
  const done = experiments.flatMap((experiment) =>
    experiment.variants.flatMap((variant) =>
      // Variants that only pick other thresholds share one run: it is there once.
      variant.state.kind === 'done' &&
      variant.state.result.judged === 'test' &&
      (variant.picking ?? 'fixed') === 'fixed'
        ? [{ experiment, variant, result: variant.state.result }]
        : [],
    ),
  );
  const variantOf = new Map(done.map((one) => [one.result.runId, one] as const));
  const networks = runs
    .filter(({ state, evaluations }) => !isLive(state) && evaluations.some(({ split }) => split === 'test'))
    .map((run): Candidate => {
      const variant = variantOf.get(run.runId);
      const test = run.evaluations.filter(({ split }) => split === 'test');
      return {
        key: run.runId,
        kind: 'network',
        name: variant
          ? `${variant.experiment.title}, ${variant.variant.name}`
          : `${run.modelName}, ${runOf(run.createdAt)}`,
        about: `${run.modelName} · ${plural(run.labels.length, 'label')} · ${trainingLossName(run.hyperparameters.loss)}${poolingWords(run.hyperparameters) === null ? '' : ', windows'} · seed ${run.seed} · step ${run.step}`,
        labels: run.labels,
        dataHash: run.dataHash,
        rowsHash: variant?.result.rowsHash ?? fingerprints[run.runId] ?? null,
        microF1: (test.find(({ isBest }) => isBest) ?? test.at(-1))?.microF1 ?? null,
      };
    });
  const references = done
    .filter(({ variant }) => variant.kind === 'reference')
    .map(({ experiment, variant, result }): Candidate => ({
      key: result.runId,
      kind: 'reference',
      name: `${experiment.title}, ${variant.name}`,
      about: `${result.modelName} · ${plural(result.labels, 'label')}`,
      labels: result.perLabel.names,
      dataHash: result.dataHash,
      rowsHash: result.rowsHash,
      microF1: result.scores.microF1,
    }));
  return [...networks, ...references];
}

/** Why two cannot be compared row by row, in words; null where they can, or where only reading the outputs will tell. */
export function whyNot(first: Candidate, other: Candidate): string | null {
  if (first.dataHash !== other.dataHash) return 'other data';
  const isSame =
    first.labels.length === other.labels.length &&
    first.labels.every((label, i) => label === other.labels[i]);
  if (!isSame) return `other labels (${other.labels.length} against ${first.labels.length})`;
  if (first.rowsHash !== null && other.rowsHash !== null && first.rowsHash !== other.rowsHash)
    return 'other test rows';
  return null;
}
