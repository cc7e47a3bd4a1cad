import type { ErrorWire } from '../base/errors.ts';
import type { Progress } from '../base/progress.ts';
import type { NotebookParameters } from './parameters.ts';
import { differences, plainWords, type Plain } from './plain.ts';

/** Cells in reading order. */
export const cellIds = [
  'dataset',
  'labels',
  'advisor',
  'split',
  'text',
  'training',
  'evaluation',
  'experiments',
  'comparison',
  'predict',
  'instructions',
  'embedding',
  'tuning',
  'clusters',
  'uses',
  'pieExperiments',
  'incubator',
  'generatorTuning',
  'classifiers',
  'mining',
  'incubatorExperiments',
] as const;
export type CellId = (typeof cellIds)[number];

/** Cells that make one run from top to bottom. */
const inOneRun = new Set<CellId>(['dataset', 'labels', 'split', 'text', 'training', 'evaluation']);

/** The others run what was asked for in them, and so have no part in "run everything". */
export const onDemand: ReadonlySet<CellId> = new Set(cellIds.filter((id) => !inOneRun.has(id)));

/** What a cell reads directly. */
export const dependencies: Readonly<Record<CellId, readonly CellId[]>> = {
  dataset: [],
  labels: ['dataset'],
  // Weighs every threshold: today's does not make it old.
  advisor: ['dataset'],
  split: ['labels'],
  text: ['labels'],
  training: ['split', 'text'],
  evaluation: ['training'],
  // Made of runs that keep their own settings: nothing above makes them old but other data.
  experiments: [],
  comparison: [],
  // Rests on a run, which keeps its own settings, and on texts of its own.
  predict: [],
  // A chain of its own: task embeddings (PIE) of the same data.
  instructions: ['dataset'],
  embedding: ['dataset'],
  tuning: ['instructions'],
  clusters: ['instructions', 'embedding'],
  uses: ['instructions', 'embedding'],
  // Its variants keep their own settings, as those of `experiments` do.
  pieExperiments: ['dataset'],
  // A third chain: a sentence is its data.
  incubator: [],
  generatorTuning: [],
  // Learn from sets that keep what they were made with.
  classifiers: [],
  mining: ['dataset'],
  // Its experiments keep the set and the judging rows that they began with.
  incubatorExperiments: [],
};

/** Cells whose results no file has a part in: other data makes none of them old, and their provenance names none unless they say so. */
export const withoutData: ReadonlySet<CellId> = new Set<CellId>([
  'incubator',
  'generatorTuning',
  'classifiers',
  'incubatorExperiments',
]);

/** Every cell that must stand before this one can run, in reading order. */
export function upstreamOf(cell: CellId): CellId[] {
  const found = new Set<CellId>();
  const visit = (id: CellId) => {
    for (const parent of dependencies[id]) {
      found.add(parent);
      visit(parent);
    }
  };
  visit(cell);
  return cellIds.filter((id) => found.has(id));
}

/** Where, when and from what a number came: enough to make it again. */
export interface Provenance {
  readonly dataHash: string;
  readonly parameters: Plain;
  readonly seed: number | null;
  readonly model: string | null;
  readonly device: string;
  readonly version: string;
  /** Which probabilities it holds, where it holds some: `uncalibrated`, or `calibrated` and by what. */
  readonly probabilities?: string | undefined;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly durationMs: number;
}

/** What is kept of a finished cell: the numbers to show after a reload, and the inputs they came from. */
export interface CellResult {
  readonly provenance: Provenance;
  /** Snapshot from `inputsOf` at the start: compared with today's to tell whether the result is stale. */
  readonly inputs: Plain;
  /** The one live figure of the outline, e.g. `67 labels`. */
  readonly headline: string;
  /** Plain data that the cell itself knows how to read back. */
  readonly summary: Plain;
  /** It was stopped before its end, and this is what there is of it. */
  readonly isStopped?: boolean;
}

/** What is going on with a cell right now; absent: nothing. Never saved. */
export type Activity =
  | { readonly kind: 'queued' }
  | {
      readonly kind: 'running';
      readonly startedAtMs: number;
      readonly progress: Progress | null;
      readonly etaMs: number | null;
    }
  | { readonly kind: 'failed'; readonly error: ErrorWire };

export type CellStatus =
  | { readonly state: 'idle' }
  /** `word`: what stands before the reason in place of “Stale”. */
  | { readonly state: 'stale'; readonly why: string; readonly word?: string }
  | { readonly state: 'queued' }
  | {
      readonly state: 'running';
      readonly startedAtMs: number;
      readonly progress: Progress | null;
      readonly etaMs: number | null;
    }
  | { readonly state: 'done'; readonly durationMs: number; readonly isStopped?: boolean }
  | { readonly state: 'failed'; readonly error: ErrorWire };

