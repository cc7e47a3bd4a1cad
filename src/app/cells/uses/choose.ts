import { VerbenaError } from '../../../base/errors.ts';
import type { Points } from '../../../core/clustering/points.ts';
import { numbered } from '../../../core/embedding/benchmark/files.ts';
import { clusterWeights, compression, type Compression } from '../../../core/embedding/uses/compression.ts';
import type { SystemScores } from '../../../core/embedding/uses/scores.ts';
import {
  coverage,
  nearestToCentroids,
  randomCoverage,
  randomRows,
} from '../../../core/embedding/uses/selection.ts';
import { parseCategories } from '../../../core/verbNoun/category.ts';
import { formatCount } from '../../../notebook/format.ts';
import type { EmbeddingParameters } from '../../../notebook/parameters.ts';
import type { CellOutcome, RunContext } from '../../../notebook/runner.ts';
import { notebook } from '../../runtime.ts';
import { session } from '../../session.ts';
import { rowsOf } from '../clusters/store.ts';
import { embed, type Embedding } from '../embedding/store.ts';
import { given, randomDraws, usesStore, withPoints, type UseNumbers } from './store.ts';

/** Chooses rows, and asks how well they stand for all: their categories, and the ranking of systems. */
export async function runUses(context: RunContext): Promise<CellOutcome> {
  const { signal, onProgress } = context;
  const { instructions, embedding, truth, rows, names, final } = given();
  const { keep: asked, seed } = notebook.store.getState().parameters.uses;
  const { ids, names: categories } = numbered(names);
  // As many clusters as rows leave nothing to choose.
  const keep = Math.min(asked, Math.max(2, Math.floor(rows.length / 2)));
  const points = rowsOf(embedding.points, rows);
  const clustering = await withPoints(points, signal, (service) =>
    service.kmeans({ k: keep, seed, runs: 1 }, onProgress, signal),
  );
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
    headline: `${formatCount(chosen.length)} kept`,
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
    const nearest = await withPoints(space, context.signal, (service) =>
      service.neighbours(null, { k: 1 }, context.onProgress, context.signal),
    );
    const isRight = (row: number) => ids[nearest.rows[row] as number] === ids[row];
    systems.push({
      name: `Nearest neighbour by ${name}`,
      scores: Float64Array.from(ids, (_, row) => (isRight(row) ? 1 : 0)),
    });
  }
  return systems;
}
