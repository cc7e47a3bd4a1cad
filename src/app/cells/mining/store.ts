import { createStore } from 'zustand/vanilla';
import { VerbenaError } from '../../../base/errors.ts';
import { throwIfAborted } from '../../../base/progress.ts';
import { goldColumn } from '../../../core/incubator/classifier/mapping.ts';
import { conceptsOf } from '../../../core/mining/concepts.ts';
import { conceptNames } from '../../../core/mining/query.ts';
import { plural } from '../../../notebook/format.ts';
import type { CellOutcome, CellTask } from '../../../notebook/runner.ts';
import { record } from '../../../notebook/runner.ts';
import type { CorpusSummary } from '../../../services/corpus/contract.ts';
import type { MiningAnswer, MiningQuery, Ranking } from '../../../services/miner/contract.ts';
import { notebook, version } from '../../runtime.ts';
import { corpusService } from '../../services.ts';
import { session } from '../../session.ts';
import { fetchTexts } from '../../texts.ts';
import { toastError } from '../../toasts.ts';
import { logitsOfRun } from '../classifiers/encoder.ts';
import { classifiersStore, loadClassifiers, minerService, targetsOf } from '../classifiers/store.ts';
import { classifiersIn, readFormula, type Reading } from './reading.ts';

export class MiningError extends VerbenaError<'no-formula' | 'no-corpus'> {}

/** A ranking with what is shown of it. */
export interface Shown {
  readonly dataHash: string;
  readonly canonical: string;
  readonly answer: MiningAnswer;
  readonly semantics: keyof MiningAnswer['rankings'];
  /** Names in the formula, by first mention. */
  readonly names: readonly string[];
  readonly ranking: Ranking;
  readonly texts: readonly string[];
  /** `[rows, names]` probabilities. */
  readonly evidence: Float32Array;
  /** True where every concept is mapped to labels of the data. */
  readonly hasGold: boolean;
}

interface MiningState {
  /** Rows scored of the open corpus, by classifier; null before it was asked. */
  readonly scored: Readonly<Record<string, number>> | null;
  readonly shown: Shown | null;
}

export const miningStore = createStore<MiningState>(() => ({ scored: null, shown: null }));

/** Asks what is scored already. */
export async function refreshScored(): Promise<void> {
  const { corpus } = session.getState();
  const { cards } = classifiersStore.getState();
  if (!corpus || !cards || cards.length === 0) {
    miningStore.setState({ scored: null });
    return;
  }
  const ids = cards.map(({ id }) => id);
  const states = await minerService().scoreStates(corpus.dataHash, corpus.rowCount, ids);
  miningStore.setState({
    scored: Object.fromEntries(states.map(({ classifierId, done }) => [classifierId, done])),
  });
}

/** Texts that go to the classifiers together; a network takes a while for as many. */
const chunkRows = 2048;
const encoderRows = 256;
/** Closing the tab loses no more than this much work. */
const keepEveryMs = 10_000;

