import type { ErrorWire } from '../base/errors.ts';

/** One update of a tuning, as the curve shows it. */
export interface CurvePoint {
  readonly step: number;
  readonly loss: number;
  readonly learningRate: number;
  readonly tokens: number;
}

/** What a tuning of the generator came to. */
export interface TunedSummary {
  readonly model: string;
  /** Of the model without its adapter. */
  readonly parameters: number;
  readonly trainedParameters: number;
  readonly pairs: number;
  readonly examples: number;
  readonly heldOutPairs: number;
  readonly heldOutExamples: number;
  readonly updates: number;
  readonly lossBefore: number;
  readonly lossAfter: number;
  readonly heldOutLoss: { readonly before: number; readonly after: number } | null;
  /** Examples cut for length. */
  readonly cut: number;
  readonly isStopped: boolean;
  readonly elapsedMs: number;
  /** Share of replies to held-out descriptions that hold one object with exactly the asked keys; null where none was asked for. */
  readonly parse: { readonly before: number | null; readonly after: number | null; readonly replies: number };
}

/** A tuning with its curve, and replies to one instruction before and after it. */
export interface TuningRun extends TunedSummary {
  readonly curve: readonly CurvePoint[];
  readonly instruction: string;
  readonly before: readonly string[];
  readonly after: readonly string[];
}

export type SweepState =
  | { readonly kind: 'waiting' }
  | { readonly kind: 'done'; readonly tuned: TunedSummary }
  | { readonly kind: 'failed'; readonly error: ErrorWire };

/** Tunings on nested subsets of the pairs, of growing size. */
export interface Sweep {
  readonly startedAt: string;
  /** Stands for pairs and settings: a point of others does not compare. */
  readonly key: string;
  readonly points: readonly { readonly pairs: number; readonly state: SweepState }[];
}

export interface GeneratorTuningSummary {
  readonly run: TuningRun | null;
  readonly sweep: Sweep | null;
}

/** Out of a cell's kept result; nothing where it holds none. */
export function readTuningSummary(summary: unknown): GeneratorTuningSummary {
  const { run, sweep } = (summary ?? {}) as Partial<GeneratorTuningSummary>;
  return {
    run: run && Array.isArray(run.curve) ? run : null,
    sweep: sweep && Array.isArray(sweep.points) ? sweep : null,
  };
}

const mostCurvePoints = 300;

/** A curve of at most 300 points: every n-th, and the last. */
export function thinned(curve: readonly CurvePoint[]): readonly CurvePoint[] {
  const every = Math.ceil(curve.length / mostCurvePoints);
  return curve.filter((_, at) => at % every === 0 || at === curve.length - 1);
}

/** What a sweep shows, in sentences; none before two of its tunings are finished. */
export function sweepWords({ points }: Sweep): readonly string[] {
  const done = points.flatMap(({ pairs, state }) =>
    state.kind === 'done' ? [{ size: pairs, ...state.tuned }] : [],
  );
  const [first, last] = [done[0], done.at(-1)];
  if (!first || !last || first === last) return [];
  const of = (tuned: TunedSummary) => tuned.heldOutLoss?.after ?? tuned.lossAfter;
  const gain = of(first) - of(last);
  const sentences = [
    `From ${first.size} to ${last.size} pairs the loss on held-out descriptions goes from ${of(first).toFixed(3)} to ${of(last).toFixed(3)} nats a token${gain > 0.01 ? '' : ': more pairs did not help'}.`,
  ];
  if (first.parse.after !== null && last.parse.after !== null)
    sentences.push(
      `Replies that parse: ${Math.round(100 * first.parse.after)} % and ${Math.round(100 * last.parse.after)} % of ${last.parse.replies}.`,
    );
  sentences.push(
    'All sizes had as many epochs, so larger ones had more updates: part of the difference is longer training.',
  );
  return sentences;
}

/** What a model of this size cannot be expected to do, whatever it is tuned on; null from a billion parameters on. */
export function sizeWarning(parameters: number): string | null {
  if (parameters >= 1e9) return null;
  if (parameters >= 1e8)
    return 'A model of this size learns to answer in the form of an object, and writes plain texts of well-known classes. Expect repetition, and texts that fit their class loosely: read some before you train on them. The paper tuned 7 billion parameters.';
  return 'A model this small learns the look of an object at best: braces, quotes, names of classes. It has no knowledge of what the classes mean, and its texts teach a classifier nothing. Use it to try the flow; for data, tune a model of a hundred million parameters or more. The paper tuned 7 billion.';
}
