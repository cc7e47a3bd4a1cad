import { VerbenaError } from '../../../base/errors.ts';
import type { Points } from '../../../core/clustering/points.ts';
import { numbered } from '../../../core/embedding/benchmark/files.ts';
import { mostProbeRows, noClass, type ProbeTarget } from '../../../core/embedding/probe.ts';
import { randomRows } from '../../../core/embedding/uses/selection.ts';
import { categoryKey, parseCategories, type TaskCategory } from '../../../core/verbNoun/category.ts';
import type { ExtractorKind } from '../../../core/verbNoun/extractors.ts';
import type { Measured } from '../../../notebook/keptExperiments/types.ts';
import type {
  PieDone,
  PieExperiment,
  PieVariant,
  TruthKind,
} from '../../../notebook/pieExperiments/types.ts';
import type { RunContext } from '../../../notebook/runner.ts';
import { connectClusterer } from '../../../services/clusterer/client.ts';
import type { ExtractedCategories } from '../../../services/instructions/contract.ts';
import { once } from '../../services.ts';
import { session } from '../../session.ts';
import { rowsOf } from '../clusters/store.ts';
import { embed } from '../embedding/store.ts';
import { allTexts, goldLabels, instructionsService } from '../instructions/store.ts';
import type { TextSet } from '../uses/sets.ts';
import { heldOutCategories, tunedReading, tuningDataOf } from './tuned.ts';

export class PieExperimentError extends VerbenaError<'experiment-rows' | 'set-missing' | 'one-category'> {}

/** Its own worker: experiments run for long, and must not change the points that other cells work on. */
const tester = once(connectClusterer);

/** Rows and folds are drawn by it, the same for every variant. */
const seed = 13;
const folds = 5;
/** Topics that texts are sorted into by the words that are neither their verb nor their noun. */
const topicCount = 20;
const silhouetteSample = 1000;

interface Extracted {
  readonly primary: readonly (TaskCategory | null)[];
  /** All steps of each text. */
  readonly steps: readonly (readonly string[])[];
}

/** The open data's texts and what experiments ask about them, made when first asked for. */
export interface PieData {
  readonly texts: readonly string[];
  readonly gold: readonly (string | null)[];
  readonly several: ReadonlySet<number>;
  extracted(kind: ExtractorKind): Promise<Extracted>;
}

/** Reads the open data. Throws `no-data`, what the services throw. */
export async function readPieData(context: RunContext): Promise<PieData> {
  const { labelTable, texts } = await allTexts(context);
  const known = new Map<ExtractorKind, Extracted>();
  return {
    texts,
    ...goldLabels(labelTable),
    async extracted(kind) {
      const before = known.get(kind);
      if (before) return before;
      const { signal, onProgress } = context;
      const made = readable(await instructionsService().extract(texts, onProgress, signal, kind));
      known.set(kind, made);
      return made;
    },
  };
}

function readable({ pairs, primary, stepOffsets, steps }: ExtractedCategories): Extracted {
  const categories = pairs.map((pair) => parseCategories(pair)[0] ?? null);
  return {
    primary: Array.from(primary, (id) => categories[id] ?? null),
    steps: Array.from(primary, (_, row) =>
      Array.from(steps.subarray(stepOffsets[row], stepOffsets[row + 1]), (id) => pairs[id] ?? ''),
    ),
  };
}

