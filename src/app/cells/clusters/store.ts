import { createStore } from 'zustand/vanilla';
import { VerbenaError } from '../../../base/errors.ts';
import type { Progress } from '../../../base/progress.ts';
import { clusterNames } from '../../../core/clustering/clusterNames.ts';
import type { Points } from '../../../core/clustering/points.ts';
import type { GroupingMethod } from '../../../core/clustering/grouping.ts';
import type { Sweep } from '../../../core/clustering/sweep.ts';
import type { ClusteringTest } from '../../../core/embedding/benchmark/clusteringTest.ts';
import {
  indexedPairs,
  numbered,
  readPairs,
  type InstructionPair,
} from '../../../core/embedding/benchmark/files.ts';
import { similarityTest } from '../../../core/embedding/benchmark/similarityTest.ts';
import { cosine, sparseCosine } from '../../../core/embedding/vectors.ts';
import { categoryKey, type TaskCategory } from '../../../core/verbNoun/category.ts';
import { formatNumber, plural } from '../../../notebook/format.ts';
import {
  defaultParameters,
  type ClusterMethod,
  type ClusterParameters,
  type EmbeddingParameters,
  type InstructionParameters,
} from '../../../notebook/parameters.ts';
import type { Plain } from '../../../notebook/plain.ts';
import type { CellOutcome, RunContext } from '../../../notebook/runner.ts';
import { connectClusterer } from '../../../services/clusterer/client.ts';
import { pointTurns } from '../../../services/clusterer/points.ts';
import { notebook } from '../../runtime.ts';
import { once } from '../../services.ts';
import { session } from '../../session.ts';
import { toast, toastError } from '../../toasts.ts';
import { onSimilarityPairs } from '../dataset/benchmarkFiles.ts';
import { currentEmbedding, embed } from '../embedding/store.ts';
import {
  currentInstructions,
  finalCategories,
  mappedLabels,
  type Instructions,
} from '../instructions/store.ts';

export class ClustersError extends VerbenaError<'no-embedding' | 'one-category'> {}

/** A sweep may be asked for while the cell runs: each has the worker's points to itself. */
const withPoints = pointTurns(once(connectClusterer));

/** Rows whose silhouette is taken. */
const silhouetteSample = 2000;

/** One row of the leaderboard. */
export interface Entry {
  readonly name: string;
  readonly width: number;
  readonly k: number;
  readonly truth: 'labels' | 'extracted';
  readonly seeds: number;
  /** Absent: k-means. */
  readonly method?: ClusterMethod;
  /** Share of rows in no cluster, where the method leaves some out. */
  readonly noise?: number;
  readonly test: ClusteringTest;
  readonly spearman: number | null;
}

/** What is drawn: the rows that have a category. */
export interface Shown {
  readonly key: string;
  readonly rows: Uint32Array;
  readonly clusters: Uint32Array;
  readonly k: number;
  /** The cluster that holds what belongs to none; null where there is no such row. */
  readonly noise: number | null;
  /** Of each row to the mean of its cluster. */
  readonly distances: Float32Array;
  readonly names: readonly string[];
  readonly categories: readonly string[];
  readonly truth: readonly string[];
}

export interface MapLayout {
  readonly kind: 'PCA' | 'UMAP';
  /** `[rows, 2]` */
  readonly xy: Float32Array;
  /** How far neighbours on the map are neighbours in truth, 1 at best; absent: not asked. */
  readonly trustworthiness?: number;
}

interface ClustersState {
  readonly dataHash: string | null;
  readonly shown: Shown | null;
  readonly layout: MapLayout | null;
  readonly umap: {
    readonly progress: Progress | null;
    readonly etaMs: number | null;
    readonly stop: () => void;
  } | null;
  readonly sweep: Sweep | null;
  readonly sweeping: { readonly progress: Progress | null; readonly stop: () => void } | null;
  readonly entries: readonly Entry[];
  readonly pairs: { readonly name: string; readonly pairs: readonly InstructionPair[] } | null;
}

export const clustersStore = createStore<ClustersState>(() => ({
  dataHash: null,
  shown: null,
  layout: null,
  umap: null,
  sweep: null,
  sweeping: null,
  entries: [],
  pairs: null,
}));

/** The category that each row is held against: the file's own, or what was extracted. Rows without one, or with several, are left out. */
export function truthOf(
  instructions: Instructions,
  asked: 'labels' | 'extracted',
  final: readonly (TaskCategory | null)[],
  reading: InstructionParameters,
) {
  const hasGold = instructions.gold.some((label) => label !== null);
  const truth = asked === 'labels' && hasGold ? 'labels' : 'extracted';
  const gold = mappedLabels(instructions.gold, reading);
  const of = (row: number) => {
    if (truth === 'labels') return instructions.several.has(row) ? null : (gold[row] ?? null);
    const category = final[row];
    return category ? categoryKey(category) : null;
  };
  const rows = instructions.texts.flatMap((_, row) => (of(row) === null ? [] : [row]));
  return { truth, rows: Uint32Array.from(rows), names: rows.map((row) => of(row) ?? '') } as const;
}

