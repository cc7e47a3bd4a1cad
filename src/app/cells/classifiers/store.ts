import { createStore } from 'zustand/vanilla';
import { VerbenaError } from '../../../base/errors.ts';
import {
  classificationReport,
  type ClassificationReport,
} from '../../../core/incubator/classifier/evaluation.ts';
import { linearDefaults, type LinearSpec } from '../../../core/incubator/classifier/linear.ts';
import { goldRows, suggestTarget, type ClassTarget } from '../../../core/incubator/classifier/mapping.ts';
import { formatPercent, plural, runOf } from '../../../notebook/format.ts';
import type { ClassifierParameters } from '../../../notebook/parameters.ts';
import type { CellOutcome, CellTask } from '../../../notebook/runner.ts';
import { connectMiner } from '../../../services/miner/client.ts';
import type { ClassifierCard, GoldTexts } from '../../../services/miner/contract.ts';
import type { RunSummary } from '../../../services/trainer/contract.ts';
import { classifierKey, indexedDbMinerStorage } from '../../../services/miner/storage.ts';
import { notebook } from '../../runtime.ts';
import { once } from '../../services.ts';
import { session } from '../../session.ts';
import { fetchTexts } from '../../texts.ts';
import { toast, toastError } from '../../toasts.ts';
import { trainEncoder, cardOfRun, logitsOfRun, probabilitiesOfRun } from './encoder.ts';
import { currentGeneratedSets, incubatorStore, loadSets, type PublishedSet } from '../incubator/store.ts';

export class ClassifiersError extends VerbenaError<'no-generated-set' | 'no-gold-rows' | 'no-classifier'> {}

/** One worker for training, scores and formulas. */
export const minerService = once(connectMiner);

const keptValues = once(indexedDbMinerStorage);

/** A classifier's report on labelled rows of the open data. */
export interface RealReport {
  readonly dataHash: string;
  readonly targets: readonly ClassTarget[];
  readonly report: ClassificationReport;
  readonly several: number;
  readonly none: number;
}

interface ClassifiersState {
  /** Newest first; null before they were read. */
  readonly cards: readonly ClassifierCard[] | null;
  readonly chosenId: string | null;
  /** By classifier. */
  readonly real: Readonly<Record<string, RealReport>>;
  /** Classifiers that are being judged on real rows. */
  readonly judging: { readonly done: number; readonly total: number; readonly stop: () => void } | null;
}

export const classifiersStore = createStore<ClassifiersState>(() => ({
  cards: null,
  chosenId: null,
  real: {},
  judging: null,
}));

/** Newest first. A run made to concepts is named by its time, which older browsers kept as its age. */
async function cardsNow(): Promise<readonly ClassifierCard[]> {
  const cards = await minerService().classifiers();
  return cards.map((card) => (isAddedRun(card) ? Object.assign({}, card, { name: nameOfRun(card) }) : card));
}

const isAddedRun = ({ runId, setId }: ClassifierCard) => runId !== null && setId === null;

const nameOfRun = ({ modelName, createdAt }: Pick<RunSummary, 'modelName' | 'createdAt'>) =>
  `${modelName}, ${runOf(createdAt)}`;

/** Reads the list of classifiers, and the sets that they may learn from. */
export async function loadClassifiers(): Promise<void> {
  await loadSets();
  // Most visits have no classifier, and need no worker that would say so.
  const keys = await keptValues().keys();
  const hasSome = keys.some((key) => key.startsWith(classifierKey('')));
  classifiersStore.setState({ cards: hasSome ? await cardsNow() : [] });
}

/** The set to learn from: the chosen one, else the newest. */
export function setToLearnFrom(
  sets: readonly PublishedSet[] = currentGeneratedSets(),
  setId: string | null = notebook.store.getState().parameters.classifiers.setId,
): PublishedSet | null {
  return sets.find(({ id }) => id === setId) ?? sets.at(-1) ?? null;
}

export function chosenCard({
  cards,
  chosenId,
}: Pick<ClassifiersState, 'cards' | 'chosenId'>): ClassifierCard | null {
  return cards?.find(({ id }) => id === chosenId) ?? cards?.[0] ?? null;
}

/** A short name: what the instruction is about, by its classes. */
export function nameOfSet({ set }: PublishedSet): string {
  const names = set.labels.slice(0, 3).join(', ');
  return set.labels.length > 3 ? `${names} +${set.labels.length - 3}` : names;
}

