import { VerbenaError } from '../base/errors.ts';
import { throwIfAborted, throttled, type TaskOptions } from '../base/progress.ts';
import { joinArticles, joinSplit, joinTexts, type JoinedRows } from '../core/labels/articleRows.ts';
import { selectLabels, denseTargets, type SelectedLabels } from '../core/labels/selection.ts';
import type { LabelEdits } from '../core/labels/edits.ts';
import type { LabelTable } from '../core/labels/labelTable.ts';
import { foldFractions, splitRows, type Fold, type Split, type SplitFractions } from '../core/split/split.ts';
import { noCleaning } from '../core/text/steps.ts';
import type { SplitRequest } from '../services/analysis/contract.ts';
import type { BaselineData } from '../services/baseline/contract.ts';
import type { CorpusService } from '../services/corpus/contract.ts';
import type { TextService, TokenizerSource, TokenTable } from '../services/text/contract.ts';
import type { Hyperparameters, TrainingData } from '../services/trainer/contract.ts';
import type { LabelParameters, NotebookParameters, SplitParameters, TextParameters } from './parameters.ts';
import { fetchTexts } from './texts.ts';

// The way from an open corpus to what the trainer eats, without a page: the cells, the headless runner and tests call it.

export class AssemblyError extends VerbenaError<'assembly-rows-differ'> {}

/** The worker services the assembly talks to; a test may hand in the services themselves. */
export interface AssemblyServices {
  readonly corpus: Pick<CorpusService, 'labelTable' | 'texts' | 'textGroups' | 'articleGroups'>;
  readonly text: Pick<TextService, 'tokenizeRows'>;
  /** Deals the rows elsewhere, as in a worker; default: here. */
  readonly split?: (request: SplitRequest) => Promise<Split>;
}

export interface AssemblyRequest {
  /** Hash of the open corpus; provenance of the run. */
  readonly dataHash: string;
  readonly labels: LabelParameters;
  readonly split: SplitParameters;
  readonly text: Pick<TextParameters, 'cleaning' | 'maxLength' | 'keeps'>;
  /** What of the training settings decides the tokens; absent: texts are cut where the model's positions end, and names are not read. */
  readonly training?: Pick<Hyperparameters, 'longTexts' | 'encoding'> | undefined;
  readonly tokenizer: TokenizerSource;
  /** Tests on one fold in place of the split's share. */
  readonly fold?: Fold | undefined;
  /** A row is an article: texts of its rows a line each, labels of all. */
  readonly joinsArticles?: boolean | undefined;
}

/** Texts cleaned at once: a stop takes effect between two requests. */
const textsAtOnce = 2000;

/** Algorithm 1 on the notebook's label parameters. Throws `label-threshold-invalid`, `no-labels-kept`, `label-merge-cycle`. */
export function selectByParameters(
  table: LabelTable,
  labels: LabelParameters,
  dataHash: string,
): SelectedLabels {
  return selectLabels(table, editsOf(labels, dataHash), labels.threshold);
}

/** The label edits that hold for this data: corrected rows belong to the data that they were found in. */
export function editsOf(
  { pinned, excluded, merges, rowEdits }: Omit<LabelParameters, 'threshold'>,
  dataHash: string | null,
): LabelEdits {
  const rows = rowEdits && rowEdits.dataHash === dataHash ? rowEdits.rows : [];
  return rows.length > 0 ? { pinned, excluded, merges, rows } : { pinned, excluded, merges };
}

/** Training rows are what validation and test leave. */
export function fractionsOf({
  validation,
  test,
}: Pick<SplitParameters, 'validation' | 'test'>): SplitFractions {
  return { train: Math.max(0, 1 - validation - test), validation, test };
}

/**
 * What `splitRows`, here or in the analysis worker, needs for the notebook's split: the one place where parameters become a
 * split, so that the page and a run without one deal the same rows. Positions are into `selected.rowIds`; copies of one
 * text, or rows of one article, stay in one part where the parameters ask for it.
 */
