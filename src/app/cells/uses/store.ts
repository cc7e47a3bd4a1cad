import { createStore } from 'zustand/vanilla';
import { isAbort, VerbenaError } from '../../../base/errors.ts';
import { etaEstimator, type Progress } from '../../../base/progress.ts';
import type { Points } from '../../../core/clustering/geometry.ts';
import { numbered } from '../../../core/embedding/benchmark/files.ts';
import { clusterWeights, compression, type Compression } from '../../../core/embedding/uses/compression.ts';
import type { TaskCorrelation } from '../../../core/embedding/uses/correlation.ts';
import { readScores, type SystemScores } from '../../../core/embedding/uses/scores.ts';
import {
  coverage,
  nearestToCentroids,
  randomCoverage,
  randomRows,
  type Coverage,
} from '../../../core/embedding/uses/selection.ts';
import { EmbeddingError, type Vectors } from '../../../core/embedding/vectors.ts';
import { parseCategories } from '../../../core/verbNoun/category.ts';
import { formatCount, plural } from '../../../notebook/format.ts';
import type { EmbeddingParameters } from '../../../notebook/parameters.ts';
import type { CellOutcome, RunContext } from '../../../notebook/runner.ts';
import { connectClusterer } from '../../../services/clusterer/client.ts';
import { notebook } from '../../runtime.ts';
import { once } from '../../services.ts';
import { session } from '../../session.ts';
import { toast, toastError } from '../../toasts.ts';
import { ClustersError, rowsOf, truthOf } from '../clusters/store.ts';
import { currentEmbedding, embed, type Embedding } from '../embedding/store.ts';
import { currentInstructions, finalCategories } from '../instructions/store.ts';
import { readTextSet, type TextSet } from './sets.ts';

