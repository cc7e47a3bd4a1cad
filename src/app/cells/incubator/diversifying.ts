import { createStore } from 'zustand/vanilla';
import { toWire, isAbort, type ErrorWire } from '../../../base/errors.ts';
import type { Progress } from '../../../base/progress.ts';
import type { Points } from '../../../core/clustering/points.ts';
import { tfidfDefaults } from '../../../core/embedding/tfidfVectors.ts';
import { diversify } from '../../../core/incubator/diversity/diversify.ts';
import { diversityOf, type Diversity } from '../../../core/incubator/diversity/diversity.ts';
import { unitTexts } from '../../../core/incubator/diversity/units.ts';
import { generatedSet } from '../../../core/incubator/replies.ts';
import type { IncubatorParameters } from '../../../notebook/parameters.ts';
import { connectClusterer } from '../../../services/clusterer/client.ts';
import { notebook } from '../../runtime.ts';
import { once } from '../../services.ts';
import { rowsOf } from '../clusters/store.ts';
import { embed, embeddingName } from '../embedding/store.ts';
import { instructionsService } from '../instructions/store.ts';
import type { LoadedSet } from './store.ts';

const mapper = once(connectClusterer);

/** What diversification chose of a set, and what that is worth. */
export interface DiversifiedSet {
  readonly setId: string;
  /** Of the set and the settings that it was made from. */
  readonly key: string;
  readonly embedder: string;
  /** Positions among the set's kept objects. */
  readonly rows: Uint32Array;
  /** Ordinals of these objects: what a choice is saved as. */
  readonly objects: readonly number[];
  readonly clusters: Int32Array | null;
  /** A map of all objects by their joined texts, `[objects, 2]`. */
  readonly xy: Float32Array;
  readonly texts: readonly string[];
  readonly before: Diversity;
  readonly after: Diversity;
  /** As many objects drawn at random: what the choice has to beat. */
  readonly random: Diversity;
}

interface DiversifyState {
  readonly made: DiversifiedSet | null;
  readonly running: { readonly progress: Progress | null; readonly stop: () => void } | null;
  readonly error: ErrorWire | null;
}

export const diversifyStore = createStore<DiversifyState>(() => ({ made: null, running: null, error: null }));

export const diversifyKey = (
  { record, collected }: LoadedSet,
  { diversify }: Pick<IncubatorParameters, 'diversify'>,
): string => JSON.stringify([record.id, collected.kept.length, collected.labels, diversify]);

/** Embeds the objects, chooses the nearest to each centre, and measures before, after and a random choice. Shown in the panel; changes nothing. */
export async function runDiversify(set: LoadedSet): Promise<void> {
  if (diversifyStore.getState().running) return;
  const controller = new AbortController();
  const { signal } = controller;
  const running = { progress: null, stop: () => controller.abort() };
  diversifyStore.setState({ running, error: null });
  let isOver = false;
  // Messages of a worker may come after its answer.
  const onProgress = (progress: Progress) => {
    if (!isOver) diversifyStore.setState({ running: { ...running, progress } });
  };
  try {
    const { parameters } = notebook.store.getState();
    const options = parameters.incubator.diversify;
    const { collected } = set;
    const generated = generatedSet(set.record.instruction, collected);
    const texts = unitTexts(generated, options.unit);
    const vectors = await embedTexts(texts, options, signal, onProgress);
    const { k, batchSize, seed, unit, method } = options;
    const chosen = await diversify(generated, vectors, {
      k,
      batchSize,
      seed,
      unit,
      method,
      signal,
      onProgress,
    });
    const joined = unitTexts(generated, 'joined');
    // Figures and map are of whole objects, whatever the choice looked at.
    const points = unit === 'joined' ? vectors : await embedTexts(joined, options, signal, onProgress);
    const drawn = await diversify(generated, vectors, {
      k,
      batchSize,
      seed,
      unit,
      method: 'random',
      signal,
    });
    const measure = (rows: Uint32Array) =>
      diversityOf(
        Array.from(rows, (row) => joined[row] ?? ''),
        rowsOf(points, rows),
        { seed, signal },
      );
    const [before, after, random] = [
      await measure(Uint32Array.from(joined, (_, row) => row)),
      await measure(chosen.kept),
      await measure(drawn.kept),
    ];
    const service = mapper();
    await service.setPoints(points);
    const xy = await service.pca(options.seed, onProgress, signal);
    const clusters = chosen.batches.every((batch) => batch.clusters !== null)
      ? Int32Array.from(chosen.batches.flatMap((batch) => Array.from(batch.clusters ?? [])))
      : null;
    diversifyStore.setState({
      made: {
        setId: set.record.id,
        key: diversifyKey(set, parameters.incubator),
        embedder: nameOf(options.embedder),
        rows: chosen.kept,
        objects: Array.from(chosen.kept, (row) => collected.kept[row]?.object ?? -1),
        clusters,
        xy,
        texts: joined,
        before,
        after,
        random,
      },
    });
  } catch (error) {
    if (!isAbort(error) && !signal.aborted) diversifyStore.setState({ error: toWire(error) });
  } finally {
    isOver = true;
    diversifyStore.setState({ running: null });
  }
}

const nameOf = (embedder: IncubatorParameters['diversify']['embedder']) =>
  embeddingName({ ...notebook.store.getState().parameters.embedding, embedder });

async function embedTexts(
  texts: readonly string[],
  { embedder, seed }: IncubatorParameters['diversify'],
  signal: AbortSignal,
  onProgress: (progress: Progress) => void,
): Promise<Points> {
  // A few dozen objects have few words in five texts or more.
  const options = { ...tfidfDefaults, minDocumentCount: 2 };
  const { embedding } = notebook.store.getState().parameters;
  if (embedder === 'tfidf') return instructionsService().tfidf(texts, options, onProgress, signal);
  if (embedder === 'lsa') {
    const rank = Math.max(2, Math.min(embedding.rank, Math.floor(texts.length / 4)));
    return instructionsService().lsa(texts, { ...options, rank, seed }, onProgress, signal);
  }
  return (await embed(texts, { ...embedding, embedder }, { signal, onProgress })).points;
}
