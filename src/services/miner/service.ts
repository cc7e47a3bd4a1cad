import { throwIfAborted, throttled, type Progress } from '../../base/progress.ts';
import { breather } from '../../base/breath.ts';
import { ClassifierError } from '../../core/incubator/classifier/errors.ts';
import {
  classificationReport,
  type ClassificationReport,
} from '../../core/incubator/classifier/evaluation.ts';
import { openLinear, trainLinear, type LinearModel } from '../../core/incubator/classifier/linear.ts';
import { classLogOdds, classProbabilities } from '../../core/incubator/classifier/probabilities.ts';
import { holdOut, labelledTexts } from '../../core/incubator/classifier/rows.ts';
import {
  conceptScores,
  evaluateGold,
  evaluateQuery,
  semanticsList,
  type ConceptScores,
  type Semantics,
} from '../../core/mining/evaluate.ts';
import { parseQuery } from '../../core/mining/parse.ts';
import { conceptNames } from '../../core/mining/query.ts';
import { averagePrecision, precisionAt, topRows } from '../../core/mining/rank.ts';
import { transfer } from '../rpc.ts';
import type {
  ClassifierCard,
  GoldScores,
  GoldTexts,
  MinerService,
  MiningAnswer,
  MiningQuery,
  Ranking,
  ScoreState,
  TrainRequest,
} from './contract.ts';
import { MinerError } from './errors.ts';
import { ScoreTable } from './scores.ts';
import { classifierKey, type KeptClassifier, type MinerStorage } from './storage.ts';

type Report = (progress: Progress) => void;
type Opened = ReturnType<typeof openLinear> & { readonly model: LinearModel };

/** Texts handled between two chances to stop. */
const chunkRows = 512;
/** 1.6 MB each at 100,000 texts. */
const preparedConcepts = 64;
const noScores = conceptScores([]);
/** Where precision is given. */
const precisionRanks = [10, 50, 100] as const;

/** The miner service. Runs in workers/miner.ts. */
export class Miner implements MinerService {
  readonly #storage: MinerStorage;
  readonly #scores: ScoreTable;
  readonly #opened = new Map<string, Opened>();
  readonly #removed = new Map<string, KeptClassifier>();
  /** Least recently asked for first. */
  readonly #prepare = new Map<string, ConceptScores>();

  constructor(storage: MinerStorage) {
    this.#storage = storage;
    this.#scores = new ScoreTable(storage);
  }