/** Scores the corpus for every classifier that the formula needs, then ranks. A stop keeps what is scored. */
export const runMining: CellTask = async ({ signal, onProgress }): Promise<CellOutcome> => {
  if (classifiersStore.getState().cards === null) await loadClassifiers();
  const { corpus } = session.getState();
  if (!corpus || corpus.rowCount === 0)
    throw new MiningError('no-corpus', 'There are no texts to mine.', 'Open data in the Data cell.');
  const cards = classifiersStore.getState().cards ?? [];
  const reading = readFormula(notebook.store.getState().parameters.mining.formula, conceptsOf(cards));
  const [fault] = reading.errors;
  if (fault) throw fault;
  const needed = classifiersIn(reading);
  await refreshScored();
  const { dataHash, rowCount } = corpus;
  const doneOf = new Map(needed.map((id) => [id, miningStore.getState().scored?.[id] ?? 0]));
  const total = rowCount * needed.length;
  const hasEncoder = cards.some(({ id, runId }) => runId !== null && needed.includes(id));
  const rowsAtOnce = hasEncoder ? encoderRows : chunkRows;
  const report = () =>
    onProgress({
      phase: 'scoring texts',
      done: [...doneOf.values()].reduce((sum, done) => sum + done, 0),
      total,
      unit: 'rows',
    });
  report();
  let keptAt = performance.now();
  try {
    for (let from = Math.min(...doneOf.values()); from < rowCount; from = Math.min(...doneOf.values())) {
      throwIfAborted(signal);
      const length = Math.min(rowsAtOnce, rowCount - from);
      const texts = await corpusService().texts(Uint32Array.from({ length }, (_, i) => from + i));
      for (const [id, done] of doneOf) {
        if (done >= from + length) continue;
        const part = texts.slice(done - from);
        const card = cards.find((each) => each.id === id);
        const state =
          card && card.runId !== null
            ? await minerService().putScores(
                id,
                dataHash,
                rowCount,
                done,
                await logitsOfRun(card.runId, card.labels.length, part, signal),
              )
            : await minerService().score(id, dataHash, rowCount, done, part);
        doneOf.set(id, state.done);
        throwIfAborted(signal);
      }
      report();
      if (performance.now() - keptAt > keepEveryMs) {
        for (const id of needed) await minerService().keepScores(id, dataHash);
        keptAt = performance.now();
      }
    }
  } finally {
    for (const id of needed) await minerService().keepScores(id, dataHash);
    await refreshScored();
  }
  return outcomeOf(await addAverages(reading, await rank(reading)));
};

function outcomeOf({ ranking, canonical, semantics, answer }: Shown): CellOutcome {
  const precision = ranking.gold?.precision.at(-1);
  return {
    headline: precision
      ? `P@${precision.k} ${precision.precision.toFixed(2)}`
      : plural(ranking.above, 'match', 'matches'),
    summary: { formula: canonical, semantics, above: ranking.above, elapsedMs: answer.elapsedMs },
    model: 'classifiers of the formula',
  };
}

const goldColumns = new WeakMap<object, Map<string, Uint8Array | null>>();

/** Truth of each name by the labels of the open data; null where one is not mapped. */
function goldOf(reading: Reading): Record<string, Uint8Array> | null {
  const { labelTable } = session.getState();
  const cards = classifiersStore.getState().cards ?? [];
  if (!labelTable || labelTable.labels.length === 0) return null;
  const { mapping } = notebook.store.getState().parameters.classifiers;
  const known = goldColumns.get(labelTable) ?? new Map<string, Uint8Array | null>();
  goldColumns.set(labelTable, known);
  const gold: Record<string, Uint8Array> = {};
  for (const [name, concept] of reading.concepts) {
    const card = cards.find(({ id }) => id === concept.classifierId);
    const targets = targetsOf(card?.labels ?? [], labelTable.labels, mapping);
    const own = targets[concept.label];
    const key = JSON.stringify([own, own?.kind === 'rest' ? targets : null]);
    const column = known.has(key) ? known.get(key) : own ? goldColumn(own, targets, labelTable) : null;
    known.set(key, column ?? null);
    if (!column) return null;
    gold[name] = column;
  }
  return gold;
}

let asked = 0;

/** Texts that were shown before: rankings of like formulas hold the same ones. */
let known: { readonly dataHash: string; readonly texts: Map<number, string> } | null = null;
const knownTexts = 50_000;

async function textsOf(dataHash: string, rows: Uint32Array): Promise<string[]> {
  if (known?.dataHash !== dataHash || known.texts.size > knownTexts) known = { dataHash, texts: new Map() };
  const { texts } = known;
  const missing = rows.filter((row) => !texts.has(row));
  const fetched = await fetchTexts(missing);
  missing.forEach((row, at) => texts.set(row, fetched[at] ?? ''));
  return Array.from(rows, (row) => texts.get(row) ?? '');
}