/** Runs one variant: tunes where it is asked for, embeds, tests, and says what came of it. Throws what embedding and testing throw. */
export async function runPieVariant(
  { embedding: given, test, tune }: PieVariant,
  experiment: PieExperiment,
  data: PieData,
  sets: readonly TextSet[],
  context: RunContext,
): Promise<PieDone> {
  const startedAt = performance.now();
  const { seeds, rows: limit } = experiment;
  const done = (values: Readonly<Record<string, Measured>>, made: Made, rows: number): PieDone => ({
    kind: 'done',
    values,
    rows,
    width: widthOf(made.points),
    promptTokens: made.tokens?.template ?? null,
    ...(made.tokens?.dropped ? { promptDropped: made.tokens.dropped } : {}),
    device: made.device,
    elapsedMs: Math.round(performance.now() - startedAt),
  });
  switch (test.kind) {
    case 'clusters': {
      const all = test.set === undefined ? await truthRows(data, test.truth) : setRows(sets, test.set);
      const { texts, names } = drawn(test.isHeldOut ? heldOutOf(all) : all, limit);
      const embedding = tune
        ? { ...given, ...(await tunedReading(tune, tuningDataOf(all.texts, all.names), context)) }
        : given;
      // Words are learnt from all texts of the set, whatever is drawn of them.
      const reference = test.learnsFrom === 'open' ? data.texts : all.texts;
      const made = await embed(texts, embedding, context, { reference });
      const { ids, names: distinct } = numbered(names);
      if (distinct.length < 2)
        throw new PieExperimentError(
          'one-category',
          'The texts that were drawn have one category only.',
          'Let the experiment read more texts.',
        );
      await tester().setPoints(made.points);
      const tested = await tester().clusteringTest(
        ids,
        { seeds: Array.from({ length: seeds }, (_, i) => i), k: null, runs: 1, silhouetteSample },
        context.onProgress,
        context.signal,
      );
      const keys = ['ari', 'purity', 'nmi', 'homogeneity', 'completeness', 'silhouette'] as const;
      const values = Object.fromEntries(
        keys.map((key) => [key, { mean: tested.mean[key], deviation: tested.deviation[key] }]),
      );
      return done(values, made, texts.length);
    }
    case 'probe': {
      const { texts, rows } = drawn(
        await truthRows(data, 'wink'),
        Math.min(limit ?? mostProbeRows, mostProbeRows),
      );
      const targets = await probeTargets(data, rows, context);
      const made = await embed(texts, given, context, { reference: data.texts });
      await tester().setPoints(made.points);
      const probed = await tester().probe(targets, { folds, seed }, context.onProgress, context.signal);
      const values = Object.fromEntries(
        probed.flatMap(({ name, accuracy, majority }) => [
          [name, accuracy],
          [`${name} majority`, { mean: majority, deviation: 0 }],
        ]),
      ) as Readonly<Record<string, Measured>>;
      return done(values, made, texts.length);
    }
    case 'neighbours': {
      const { texts, rows } = drawn(await truthRows(data, 'wink'), limit);
      const { steps } = await data.extracted('wink');
      const made = await embed(texts, given, context, { reference: data.texts });
      await tester().setPoints(made.points);
      const { onProgress, signal } = context;
      const nearest = await tester().neighbours(null, { k: 1 }, onProgress, signal);
      const own = (at: number) => steps[rows[at] as number] ?? [];
      const asked = texts.flatMap((_, at) => (own(at).length > 1 === (test.steps === 'several') ? [at] : []));
      if (asked.length < 2)
        throw new PieExperimentError(
          'experiment-rows',
          `Fewer than two texts have ${test.steps === 'several' ? 'several steps' : 'one step'}.`,
          'Let the experiment read more texts, or open data with longer instructions.',
        );
      const other = (at: number) => own(nearest.rows[at] as number);
      const share = (isHit: (at: number) => boolean): Measured => {
        const mean = asked.filter(isHit).length / asked.length;
        // Of a share of n answers: its standard error.
        return { mean, deviation: Math.sqrt((mean * (1 - mean)) / asked.length) };
      };
      const values = {
        same: share((at) => own(at)[0] === other(at)[0]),
        shared: share((at) => own(at).some((step) => other(at).includes(step))),
      };
      return done(values, made, asked.length);
    }
  }
}

type Made = Awaited<ReturnType<typeof embed>>;

const widthOf = (points: Points) => ('rowCount' in points ? points.columnCount : points.width);

interface NamedRows {
  /** Into the set. */
  readonly rows: Uint32Array;
  readonly texts: readonly string[];
  readonly names: readonly string[];
}

/** Rows of the open data that have one category, and that category. */
async function truthRows(data: PieData, truth: TruthKind): Promise<NamedRows> {
  const extracted = truth === 'labels' ? null : (await data.extracted(truth)).primary;
  const nameOf = (row: number) => {
    if (!extracted) return data.several.has(row) ? null : (data.gold[row] ?? null);
    const category = extracted[row];
    return category ? categoryKey(category) : null;
  };
  const rows = data.texts.flatMap((_, row) => (nameOf(row) === null ? [] : [row]));
  return {
    rows: Uint32Array.from(rows),
    texts: rows.map((row) => data.texts[row] ?? ''),
    names: rows.map((row) => nameOf(row) ?? ''),
  };
}