export async function runClusters(context: RunContext): Promise<CellOutcome> {
  const { signal, onProgress } = context;
  const [instructions, embedding] = [currentInstructions(), currentEmbedding()];
  if (!instructions || !embedding)
    throw new ClustersError(
      'no-embedding',
      'There are no vectors to cluster.',
      'Run the Embedding cell first.',
    );
  const { clusters: parameters, instructions: reading } = notebook.store.getState().parameters;
  const final = finalCategories(instructions, reading);
  const { truth, rows, names } = truthOf(instructions, parameters.truth, final, reading);
  const { ids, names: distinct } = numbered(names);
  if (distinct.length < 2)
    throw new ClustersError(
      'one-category',
      `The texts have ${distinct.length === 1 ? 'one category only' : 'no category'}.`,
      'Load instructions of several tasks, or take apart synonym groups.',
    );
  const k = parameters.k ?? distinct.length;
  const points = rowsOf(embedding.points, rows);
  const method = groupingMethod(parameters, k);
  const seeds = Array.from({ length: method ? 1 : parameters.seeds }, (_, i) => i);
  const { runs, device = 'auto' } = parameters;
  const options = { seeds, k, runs, device, silhouetteSample, ...(method ? { method } : {}) };
  const { first, test, xy } = await withPoints(points, signal, async (service) => ({
    first: method
      ? { device: 'CPU', ...(await service.group(method, onProgress, signal)) }
      : { noise: null, k, ...(await service.kmeans({ k, seed: 0, runs, device }, onProgress, signal)) },
    test: await service.clusteringTest(ids, options, onProgress, signal),
    xy: await service.pca(13, onProgress, signal),
  }));
  const terms = Array.from(rows, (row) => {
    const category = final[row];
    return category ? [category.verb, category.noun] : [];
  });
  const shown: Shown = {
    key: embedding.key,
    rows,
    k: first.k,
    noise: first.noise,
    clusters: first.clusters,
    distances: Float32Array.from(first.squaredDistances, Math.sqrt),
    names: clusterNames(first.clusters, terms, first.k).map((name, cluster) =>
      cluster === first.noise ? 'noise' : name,
    ),
    categories: Array.from(rows, (row) => {
      const category = final[row];
      return category ? categoryKey(category) : '';
    }),
    truth: names,
  };
  const common = { truth, seeds: seeds.length, ...(method ? { method: method.kind } : {}) };
  const own: Entry = {
    ...common,
    ...groupsOf(first.clusters, first.k, first.noise),
    name: embedding.name,
    width: embedding.width,
    test,
    spearman: await spearmanOf(embedding.parameters, context),
  };
  const before = clustersStore.getState();
  const kept = before.dataHash === embedding.dataHash ? before.entries : [];
  let entries = replaced(kept, own);
  // The bar that every other embedding has to pass stands beside it.
  const hasReference = entries.some((entry) => entry.name === 'TF-IDF' && isComparable(entry, own));
  if (!hasReference) {
    const settings = { ...defaultParameters.embedding, embedder: 'tfidf' } as const;
    const reference = await embed(instructions.texts, settings, context);
    const width = 'rowCount' in reference.points ? reference.points.columnCount : reference.points.width;
    // Sparse vectors are the CPU's work: a GPU that was asked for by name is asked for of the cell's own vectors.
    const onCpu = { ...options, device: 'cpu' } as const;
    const { score, groups } = await withPoints(rowsOf(reference.points, rows), signal, async (service) => ({
      score: await service.clusteringTest(ids, onCpu, onProgress, signal),
      groups: method && (await service.group(method, onProgress, signal)),
    }));
    entries = replaced(entries, {
      ...common,
      ...(groups ? groupsOf(groups.clusters, groups.k, groups.noise) : { k }),
      name: 'TF-IDF',
      width,
      test: score,
      spearman: await spearmanOf(settings, context),
    });
  }
  clustersStore.getState().umap?.stop();
  clustersStore.setState({
    dataHash: embedding.dataHash,
    shown,
    layout: { kind: 'PCA', xy },
    sweep: null,
    entries,
  });
  return {
    headline: `ARI ${formatNumber(test.mean.ari, 3)}`,
    summary: { name: embedding.name, entries: entries as unknown as Plain },
    seed: 0,
    model: embedding.name,
    device: first.device === 'CPU' ? 'this CPU' : first.device,
  };
}

/** Null: k-means. */
function groupingMethod(
  { method = 'k-means', minClusterSize = 5 }: ClusterParameters,
  k: number,
): GroupingMethod | null {
  if (method === 'k-means') return null;
  return method === 'hdbscan' ? { kind: method, minClusterSize } : { kind: method, k };
}

/** Clusters without noise, and the share of rows that is noise. */
function groupsOf(clusters: Uint32Array, k: number, noise: number | null) {
  if (noise === null) return { k };
  return { k: k - 1, noise: clusters.filter((cluster) => cluster === noise).length / clusters.length };
}