function queryOf(
  reading: Reading,
  { dataHash, rowCount }: Pick<CorpusSummary, 'dataHash' | 'rowCount'>,
  limit: number,
): Omit<MiningQuery, 'withAverages'> {
  const concepts = Object.fromEntries([...reading.concepts].map(([name, { id }]) => [name, id]));
  const source = reading.canonical ?? '';
  return { corpus: dataHash, rowCount, source, concepts, limit, gold: goldOf(reading) };
}

/** Average precision, which takes longer than a ranking: asked for when the formula stands still. */
async function addAverages(reading: Reading, shown: Shown): Promise<Shown> {
  const { corpus } = session.getState();
  if (!shown.hasGold || !corpus) return shown;
  const query = queryOf(reading, corpus, shown.ranking.rows.length);
  const { rankings } = await minerService().query({ ...query, withAverages: true });
  const answer = { ...shown.answer, rankings };
  const next = { ...shown, answer, ranking: rankings[shown.semantics] };
  if (miningStore.getState().shown === shown) miningStore.setState({ shown: next });
  return next;
}

/** Ranks the scored corpus by a formula. */
async function rank(reading: Reading): Promise<Shown> {
  const { corpus } = session.getState();
  const { semantics, limit } = notebook.store.getState().parameters.mining;
  if (!corpus || !reading.query || reading.canonical === null)
    throw new MiningError('no-formula', 'There is no formula to rank by.', 'Name a concept in the editor.');
  const turn = ++asked;
  const { dataHash, rowCount } = corpus;
  const names = conceptNames(reading.query);
  const ids = names.map((name) => reading.concepts.get(name)?.id ?? '');
  const query = queryOf(reading, corpus, limit);
  const answer = await minerService().query({ ...query, withAverages: false });
  const ranking = answer.rankings[semantics];
  const [texts, evidence] = await Promise.all([
    textsOf(dataHash, ranking.rows),
    minerService().evidence(dataHash, rowCount, ids, ranking.rows),
  ]);
  const canonical = reading.canonical;
  const shown = {
    dataHash,
    canonical,
    answer,
    semantics,
    names,
    ranking,
    texts,
    evidence,
    hasGold: query.gold !== null,
  };
  if (turn === asked) miningStore.setState({ shown });
  return shown;
}

/** True where every text is scored for all that a formula needs. */
export function isScored(reading: Reading, scored: MiningState['scored'], rowCount: number): boolean {
  return reading.canonical !== null && classifiersIn(reading).every((id) => scored?.[id] === rowCount);
}

let settle: ReturnType<typeof setTimeout> | undefined;
/** A result is noted when the formula has stood still for this long. */
const settledMs = 600;

/** Answers a changed formula at once from the kept scores. */
export async function answerNow(reading: Reading): Promise<void> {
  clearTimeout(settle);
  try {
    const inputs = notebook.inputs('mining');
    const startedAtMs = Date.now();
    const shown = await rank(reading);
    const durationMs = Date.now() - startedAtMs;
    settle = setTimeout(() => {
      const isStill = () => miningStore.getState().shown?.canonical === shown.canonical;
      const note = (settled: Shown) => {
        if (!isStill() || notebook.store.getState().readOnly) return;
        const facts = { inputs, version, device: 'this CPU', startedAtMs, durationMs };
        record(notebook, 'mining', outcomeOf(settled), facts);
      };
      if (isStill()) addAverages(reading, shown).then(note).catch(toastError);
    }, settledMs);
  } catch (error) {
    toastError(error);
  }
}

/** What the button promises. */
export function scoringLabel(reading: Reading, scored: MiningState['scored'], rowCount: number): string {
  const left = classifiersIn(reading).filter((id) => (scored?.[id] ?? 0) < rowCount);
  return `Score ${plural(rowCount, 'text')} with ${plural(left.length, 'classifier')}`;
}