/** Its own worker: what is chosen here must not disturb the clusters' points. */
const chooser = once(connectClusterer);

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
function given() {
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

/** Chooses rows, and asks how well they stand for all: their categories, and the ranking of systems. */
export async function runUses(context: RunContext): Promise<CellOutcome> {
  const { signal, onProgress } = context;
  const { instructions, embedding, truth, rows, names, final } = given();
  const { keep: asked, seed } = notebook.store.getState().parameters.uses;
  const { ids, names: categories } = numbered(names);
  // As many clusters as rows leave nothing to choose.
  const keep = Math.min(asked, Math.max(2, Math.floor(rows.length / 2)));
  const points = rowsOf(embedding.points, rows);
  const service = chooser();
  await service.setPoints(points);
  const clustering = await service.kmeans({ k: keep, seed, runs: 1 }, onProgress, signal);
  const chosen = nearestToCentroids(clustering);
  const seeds = Array.from({ length: randomDraws }, (_, i) => seed + i);
  const weights = clusterWeights(clustering.clusters, chosen);

  const texts = Array.from(rows, (row) => instructions.texts[row] ?? '');
  const systems = givenScores(rows) ?? (await ownSystems(points, embedding, texts, ids, context));
  if (truth === 'labels' && usesOwnSystems())
    systems.push({
      name: 'Verb and noun found',
      scores: Float64Array.from(rows, (row, i) => {
        const category = final[row];
        const accepted = parseCategories(names[i] ?? '');
        return accepted.some((one) => one.verb === category?.verb && one.noun === category.noun) ? 1 : 0;
      }),
    });
  const numbers = numbersOf({ ids, chosen, weights, seeds, systems });

  const share = 1 / rows.length;
  const [whole, part] = [new Float64Array(categories.length), new Float64Array(categories.length)];
  for (const id of ids) whole[id] = (whole[id] as number) + share;
  for (const at of chosen) {
    const id = ids[at] as number;
    part[id] = (part[id] as number) + 1 / chosen.length;
  }
  usesStore.setState({
    selection: {
      dataHash: embedding.dataHash,
      key: embedding.key,
      rows: Array.from(chosen, (at, i) => ({
        row: rows[at] as number,
        text: texts[at] ?? '',
        category: names[at] ?? '',
        score: weights[i] as number,
      })),
      shares: categories
        .map((category, id) => ({ category, whole: whole[id] as number, part: part[id] as number }))
        .sort((a, b) => b.whole - a.whole || (a.category < b.category ? -1 : 1)),
    },
  });
  const summary: UseNumbers = {
    embedding: embedding.name,
    available: rows.length,
    asked,
    kept: chosen.length,
    truth,
    ...numbers,
  };
  return {
    headline: `${formatCount(chosen.length)} of ${formatCount(rows.length)}`,
    summary: structuredClone(summary) as unknown as CellOutcome['summary'],
    seed,
    model: embedding.name,
    device: 'this CPU',
  };
}

function numbersOf(from: {
  readonly ids: Uint32Array;
  readonly chosen: Uint32Array;
  readonly weights: Float64Array;
  readonly seeds: readonly number[];
  readonly systems: readonly SystemScores[];
}): Pick<UseNumbers, 'selected' | 'random' | 'systems' | 'ranking'> {
  const { ids, chosen, weights, seeds, systems } = from;
  const scores = systems.map((system) => system.scores);
  const selected = compression(scores, chosen, weights);
  const drawn = seeds.map((seed) => compression(scores, randomRows(ids.length, chosen.length, seed)));
  const ranks = drawn.flatMap(({ rankCorrelation }) => (rankCorrelation === null ? [] : [rankCorrelation]));
  const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / Math.max(1, values.length);
  const partOf = (one: Compression, at: number) => one.systems[at]?.part ?? Number.NaN;
  return {
    selected: coverage(ids, chosen),
    random: randomCoverage(ids, chosen.length, seeds),
    systems: systems.map(({ name }, at) => ({
      name,
      whole: selected.systems[at]?.whole ?? Number.NaN,
      part: partOf(selected, at),
      random: mean(drawn.map((one) => partOf(one, at))),
    })),
    ranking: {
      selected: selected.rankCorrelation,
      random: ranks.length === 0 ? null : mean(ranks),
      error: selected.meanError,
      randomError: mean(drawn.map(({ meanError }) => meanError)),
    },
  };
}

const isTooFew = (code: string) => code === 'embedding-rank' || code === 'embedding-empty';

const usesOwnSystems = () => givenScores(new Uint32Array(0)) === null;

/** Scores that were loaded for this data, of these rows; null where there are none. */
function givenScores(rows: Uint32Array): SystemScores[] | null {
  const { given: loaded } = usesStore.getState();
  if (!loaded || loaded.dataHash !== session.getState().corpus?.dataHash) return null;
  return loaded.systems.map(({ name, scores }) => ({
    name,
    scores: Float64Array.from(rows, (row) => scores[row] as number),
  }));
}

/** Systems to rank where none are loaded: classifiers by the nearest neighbour in several spaces, right or wrong a row. */
async function ownSystems(
  points: Points,
  embedding: Embedding,
  texts: readonly string[],
  ids: Uint32Array,
  context: RunContext,
): Promise<SystemScores[]> {
  const base = embedding.parameters;
  const spaces: { readonly name: string; readonly parameters: EmbeddingParameters | null }[] = [
    { name: embedding.name, parameters: null },
    ...[8, 16, 32, 64, 128, 256].map((rank) => ({
      name: `LSA-${rank}`,
      parameters: { ...base, embedder: 'lsa' as const, rank },
    })),
    { name: 'TF-IDF', parameters: { ...base, embedder: 'tfidf' as const } },
  ].filter(({ name, parameters }, i) => i === 0 || (parameters !== null && name !== embedding.name));
  const systems: SystemScores[] = [];
  for (const { name, parameters } of spaces) {
    let space = points;
    if (parameters)
      try {
        space = (await embed(texts, parameters, context)).points;
      } catch (error) {
        // Few texts have no 256 dimensions, and perhaps no word five times.
        if (error instanceof VerbenaError && isTooFew(error.code)) continue;
        throw error;
      }
    await chooser().setPoints(space);
    const nearest = await chooser().neighbours(null, { k: 1 }, context.onProgress, context.signal);
    const isRight = (row: number) => ids[nearest.rows[row] as number] === ids[row];
    systems.push({
      name: `Nearest neighbour by ${name}`,
      scores: Float64Array.from(ids, (_, row) => (isRight(row) ? 1 : 0)),
    });
  }
  return systems;
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
  let [eta, phase] = [etaEstimator(), ''];
  const show = (progress: Progress | null, etaMs: number | null) => {
    if (!controller.signal.aborted) usesStore.setState({ busy: { what, progress, etaMs, stop } });
  };
  show(null, null);
  try {
    return await work({
      signal: controller.signal,
      onProgress(progress) {
        if (progress.phase !== phase) eta = etaEstimator();
        phase = progress.phase;
        show(progress, eta(progress.done, progress.total, Date.now()));
      },
    });
  } catch (error) {
    if (!isAbort(error) && !controller.signal.aborted) toastError(error);
    return null;
  } finally {
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
    const { points } = await embed([text], embedding.parameters, context, true, instructions.texts);
    await chooser().setPoints(own);
    const k = Math.min(notebook.store.getState().parameters.uses.demonstrations, rows.length);
    const found = await chooser().neighbours(points, { k }, context.onProgress, context.signal);
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