export async function splitRequest(
  corpus: Pick<CorpusService, 'textGroups' | 'articleGroups'>,
  { labels, rowIds, targetOffsets, targetIds }: SelectedLabels,
  parameters: SplitParameters,
  fold?: Fold,
): Promise<SplitRequest> {
  return {
    rows: { labelCount: labels.length, targetOffsets, targetIds },
    fractions: fold ? foldFractions(parameters, fold) : fractionsOf(parameters),
    ...(fold ? { fold } : {}),
    seed: parameters.seed,
    groups: await groupsOf(corpus, rowIds, parameters),
  };
}

/** Articles or copies of a text, not both: a short step that stands in a thousand articles would tie all of these together. */
function groupsOf(
  corpus: Pick<CorpusService, 'textGroups' | 'articleGroups'>,
  rowIds: Uint32Array,
  { groupDuplicates, groupArticles }: SplitParameters,
): Promise<Uint32Array> | null {
  if (groupArticles) return corpus.articleGroups(rowIds);
  return groupDuplicates ? corpus.textGroups(rowIds) : null;
}

/**
 * Corpus -> selected labels -> split -> token ids: everything a training run needs, from the notebook's parameters.
 * Same corpus and parameters, same data. Cancellable between batches.
 * Throws what label selection, `splitRows` and tokenisation throw, and `assembly-rows-differ`.
 */
export async function assembleTrainingData(
  services: AssemblyServices,
  request: AssemblyRequest,
  options: TaskOptions = {},
): Promise<TrainingData> {
  const { signal, onProgress } = options;
  throwIfAborted(signal);
  const selected = selectByParameters(await services.corpus.labelTable(), request.labels, request.dataHash);
  const texts = await fetchTexts(services.corpus, selected.rowIds, options);
  throwIfAborted(signal);
  const rows = await dealRows(services, selected, request);
  const whole = request.joinsArticles ? await joined(services.corpus, selected) : null;
  const { rowIds } = whole?.selection ?? selected;
  const tokens = await services.text.tokenizeRows(
    rowIds,
    whole ? joinTexts(texts, whole.members) : texts,
    request.text.cleaning,
    tokenizerFor(request.tokenizer, request.training),
    request.text.maxLength,
    onProgress ?? (() => undefined),
    signal ?? new AbortController().signal,
    request.text.keeps,
  );
  throwIfAborted(signal);
  const split = whole ? joinSplit(rows, whole.members) : rows;
  const data = joinTrainingData(request.dataHash, whole?.selection ?? selected, split, tokens);
  return withLabelNames(services.text, data, request.tokenizer, request.training, options);
}

/** Selected rows as articles. */
export async function joined(
  corpus: Pick<CorpusService, 'articleGroups'>,
  selected: SelectedLabels,
): Promise<JoinedRows> {
  return joinArticles(selected, await corpus.articleGroups(selected.rowIds));
}

/** Form and text cell together: what the trainer is told. */
export function trainerSettings({
  training,
  text,
}: Pick<NotebookParameters, 'training' | 'text'>): Hyperparameters {
  const { maxLength, keeps } = text;
  return { ...training.hyperparameters, maxLength, ...(keeps && { keeps }) };
}

/** The tokenizer for a run: in windows a text may be longer than the model's positions, since none of its pieces is. */
export function tokenizerFor(
  tokenizer: TokenizerSource,
  training: Pick<Hyperparameters, 'longTexts'> | undefined,
): TokenizerSource {
  if (training?.longTexts !== 'windows') return tokenizer;
  const { maxTokens: _, ...unlimited } = tokenizer;
  return unlimited;
}

/** Longest label name that is read, in tokens. */
const nameTokens = 32;

/** Adds the labels' names as tokens, where the encoding begins with them. */
export async function withLabelNames(
  text: Pick<TextService, 'tokenizeRows'>,
  data: TrainingData,
  tokenizer: TokenizerSource,
  training: Pick<Hyperparameters, 'encoding'> | undefined,
  { signal, onProgress }: TaskOptions,
): Promise<TrainingData> {
  if (training?.encoding?.kind !== 'label-embedding') return data;
  const { ids, offsets } = await text.tokenizeRows(
    Uint32Array.from(data.labels.keys()),
    data.labels,
    noCleaning,
    tokenizer,
    nameTokens,
    onProgress ?? (() => undefined),
    signal ?? new AbortController().signal,
  );
  return { ...data, labelNames: { ids, offsets } };
}

