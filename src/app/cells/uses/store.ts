import { createStore } from 'zustand/vanilla';
import { isAbort, VerbenaError } from '../../../base/errors.ts';
import { progressEta, type Progress } from '../../../base/progress.ts';
import type { TaskCorrelation } from '../../../core/embedding/uses/correlation.ts';
import { readScores, type SystemScores } from '../../../core/embedding/uses/scores.ts';
import { randomRows, type Coverage } from '../../../core/embedding/uses/selection.ts';
import { EmbeddingError, type Vectors } from '../../../core/embedding/vectors.ts';
import { plural } from '../../../notebook/format.ts';
import type { EmbeddingParameters } from '../../../notebook/parameters.ts';
import type { RunContext } from '../../../notebook/runner.ts';
import { connectClusterer } from '../../../services/clusterer/client.ts';
import { pointTurns } from '../../../services/clusterer/points.ts';
import { notebook } from '../../runtime.ts';
import { once } from '../../services.ts';
import { session } from '../../session.ts';
import { toast, toastError } from '../../toasts.ts';
import { ClustersError, rowsOf, truthOf } from '../clusters/store.ts';
import { currentEmbedding, embed } from '../embedding/store.ts';
import { currentInstructions, finalCategories } from '../instructions/store.ts';
import { readTextSet, type TextSet } from './sets.ts';

/** Its own worker: what is chosen here must not disturb the clusters' points. */
const chooser = once(connectClusterer);

/** Retrieval may be asked for while the cell runs: each has the worker's points to itself. */
export const withPoints = pointTurns(chooser);

/** Random choices that a selection is compared with. */
export const randomDraws = 20;
/** Rows of each set that task correlation looks at: every row is held against every other set's. */
export const correlationRows = 2000;

/** One row that was chosen, or retrieved. */
export interface ChosenRow {
  readonly row: number;
  readonly text: string;
  readonly category: string;
  /** Cosine to the query, or rows of the cluster that this row stands for. */
  readonly score: number;
}

export interface SystemOutcome {
  readonly name: string;
  readonly whole: number;
  readonly part: number;
  /** Mean over the random choices. */
  readonly random: number;
}

/** What selection and compression came to; small, and kept with the notebook. */
export interface UseNumbers {
  readonly embedding: string;
  readonly available: number;
  readonly asked: number;
  readonly kept: number;
  readonly truth: 'labels' | 'extracted';
  readonly selected: Coverage;
  readonly random: { readonly mean: Coverage; readonly deviation: Coverage };
  readonly systems: readonly SystemOutcome[];
  readonly ranking: {
    readonly selected: number | null;
    readonly random: number | null;
    readonly error: number;
    readonly randomError: number;
  };
}

export interface Selection {
  readonly dataHash: string;
  readonly key: string;
  readonly rows: readonly ChosenRow[];
  /** Categories of all rows with their shares, whole and chosen, largest first. */
  readonly shares: readonly { readonly category: string; readonly whole: number; readonly part: number }[];
}

interface UsesState {
  readonly selection: Selection | null;
  readonly retrieved: { readonly query: string; readonly rows: readonly ChosenRow[] } | null;
  readonly sets: readonly TextSet[];
  readonly correlation:
    | (TaskCorrelation & {
        readonly names: readonly string[];
        readonly space: string;
        readonly sampled: boolean;
      })
    | null;
  readonly given: {
    readonly name: string;
    readonly dataHash: string;
    readonly systems: readonly SystemScores[];
  } | null;
  readonly busy: {
    readonly what: 'retrieval' | 'correlation' | 'reading';
    readonly progress: Progress | null;
    readonly etaMs: number | null;
    readonly stop: () => void;
  } | null;
}

export const usesStore = createStore<UsesState>(() => ({
  selection: null,
  retrieved: null,
  sets: [],
  correlation: null,
  given: null,
  busy: null,
}));

/** The open data's texts with category and vectors, rows without a category left out. Throws `no-embedding`, `one-category`. */
export function given() {
  const [instructions, embedding] = [currentInstructions(), currentEmbedding()];
  if (!instructions || !embedding)
    throw new ClustersError('no-embedding', 'There are no vectors to use.', 'Run the Embedding cell first.');
  const { clusters, instructions: reading } = notebook.store.getState().parameters;
  const final = finalCategories(instructions, reading);
  const { truth, rows, names } = truthOf(instructions, clusters.truth, final, reading);
  if (new Set(names).size < 2)
    throw new ClustersError(
      'one-category',
      'The texts have one category only.',
      'Load instructions of several tasks, or take apart synonym groups.',
    );
  return { instructions, embedding, truth, rows, names, final };
}

/** Runs a piece of work beside the cell's own run, with progress and a stop. */
async function beside<T>(
  what: NonNullable<UsesState['busy']>['what'],
  work: (context: RunContext) => Promise<T>,
): Promise<T | null> {
  if (!notebook.mayRun()) return null;
  usesStore.getState().busy?.stop();
  const controller = new AbortController();
  const stop = () => controller.abort();
  const eta = progressEta();
  // A last report may arrive after the answer.
  let isOver = false;
  const show = (progress: Progress | null, etaMs: number | null) => {
    if (!isOver && !controller.signal.aborted) usesStore.setState({ busy: { what, progress, etaMs, stop } });
  };
  show(null, null);
  try {
    return await work({
      signal: controller.signal,
      onProgress(progress) {
        show(progress, eta(progress, Date.now()));
      },
    });
  } catch (error) {
    if (!isAbort(error) && !controller.signal.aborted) toastError(error);
    return null;
  } finally {
    isOver = true;
    if (usesStore.getState().busy?.stop === stop) usesStore.setState({ busy: null });
  }
}