/** Entries may be compared where they answer the same question. */
export function isComparable(a: Entry, b: Entry): boolean {
  // HDBSCAN finds its own number of clusters: it differs with the embedding.
  const isSameK = a.k === b.k || a.method === 'hdbscan';
  return a.method === b.method && isSameK && a.truth === b.truth && a.seeds === b.seeds;
}

function replaced(entries: readonly Entry[], entry: Entry): Entry[] {
  return [...entries.filter((other) => !(other.name === entry.name && isComparable(other, entry))), entry];
}

/** Spearman of the loaded pairs' cosines; null where no pairs are loaded. TF-IDF learns its words from the pairs' own texts. */
async function spearmanOf(parameters: EmbeddingParameters, context: RunContext): Promise<number | null> {
  const { pairs } = clustersStore.getState();
  if (!pairs) return null;
  const indexed = indexedPairs(pairs.pairs);
  const { points } = await embed(indexed.texts, parameters, context, { addPeriod: false });
  const similarity =
    'rowCount' in points
      ? (a: number, b: number) => sparseCosine(points, a, points, b)
      : (a: number, b: number) => cosine(points, a, points, b);
  return similarityTest(similarity, indexed.pairs).spearman;
}

/** Points of some rows, as they are where it is all of them. */
export function rowsOf(points: Points, rows: Uint32Array): Points {
  if ('rowCount' in points) {
    if (rows.length === points.rowCount) return points;
    const lengths = Array.from(
      rows,
      (row) => (points.offsets[row + 1] as number) - (points.offsets[row] as number),
    );
    const offsets = new Uint32Array(rows.length + 1);
    lengths.forEach((length, i) => (offsets[i + 1] = (offsets[i] as number) + length));
    const total = offsets.at(-1) ?? 0;
    const columns = new Uint32Array(total);
    const values = new Float32Array(total);
    for (const [i, row] of rows.entries()) {
      const [from, to] = [points.offsets[row] as number, points.offsets[row + 1] as number];
      columns.set(points.columns.subarray(from, to), offsets[i]);
      values.set(points.values.subarray(from, to), offsets[i]);
    }
    return { rowCount: rows.length, columnCount: points.columnCount, offsets, columns, values };
  }
  if (rows.length === points.count) return points;
  const values = new Float32Array(rows.length * points.width);
  for (const [i, row] of rows.entries())
    values.set(points.values.subarray(row * points.width, (row + 1) * points.width), i * points.width);
  return { count: rows.length, width: points.width, values };
}

/** Numbers of clusters from few to twice the categories. */
function sweepKs(k: number, count: number): number[] {
  const ks = [0.1, 0.2, 0.35, 0.5, 0.75, 1, 1.25, 1.5, 2].map((share) => Math.round(share * k));
  return [...new Set(ks)].filter((value) => value >= 2 && value < count);
}

export async function sweepK(): Promise<void> {
  const [{ shown, sweeping }, embedding] = [clustersStore.getState(), currentEmbedding()];
  if (!shown || sweeping || embedding?.key !== shown.key) return;
  const controller = new AbortController();
  const running = (progress: Progress | null) => ({ progress, stop: () => controller.abort() });
  clustersStore.setState({ sweeping: running(null) });
  try {
    const { signal } = controller;
    const { device = 'auto' } = notebook.store.getState().parameters.clusters;
    const ks = sweepKs(new Set(shown.truth).size, shown.rows.length);
    const asked = { ks, seed: 0, silhouetteSample: 500, device };
    const report = (progress: Progress) => {
      // A last report may come after the answer.
      const { sweeping: current } = clustersStore.getState();
      if (current && !signal.aborted) clustersStore.setState({ sweeping: running(progress) });
    };
    const sweep = await withPoints(rowsOf(embedding.points, shown.rows), signal, (service) =>
      service.sweep(asked, report, signal),
    );
    // Clusters that were made meanwhile have no sweep yet.
    if (clustersStore.getState().shown === shown) clustersStore.setState({ sweep });
  } catch (error) {
    if (!controller.signal.aborted) toastError(error);
  } finally {
    clustersStore.setState({ sweeping: null });
  }
}

// Dropped beside other data, they are no data of their own.
onSimilarityPairs((pairs) => {
  clustersStore.setState({ pairs });
  toast(
    `${plural(pairs.pairs.length, 'similarity pair')}: the leaderboard has their correlation from the next run on.`,
    { tone: 'good' },
  );
});

/** Reads an IIS pairs file; the similarity test then runs with the clusters. */
export async function loadPairs(file: File): Promise<void> {
  try {
    const pairs = readPairs(JSON.parse(await file.text()) as unknown);
    clustersStore.setState({ pairs: { name: file.name, pairs } });
  } catch (error) {
    toastError(error);
  }
}

/** What a reload shows again: the leaderboard out of the document. */
export function entriesNow(summary: unknown): readonly Entry[] {
  const { entries, dataHash } = clustersStore.getState();
  if (entries.length > 0 && dataHash === session.getState().corpus?.dataHash) return entries;
  const kept = (summary as { readonly entries?: readonly Entry[] } | undefined)?.entries;
  return Array.isArray(kept) ? (kept as readonly Entry[]).filter((entry) => entry.test?.mean) : [];
}