function setRows(sets: readonly TextSet[], name: string): NamedRows {
  const set = sets.find((one) => one.name === name);
  if (!set)
    throw new PieExperimentError(
      'set-missing',
      `The data set “${name}” is not open in this tab.`,
      'Add its file again.',
      { set: name },
    );
  const rows = set.texts.flatMap((_, row) => (set.labels[row] === null ? [] : [row]));
  return {
    rows: Uint32Array.from(rows),
    texts: rows.map((row) => set.texts[row] ?? ''),
    names: rows.map((row) => set.labels[row] ?? ''),
  };
}

/** Rows of the categories that an experiment's own tuning does not see. */
function heldOutOf({ rows, texts, names }: NamedRows): NamedRows {
  const heldOut = heldOutCategories(names);
  const kept = names.flatMap((name, at) => (heldOut.has(name) ? [at] : []));
  return {
    rows: Uint32Array.from(kept, (at) => rows[at] as number),
    texts: kept.map((at) => texts[at] ?? ''),
    names: kept.map((at) => names[at] ?? ''),
  };
}

/** At most `limit` of the rows, the same for every variant. */
function drawn({ rows, texts, names }: NamedRows, limit: number | null): NamedRows {
  if (limit === null || rows.length <= limit) return { rows, texts, names };
  const chosen = randomRows(rows.length, limit, seed);
  return {
    rows: Uint32Array.from(chosen, (at) => rows[at] as number),
    texts: Array.from(chosen, (at) => texts[at] ?? ''),
    names: Array.from(chosen, (at) => names[at] ?? ''),
  };
}

let lastTopics: { readonly key: string; readonly topics: Uint32Array } | null = null;

/** Verb, noun, and what the texts are about besides: k-means over TF-IDF of their other words. */
async function probeTargets(
  data: PieData,
  rows: Uint32Array,
  { onProgress, signal }: RunContext,
): Promise<ProbeTarget[]> {
  const { primary, steps } = await data.extracted('wink');
  const ids = (of: (category: TaskCategory) => string) => {
    const names = Array.from(rows, (row) => {
      const category = primary[row];
      return category ? of(category) : '';
    });
    const { ids: numbers, names: distinct } = numbered(names);
    return numbers.map((id) => (distinct[id] === '' ? noClass : id));
  };
  const key = `${session.getState().corpus?.dataHash ?? ''} ${rows.length}`;
  if (lastTopics?.key !== key) {
    const others = Array.from(rows, (row) => {
      const own = new Set((steps[row] ?? []).flatMap((step) => step.split('|')));
      // Inflected forms begin alike: "writes" and "writing" say the verb as well.
      const isOwn = (word: string) =>
        [...own].some((one) => word.startsWith(one.slice(0, Math.max(4, one.length - 1))));
      return (data.texts[row] ?? '')
        .toLowerCase()
        .split(/[^\p{L}\p{N}]+/u)
        .filter((word) => word.length > 2 && !isOwn(word))
        .join(' ');
    });
    const options = { ngramMax: 1, minDocumentCount: 2, sublinearTf: true } as const;
    const vectors = await instructionsService().tfidf(others, options, onProgress, signal);
    // Texts without another known word have no topic.
    const known = Uint32Array.from(
      others.flatMap((_, at) => ((vectors.offsets[at + 1] ?? 0) > (vectors.offsets[at] ?? 0) ? [at] : [])),
    );
    await tester().setPoints(rowsOf(vectors, known));
    const k = Math.min(topicCount, Math.max(2, Math.floor(known.length / 10)));
    const clustering = await tester().kmeans({ k, seed, runs: 3 }, onProgress, signal);
    const topics = new Uint32Array(rows.length).fill(noClass);
    known.forEach((at, i) => (topics[at] = clustering.clusters[i] as number));
    lastTopics = { key, topics };
  }
  return [
    { name: 'verb', classes: ids(({ verb }) => verb) },
    { name: 'noun', classes: ids(({ noun }) => noun) },
    { name: 'topic', classes: lastTopics.topics },
  ];
}