export const runClassifiers: CellTask = async ({ signal, onProgress }): Promise<CellOutcome> => {
  if (incubatorStore.getState().notebookId === null) await loadSets();
  const parameters = notebook.store.getState().parameters.classifiers;
  const published = setToLearnFrom();
  if (!published)
    throw new ClassifiersError(
      'no-generated-set',
      'There is no generated set to learn from.',
      'Generate, paste or open one in the Incubator cell.',
    );
  if (parameters.model === 'encoder') {
    const card = await trainEncoder(published, `${nameOfSet(published)} (encoder)`, { signal, onProgress });
    await minerService().register(card);
    classifiersStore.setState({ cards: await cardsNow(), chosenId: card.id });
    return {
      headline: card.heldOut ? formatPercent(card.heldOut.accuracy) : plural(1, 'classifier'),
      summary: { ids: [card.id], heldOut: card.heldOut?.accuracy ?? null },
      seed: card.seed,
      model: card.modelName,
    };
  }
  const kinds = parameters.training === 'both' ? (['joint', 'independent'] as const) : [parameters.training];
  const made: ClassifierCard[] = [];
  for (const training of kinds) {
    const request = {
      name:
        kinds.length > 1 || training === 'independent'
          ? `${nameOfSet(published)} (${trainingNames[training]})`
          : nameOfSet(published),
      set: published.set,
      setId: published.id,
      spec: specOf(parameters, training),
      heldOutShare: parameters.heldOut,
      seed: parameters.seed,
    };
    made.push(await minerService().train(request, onProgress, signal));
    classifiersStore.setState({ cards: await cardsNow(), chosenId: made[0]?.id ?? null });
  }
  const [first] = made;
  const accuracy = first?.heldOut?.accuracy;
  return {
    headline: accuracy === undefined ? plural(made.length, 'classifier') : formatPercent(accuracy),
    summary: { ids: made.map(({ id }) => id), heldOut: accuracy ?? null },
    seed: parameters.seed,
    model: first?.modelName ?? 'TF-IDF + linear',
  };
};

export const trainingNames = { joint: 'joint', independent: 'one against rest' } as const;

function specOf({ c, ngramMax }: ClassifierParameters, training: LinearSpec['training']): LinearSpec {
  return { ...linearDefaults, c, ngramMax, training };
}

/** Makes a trained run's labels concepts. */
export async function addRun(run: RunSummary): Promise<void> {
  const card = cardOfRun(run, nameOfRun(run));
  await minerService().register(card);
  classifiersStore.setState({ cards: await cardsNow(), chosenId: card.id });
}

/** Takes a classifier off the list, with a way back. */
export async function removeClassifier({ id, name }: ClassifierCard): Promise<void> {
  await minerService().remove(id);
  await loadClassifiers();
  const back = async () => {
    await minerService().restore(id);
    await loadClassifiers();
  };
  toast(`Removed “${name}”.`, { action: { label: 'Undo', run: () => void back().catch(toastError) } });
}

/** What each class is called in the open data: as the reader said, else by name. */
export function targetsOf(
  labels: readonly string[],
  corpusLabels: readonly string[],
  mapping: ClassifierParameters['mapping'],
): ClassTarget[] {
  return labels.map((name) => {
    const said = mapping[name];
    if (said && (said.kind !== 'label' || corpusLabels.includes(said.label))) return said;
    return suggestTarget(name, corpusLabels);
  });
}

/** Texts that go to a network together, so that a stop and progress are seen. */
const encoderRows = 512;

async function encoderReport(
  { labels }: ClassifierCard,
  runId: string,
  { texts, classOf }: GoldTexts,
  onDone: (done: number) => void,
  signal: AbortSignal,
): Promise<ClassificationReport> {
  const logits = new Float32Array(texts.length * labels.length);
  for (let from = 0; from < texts.length; from += encoderRows) {
    const part = texts.slice(from, from + encoderRows);
    logits.set(await logitsOfRun(runId, labels.length, part, signal), from * labels.length);
    onDone(from + part.length);
  }
  return classificationReport(labels, probabilitiesOfRun(logits, labels.length), classOf);
}

/** Judges a classifier on every labelled row that exactly one class claims. A stop changes nothing. */
export async function judgeOnData(card: ClassifierCard): Promise<void> {
  const { corpus, labelTable } = session.getState();
  if (!corpus || !labelTable || classifiersStore.getState().judging) return;
  const controller = new AbortController();
  const { signal } = controller;
  const progress = (done: number, total: number) => {
    if (!signal.aborted)
      classifiersStore.setState({ judging: { done, total, stop: () => controller.abort() } });
  };
  try {
    const { mapping } = notebook.store.getState().parameters.classifiers;
    const targets = targetsOf(card.labels, labelTable.labels, mapping);
    const gold = goldRows(targets, labelTable);
    if (gold.rows.length === 0)
      throw new ClassifiersError(
        'no-gold-rows',
        'No row of the open data carries exactly one of the mapped labels.',
        'Map the classes to labels of the data.',
      );
    progress(0, 2 * gold.rows.length);
    const texts = await fetchTexts(gold.rows, {
      signal,
      onProgress: ({ done }) => progress(done, 2 * gold.rows.length),
    });
    const report =
      card.runId === null
        ? await minerService().evaluate(
            card.id,
            { texts, classOf: gold.classOf },
            ({ done }) => progress(gold.rows.length + done, 2 * gold.rows.length),
            signal,
          )
        : await encoderReport(
            card,
            card.runId,
            { texts, classOf: gold.classOf },
            (done) => progress(gold.rows.length + done, 2 * gold.rows.length),
            signal,
          );
    const { several, none } = gold;
    const found: RealReport = { dataHash: corpus.dataHash, targets, report, several, none };
    classifiersStore.setState(({ real }) => ({ real: { ...real, [card.id]: found } }));
  } catch (error) {
    if (!signal.aborted) toastError(error);
  } finally {
    classifiersStore.setState({ judging: null });
  }
}