/** Whether it runs, or waits for its turn. */
export const isAtWork = ({ state }: Pick<CellStatus, 'state'>): boolean =>
  state === 'running' || state === 'queued';

/** Moves an activity on; an event that does not fit the present state changes nothing. */
export type ActivityEvent =
  | { readonly kind: 'queue' }
  | { readonly kind: 'start'; readonly nowMs: number }
  | { readonly kind: 'progress'; readonly progress: Progress; readonly etaMs: number | null }
  | { readonly kind: 'finish' }
  | { readonly kind: 'stop' }
  | { readonly kind: 'fail'; readonly error: ErrorWire };

/** The cell state machine: null stands for "nothing going on". */
export function transition(activity: Activity | null, event: ActivityEvent): Activity | null {
  switch (event.kind) {
    case 'queue':
      return activity?.kind === 'running' ? activity : { kind: 'queued' };
    case 'start':
      return { kind: 'running', startedAtMs: event.nowMs, progress: null, etaMs: null };
    case 'progress':
      return activity?.kind === 'running'
        ? { ...activity, progress: event.progress, etaMs: event.etaMs }
        : activity;
    case 'fail':
      return activity?.kind === 'running' || activity?.kind === 'queued'
        ? { kind: 'failed', error: event.error }
        : activity;
    case 'finish':
    case 'stop':
      return activity?.kind === 'failed' && event.kind === 'finish' ? activity : null;
  }
}

/**
 * Everything that decides a cell's result: its own parameters, those of every cell above it, and the data's hash.
 * Settings that only change how a finished result is read (the decision threshold) are left out on purpose.
 */
export function inputsOf(cell: CellId, parameters: NotebookParameters, dataHash: string): Plain {
  const own: Record<CellId, Plain> = {
    dataset: {},
    labels: { labels: labelInputs(parameters.labels) },
    advisor: advisorInputs(parameters),
    split: { split: plain(parameters.split) },
    text: { text: textInputs(parameters) },
    training: { training: plain(parameters.training) },
    evaluation: {},
    experiments: {},
    comparison: {},
    predict: {},
    // Synonyms and corrections are laid over what was extracted: only what reads the categories grows old by them.
    instructions: extractorInputs(parameters.instructions),
    embedding: { embedding: embeddingInputs(parameters.embedding) },
    tuning: { instructions: readingInputs(parameters.instructions), tuning: plain(parameters.tuning) },
    clusters: { instructions: readingInputs(parameters.instructions), clusters: plain(parameters.clusters) },
    uses: { instructions: readingInputs(parameters.instructions), uses: plain(parameters.uses) },
    pieExperiments: {},
    // Sets keep what they were generated with: other settings are for the next one.
    incubator: {},
    generatorTuning: {},
    incubatorExperiments: {},
    // Classifiers are named by what they learnt from, and formulas answer live.
    classifiers: {},
    mining: {},
  };
  const inputs: Record<string, Plain> = withoutData.has(cell) ? {} : { dataHash };
  for (const id of [...upstreamOf(cell), cell]) Object.assign(inputs, own[id]);
  return inputs;
}

/** Results from before rows could be edited know nothing of it, and are as good as those with none edited. */
function labelInputs({ rowEdits, ...labels }: NotebookParameters['labels']): Plain {
  return plain(rowEdits && rowEdits.rows.length > 0 ? { ...labels, rowEdits } : labels);
}

// Settings that came later: results from before them were made with the default, and are as good.
function extractorInputs({ extractor }: NotebookParameters['instructions']): Plain {
  return extractor === 'wink' ? {} : { instructions: { extractor } };
}

function readingInputs({ extractor, ...reading }: NotebookParameters['instructions']): Plain {
  return plain(extractor === 'wink' ? reading : { ...reading, extractor });
}

function embeddingInputs({ dtype, staticRepository, ...embedding }: NotebookParameters['embedding']): Plain {
  const later = {
    ...(dtype === 'fp32' ? {} : { dtype }),
    ...(staticRepository === null ? {} : { staticRepository }),
  };
  return plain({ ...embedding, ...later });
}

/** Merges and exclusions, the split and the cleaning decide what is measured; the threshold is what it is about. */
function advisorInputs({ labels, split, text }: NotebookParameters): Plain {
  const { threshold: _, pinned: __, ...edits } = labels;
  return {
    labels: labelInputs({ ...edits, threshold: 0, pinned: [] }),
    split: plain(split),
    text: { cleaning: plain(text.cleaning) },
  };
}