/** The request's split of selected rows, in a worker where the services have one. */
export async function dealRows(
  services: Pick<AssemblyServices, 'split'> & {
    readonly corpus: Pick<CorpusService, 'textGroups' | 'articleGroups'>;
  },
  selected: SelectedLabels,
  { split, fold }: Pick<AssemblyRequest, 'split' | 'fold'>,
): Promise<Split> {
  const request = await splitRequest(services.corpus, selected, split, fold);
  if (services.split) return services.split(request);
  const { rows, ...how } = request;
  return splitRows(rows, how);
}

/**
 * Puts the parts together that the cells above training made. Throws `assembly-rows-differ` where they do not belong
 * together: targets are laid out in the order of the selection, and other rows would train on wrong labels.
 */
export function joinTrainingData(
  dataHash: string,
  selection: SelectedLabels,
  split: Split,
  tokens: TokenTable,
): TrainingData {
  const { rowIds, labels, targetOffsets, targetIds } = selection;
  const dealt = split.train.length + split.validation.length + split.test.length;
  const same =
    rowIds.length === dealt &&
    rowIds.length === tokens.rowIds.length &&
    rowIds.every((row, position) => row === tokens.rowIds[position]);
  if (!same)
    throw new AssemblyError(
      'assembly-rows-differ',
      `The tokenised rows (${tokens.rowIds.length}) are not the selected rows (${rowIds.length}).`,
      'Run the text cell again: the labels have changed since.',
    );
  return { dataHash, tokens, split, labels, targetOffsets, targetIds };
}

/** What the TF-IDF reference model learns from and is judged on: the same rows, cleaning and split as the network's. */
export async function assembleBaselineData(
  services: {
    readonly corpus: Pick<CorpusService, 'texts'>;
    readonly text: Pick<TextService, 'clean'>;
  },
  request: {
    readonly selection: SelectedLabels;
    readonly split: Split;
    readonly cleaning: TextParameters['cleaning'];
    /** Rows as they lie in the corpus, where `selection` is of articles. */
    readonly joinedFrom?:
      | { readonly rowIds: Uint32Array; readonly members: JoinedRows['members'] }
      | undefined;
  },
  judgeOn: keyof Split,
  options: TaskOptions = {},
): Promise<BaselineData> {
  const { selection, split, cleaning, joinedFrom } = request;
  const judged = split[judgeOn];
  const rowsOf = (positions: Uint32Array) =>
    positions.map((position) => selection.rowIds[position] as number);
  const textsAt = async (positions: Uint32Array) => {
    if (!joinedFrom) return fetchTexts(services.corpus, rowsOf(positions), options);
    const lists = Array.from(positions, (position) => joinedFrom.members[position] ?? new Uint32Array());
    const rows = lists.flatMap((list) => Array.from(list, (at) => joinedFrom.rowIds[at] as number));
    const texts = await fetchTexts(services.corpus, Uint32Array.from(rows), options);
    let next = 0;
    return lists.map((list) => texts.slice(next, (next += list.length)).join('\n'));
  };
  const read = async (positions: Uint32Array) =>
    cleanTexts(services.text, await textsAt(positions), cleaning, options);
  const labelCount = selection.labels.length;
  return {
    trainTexts: await read(split.train),
    testTexts: await read(judged),
    testRowIds: rowsOf(judged),
    labels: selection.labels,
    trainTargets: denseTargets(selection, labelCount, split.train),
    testTargets: denseTargets(selection, labelCount, judged),
  };
}

async function cleanTexts(
  text: Pick<TextService, 'clean'>,
  raw: readonly string[],
  cleaning: TextParameters['cleaning'],
  { signal, onProgress }: TaskOptions,
): Promise<readonly string[]> {
  if (!Object.values(cleaning).some(Boolean)) return raw;
  const report = throttled(onProgress);
  const cleaned: string[] = [];
  for (let start = 0; start < raw.length; start += textsAtOnce) {
    throwIfAborted(signal);
    for (const line of await text.clean(raw.slice(start, start + textsAtOnce), cleaning)) cleaned.push(line);
    report({ phase: 'Cleaning texts', done: cleaned.length, total: raw.length, unit: 'rows' });
  }
  return cleaned;
}