  async classifiers(): Promise<ClassifierCard[]> {
    const keys = (await this.#storage.keys()).filter((key) => key.startsWith(classifierKey('')));
    const kept = await Promise.all(keys.map((key) => this.#storage.get(key)));
    return kept
      .flatMap((each) => (each ? [(each as KeptClassifier).card] : []))
      .sort((a, b) => (a.createdAt < b.createdAt ? 1 : -1));
  }

  async train(request: TrainRequest, onProgress: Report, signal: AbortSignal): Promise<ClassifierCard> {
    const startMs = performance.now();
    const { name, set, setId, spec, heldOutShare, seed } = request;
    const parts = heldOutShare > 0 ? holdOut(set, heldOutShare, seed) : null;
    const judged = parts && labelledTexts(parts.heldOut);
    let heldOut: ClassificationReport | null = null;
    if (parts && judged && judged.texts.length > 0) {
      const task = { signal, onProgress: named('held-out check', onProgress) };
      const model = await trainLinear(labelledTexts(parts.training), spec, task);
      heldOut = await this.#report({ ...openLinear(model), model }, judged, () => undefined, signal);
    }
    const data = labelledTexts(set);
    const model = await trainLinear(data, spec, { signal, onProgress });
    throwIfAborted(signal);
    const card: ClassifierCard = {
      id: await idOf({ labels: data.labels, texts: data.texts, classOf: [...data.classOf], spec }),
      name,
      labels: set.labels,
      kind: 'linear',
      normalisation: model.normalisation,
      spec,
      runId: null,
      modelName: 'TF-IDF + linear',
      instruction: set.instruction,
      setId,
      rows: data.texts.length,
      dropped: data.dropped,
      heldOut,
      seed,
      createdAt: new Date().toISOString(),
      elapsedMs: performance.now() - startMs,
    };
    await this.#storage.set(classifierKey(card.id), { card, model } satisfies KeptClassifier);
    this.#opened.set(card.id, { ...openLinear(model), model });
    return card;
  }

  async register(card: ClassifierCard): Promise<void> {
    await this.#storage.set(classifierKey(card.id), { card, model: null } satisfies KeptClassifier);
  }

  async remove(id: string): Promise<boolean> {
    const kept = (await this.#storage.get(classifierKey(id))) as KeptClassifier | undefined;
    if (!kept) return false;
    this.#removed.set(id, kept);
    await this.#storage.delete(classifierKey(id));
    return true;
  }

  async restore(id: string): Promise<boolean> {
    const kept = this.#removed.get(id);
    if (!kept) return false;
    await this.#storage.set(classifierKey(id), kept);
    return this.#removed.delete(id);
  }

  async classify(id: string, texts: readonly string[], signal: AbortSignal): Promise<Float32Array> {
    const opened = await this.#open(id);
    const probabilities = await this.#probabilities(opened, texts, () => undefined, signal);
    return transfer(probabilities, [probabilities.buffer]);
  }

  async evaluate(id: string, gold: GoldTexts, onProgress: Report, signal: AbortSignal) {
    return this.#report(await this.#open(id), gold, onProgress, signal);
  }

  async scoreStates(corpus: string, rowCount: number, ids: readonly string[]): Promise<ScoreState[]> {
    const states: ScoreState[] = [];
    for (const classifierId of ids) {
      const found = await this.#scores.find(corpus, classifierId, rowCount);
      states.push({ classifierId, done: found?.done ?? 0 });
    }
    return states;
  }

  async score(id: string, corpus: string, rowCount: number, from: number, texts: readonly string[]) {
    const { model, margins } = await this.#open(id);
    const logOdds = classLogOdds(margins(texts), model.classes, model.normalisation);
    const done = await this.#scores.append(corpus, id, rowCount, model.classes, from, logOdds);
    return { classifierId: id, done };
  }

  async putScores(id: string, corpus: string, rowCount: number, from: number, logOdds: Float32Array) {
    const { card } = await this.#kept(id);
    const done = await this.#scores.append(corpus, id, rowCount, card.labels.length, from, logOdds);
    return { classifierId: id, done };
  }

  async keepScores(id: string, corpus: string): Promise<void> {
    await this.#scores.keep(corpus, id);
  }

  async query({
    corpus,
    rowCount,
    source,
    concepts,
    limit,
    gold,
    withAverages,
  }: MiningQuery): Promise<MiningAnswer> {
    const startMs = performance.now();
    const query = parseQuery(source);
    const columns = new Map<string, ConceptScores>();
    for (const name of conceptNames(query))
      columns.set(name, await this.#prepared(corpus, rowCount, concepts[name] ?? ''));
    const truth = gold && evaluateGold(query, rowCount, (name) => gold[name] ?? new Uint8Array(rowCount));
    const rank = (semantics: Semantics): Ranking => {
      const scores = evaluateQuery(query, semantics, rowCount, (name) => columns.get(name) ?? noScores);
      const rows = topRows(scores, limit);
      let above = 0;
      for (const score of scores) if (score >= 0.5) above++;
      return {
        rows,
        scores: Float64Array.from(rows, (row) => scores[row] as number),
        above,
        truth: truth && Uint8Array.from(rows, (row) => truth[row] as number),
        gold: truth && goldScores(rows, truth, withAverages ? scores : null),
      };
    };
    const rankings = Object.fromEntries(semanticsList.map((each) => [each, rank(each)]));
    return { rankings: rankings as MiningAnswer['rankings'], elapsedMs: performance.now() - startMs };
  }

  async evidence(corpus: string, rowCount: number, concepts: readonly string[], rows: Uint32Array) {
    const columns: Float32Array[] = [];
    for (const concept of concepts) columns.push(await this.#column(corpus, rowCount, concept));
    const out = new Float32Array(rows.length * columns.length);
    rows.forEach((row, at) =>
      columns.forEach((column, i) => {
        out[at * columns.length + i] = 1 / (1 + Math.exp(-(column[row] as number)));
      }),
    );
    return out;
  }

  /** Odds and probabilities of a concept; made once and kept while formulas ask for it. */
  async #prepared(corpus: string, rowCount: number, concept: string): Promise<ConceptScores> {
    const key = `${corpus}:${rowCount}:${concept}`;
    const column = await this.#column(corpus, rowCount, concept);
    const scores = this.#prepare.get(key) ?? conceptScores(column);
    this.#prepare.delete(key);
    this.#prepare.set(key, scores);
    for (const oldest of this.#prepare.keys()) {
      if (this.#prepare.size <= preparedConcepts) break;
      this.#prepare.delete(oldest);
    }
    return scores;
  }

  async #column(corpus: string, rowCount: number, concept: string): Promise<Float32Array> {
    const cut = concept.lastIndexOf('/');
    const [id, label] = [concept.slice(0, cut), Number(concept.slice(cut + 1))];
    const scores = await this.#scores.find(corpus, id, rowCount);
    const column = scores?.columns[label];
    if (scores && column && scores.done === rowCount) return column;
    throw new MinerError(
      'scores-missing',
      'The corpus is not scored for every concept of the formula yet.',
      'Score the corpus first.',
      { concept, done: scores?.done ?? 0, rowCount },
    );
  }

  async #kept(id: string): Promise<KeptClassifier> {
    const kept = (await this.#storage.get(classifierKey(id))) as KeptClassifier | undefined;
    if (kept) return kept;
    throw new ClassifierError(
      'classifier-unknown',
      'This classifier is no longer in this browser.',
      'Train it again: the same set and settings give the same one.',
      { id },
    );
  }

  async #open(id: string): Promise<Opened> {
    const opened = this.#opened.get(id);
    if (opened) return opened;
    const { card, model } = await this.#kept(id);
    if (!model)
      throw new MinerError(
        'classifier-elsewhere',
        `“${card.name}” is a trained network, which the trainer asks.`,
        'Score the corpus with it from the Mining cell.',
        { id },
      );
    const fresh = { ...openLinear(model), model };
    this.#opened.set(id, fresh);
    return fresh;
  }

  async #probabilities(
    { model, margins }: Opened,
    texts: readonly string[],
    onProgress: Report,
    signal: AbortSignal,
  ) {
    const out = new Float32Array(texts.length * model.classes);
    const [breathe, report] = [breather(), throttled(onProgress)];
    for (let row = 0; row < texts.length; row += chunkRows) {
      const chunk = margins(texts.slice(row, row + chunkRows));
      out.set(classProbabilities(chunk, model.classes, model.normalisation), row * model.classes);
      report({
        phase: 'classifying',
        done: Math.min(row + chunkRows, texts.length),
        total: texts.length,
        unit: 'rows',
      });
      await breathe();
      throwIfAborted(signal);
    }
    return out;
  }

  async #report(opened: Opened, gold: GoldTexts, onProgress: Report, signal: AbortSignal) {
    const probabilities = await this.#probabilities(opened, gold.texts, onProgress, signal);
    return classificationReport(opened.model.labels, probabilities, gold.classOf);
  }
}

function goldScores(rows: Uint32Array, truth: Uint8Array, scores: Float64Array | null): GoldScores {
  return {
    relevant: countOf(truth),
    precision: precisionRanks
      .filter((k) => k <= rows.length)
      .map((k) => ({ k, precision: precisionAt(rows, k, (row) => truth[row] === 1).precision ?? 0 })),
    averagePrecision: scores && averagePrecision(scores, truth),
  };
}

function countOf(truth: Uint8Array): number {
  let count = 0;
  for (let row = 0; row < truth.length; row++) count += truth[row] as number;
  return count;
}

function named(phase: string, onProgress: Report): Report {
  return (progress) => onProgress({ ...progress, phase });
}

async function idOf(training: object): Promise<string> {
  const bytes = new TextEncoder().encode(JSON.stringify(training));
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return Array.from(digest.subarray(0, 12), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