/** In windows texts are not cut where the model's positions end. */
function textInputs({ text, training }: NotebookParameters): Plain {
  const inWindows = training.hyperparameters.longTexts === 'windows';
  return plain(inWindows ? { ...text, inWindows } : text);
}

const plain = (value: unknown) => value as Plain;

const names: Readonly<Record<string, string>> = {
  dataHash: 'data',
  'labels.threshold': 'label threshold',
  'labels.pinned': 'pinned labels',
  'labels.excluded': 'excluded labels',
  'labels.merges': 'merged labels',
  'labels.rowEdits': 'corrected rows',
  'split.seed': 'split seed',
  'split.validation': 'validation share',
  'split.test': 'test share',
  'split.groupDuplicates': 'duplicate handling',
  'split.groupArticles': 'article handling',
  'text.maxLength': 'length limit',
  'text.keeps': 'truncation',
  'text.inWindows': 'long texts',
  'text.model': 'model',
  'text.cleaning': 'cleaning',
  'training.seed': 'training seed',
  'instructions.groups': 'synonym groups',
  'instructions.edits': 'corrected categories',
  'embedding.model': 'embedding model',
  'embedding.prompt': 'prompt',
  'tuning.model': 'model to tune',
  'tuning.seed': 'tuning seed',
  'clusters.k': 'number of clusters',
  'clusters.method': 'clustering method',
  'clusters.minClusterSize': 'smallest cluster',
  'uses.keep': 'rows to keep',
  'training.lowering': 'device',
  'embedding.dtype': 'precision',
  'embedding.staticRepository': 'static model',
  // As a whole it comes and goes with its extractor.
  instructions: 'extractor',
};

/** Says in a few words what has changed since a result was made; null where nothing has. */
export function whyStale(then: Plain, now: Plain): string | null {
  const changes = differences(then, now);
  const [first] = changes;
  if (!first) return null;
  if (first.path === 'dataHash') return 'other data';
  const path = Object.keys(names).find((key) => first.path === key || first.path.startsWith(`${key}.`));
  const name = path ? (names[path] as string) : plainWords(first.path.split('.').at(-1) ?? first.path);
  const isLeaf = path === undefined || path === first.path;
  const short = (value: Plain | undefined) =>
    typeof value === 'number' || typeof value === 'string' ? String(value) : null;
  const [before, after] = [short(first.before), short(first.after)];
  const what =
    isLeaf && before !== null && after !== null ? `${name} ${before} → ${after}` : `${name} changed`;
  const others = new Set(changes.slice(1).map(({ path }) => path.split('.').slice(0, 2).join('.')));
  others.delete(first.path.split('.').slice(0, 2).join('.'));
  return others.size === 0 ? what : `${what}, +${others.size} more`;
}

export interface StatusFacts {
  readonly cell: CellId;
  readonly parameters: NotebookParameters;
  readonly results: Readonly<Partial<Record<CellId, CellResult>>>;
  readonly activity: Activity | null;
  /** False while the data that the results came from is not open in this tab. */
  readonly attached: boolean;
}

/** What the pill shows. Staleness is derived, so undoing a change makes a result fresh again. */
export function statusOf({ cell, parameters, results, activity, attached }: StatusFacts): CellStatus {
  if (activity?.kind === 'queued') return { state: 'queued' };
  if (activity?.kind === 'running') {
    const { startedAtMs, progress, etaMs } = activity;
    return { state: 'running', startedAtMs, progress, etaMs };
  }
  if (activity?.kind === 'failed') return { state: 'failed', error: activity.error };
  const result = results[cell];
  if (!result) return { state: 'idle' };
  if (cell === 'dataset' && !attached) return { state: 'stale', why: 'file not open in this tab' };
  // Answers while its settings move: with the data open, what it shows is never old.
  if (cell === 'labels' && attached) return { state: 'done', durationMs: result.provenance.durationMs };
  const dataHash = results.dataset?.provenance.dataHash ?? '';
  const why = whyStale(
    withoutData.has(cell) ? withoutHash(result.inputs) : result.inputs,
    inputsOf(cell, parameters, cell === 'dataset' ? result.provenance.dataHash : dataHash),
  );
  if (why !== null) return { state: 'stale', why };
  const { durationMs } = result.provenance;
  return result.isStopped ? { state: 'done', durationMs, isStopped: true } : { state: 'done', durationMs };
}

/** Results from before these cells were known to read no data carry its hash all the same. */
function withoutHash(inputs: Plain): Plain {
  if (typeof inputs !== 'object' || inputs === null || Array.isArray(inputs)) return inputs;
  const { dataHash: _, ...kept } = inputs as Readonly<Record<string, Plain>>;
  return kept;
}