/** The rows nearest to a query: demonstrations for it. */
export async function retrieve(query: string): Promise<void> {
  const text = query.trim();
  if (text === '') return;
  await beside('retrieval', async (context) => {
    const { instructions, embedding, rows, names } = given();
    const own = rowsOf(embedding.points, rows);
    const { points } = await embed([text], embedding.parameters, context, {
      reference: instructions.texts,
    });
    const k = Math.min(notebook.store.getState().parameters.uses.demonstrations, rows.length);
    const { signal, onProgress } = context;
    const found = await withPoints(own, signal, (service) =>
      service.neighbours(points, { k }, onProgress, signal),
    );
    usesStore.setState({
      retrieved: {
        query: text,
        rows: Array.from(found.rows, (at, i) => ({
          row: rows[at] as number,
          text: instructions.texts[rows[at] as number] ?? '',
          category: names[at] ?? '',
          score: found.scores[i] as number,
        })),
      },
    });
  });
}

/** Adds data sets to compare with the open one. */
export async function addSets(files: readonly File[]): Promise<void> {
  for (const file of files) {
    const set = await beside('reading', (context) => readTextSet(file, context));
    if (!set) continue;
    usesStore.setState(({ sets }) => ({
      sets: [...sets.filter(({ name }) => name !== set.name), set],
      correlation: null,
    }));
    toast(`${set.name}: ${plural(set.texts.length, 'text')}.`, { tone: 'good' });
  }
}

/** Takes a set away; its file is not read again for an undo. */
export function removeSet(name: string): void {
  const { sets, correlation } = usesStore.getState();
  usesStore.setState({ sets: sets.filter((set) => set.name !== name), correlation: null });
  toast(`${name} was removed.`, {
    action: { label: 'Undo', run: () => usesStore.setState({ sets, correlation }) },
  });
}

/** How alike the tasks of the open data and the added sets are. */
export async function correlate(): Promise<void> {
  await beside('correlation', async (context) => {
    const { instructions, embedding } = given();
    const { corpus } = session.getState();
    const { seed } = notebook.store.getState().parameters.uses;
    const open = corpus?.files[0]?.name.replace(/\.[^.]+$/u, '') ?? 'Open data';
    const all = [{ name: open, texts: instructions.texts }, ...usesStore.getState().sets];
    const sampled = all.map(({ name, texts }) => ({
      name,
      texts: Array.from(
        randomRows(texts.length, Math.min(texts.length, correlationRows), seed),
        (row) => texts[row] ?? '',
      ),
    }));
    // One space for all: what learns its words learns them from all sets together.
    const together = sampled.flatMap(({ texts }) => texts);
    const isSparse = embedding.parameters.embedder === 'tfidf';
    const parameters = isSparse
      ? { ...embedding.parameters, embedder: 'lsa' as const }
      : embedding.parameters;
    const { points, space } = await inOneSpace(together, parameters, context);
    if ('rowCount' in points)
      throw new EmbeddingError(
        'embedding-shape',
        'Sparse vectors have no place here.',
        'Choose another embedder.',
      );
    let from = 0;
    const sets = sampled.map(({ texts }): Vectors => {
      const values = points.values.slice(from * points.width, (from + texts.length) * points.width);
      from += texts.length;
      return { count: texts.length, width: points.width, values };
    });
    const found = await chooser().correlation(sets, { seed }, context.onProgress, context.signal);
    usesStore.setState({
      correlation: {
        ...found,
        names: sampled.map(({ name }) => name),
        space: space ?? embedding.name,
        sampled: all.some(({ texts }) => texts.length > correlationRows),
      },
    });
  });
}

/** Vectors of all sets together; LSA of as many dimensions as the texts have. */
async function inOneSpace(texts: readonly string[], parameters: EmbeddingParameters, context: RunContext) {
  if (parameters.embedder !== 'lsa') return { ...(await embed(texts, parameters, context)), space: null };
  try {
    return { ...(await embed(texts, parameters, context)), space: `LSA-${parameters.rank}` };
  } catch (error) {
    if (!(error instanceof VerbenaError) || error.code !== 'embedding-rank') throw error;
    const { rows, columns } = error.details as { readonly rows: number; readonly columns: number };
    const rank = Math.min(rows, columns);
    return { ...(await embed(texts, { ...parameters, rank }, context)), space: `LSA-${rank}` };
  }
}

/** Scores of systems on the open data, to rank by. */
export async function loadScores(file: File): Promise<void> {
  try {
    const { corpus } = session.getState();
    if (!corpus) return;
    const systems = readScores(await file.text(), corpus.rowCount);
    usesStore.setState({ given: { name: file.name, dataHash: corpus.dataHash, systems } });
    toast(
      `${plural(systems.length, 'system')} to rank. Choose rows again to see whether they keep the ranking.`,
      {
        tone: 'good',
      },
    );
  } catch (error) {
    toastError(error);
  }
}

/** One JSON object a line. */
export function jsonLines(rows: readonly ChosenRow[], scoreName: 'cosine' | 'weight'): string {
  return rows
    .map(
      ({ row, text, category, score }) =>
        `${JSON.stringify({ id: row, text, category, [scoreName]: score })}\n`,
    )
    .join('');
}

/** Demonstrations in front of a query, ready for a model. */
export function asPrompt(query: string, rows: readonly ChosenRow[]): string {
  // The nearest stands last, beside the query.
  const shown = [...rows].reverse().map(({ text }, i) => `Example ${i + 1}: ${text}`);
  return [...shown, `Task: ${query}`].join('\n\n');
}
