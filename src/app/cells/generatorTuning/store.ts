import { createStore } from 'zustand/vanilla';
import { toWire, isAbort, type ErrorWire } from '../../../base/errors.ts';
import type { Progress } from '../../../base/progress.ts';
import { random } from '../../../base/random.ts';
import { pairFromSet, pairsFromLibrary, pairsFromRows } from '../../../core/incubator/tuningSet/build.ts';
import type { AugmentDropReason } from '../../../core/incubator/tuningSet/augment.ts';
import { looksLikePairs, readPairsJsonl } from '../../../core/incubator/tuningSet/jsonl.ts';
import type { TuningPair } from '../../../core/incubator/tuningSet/types.ts';
import type { LabelTable } from '../../../core/labels/labelTable.ts';
import { plural } from '../../../notebook/format.ts';
import type { GeneratorTuningParameters, PairEdit } from '../../../notebook/parameters.ts';
import type { RunContext } from '../../../notebook/runner.ts';
import { createPairArchive, uniquePairs } from '../../../notebook/tuningPairs.ts';
import { notebook, storage } from '../../runtime.ts';
import { once } from '../../services.ts';
import { session } from '../../session.ts';
import { fetchTexts } from '../../texts.ts';
import { toast, toastError } from '../../toasts.ts';
import { currentGeneratedSets, type PublishedSet } from '../incubator/store.ts';
import { readTextSet } from '../uses/sets.ts';

interface PairState {
  /** Whose pairs these are; null before they were read from storage. */
  readonly notebookId: string | null;
  /** From files and augmentation: kept in this browser with the notebook. */
  readonly added: readonly TuningPair[];
  /** Drawn from the open data, under the data and settings of `key`. */
  readonly corpus: { readonly key: string; readonly pairs: readonly TuningPair[] } | null;
  readonly busy: { readonly progress: Progress | null; readonly stop: () => void } | null;
  readonly error: ErrorWire | null;
  /** What the last augmentation left out. */
  readonly drops: {
    readonly kept: number;
    readonly counts: Partial<Record<AugmentDropReason, number>>;
  } | null;
}

export const pairStore = createStore<PairState>(() => ({
  notebookId: null,
  added: [],
  corpus: null,
  busy: null,
  error: null,
  drops: null,
}));

const archive = once(() => createPairArchive(storage));

/** Reads the notebook's own pairs from storage, once; another notebook has others. */
export async function loadPairs(id = notebook.store.getState().id): Promise<void> {
  if (pairStore.getState().notebookId === id) return;
  pairStore.setState({ notebookId: id, added: [], corpus: null, drops: null });
  const stored = await archive().list(id);
  if (notebook.store.getState().id !== id) return;
  const { added } = pairStore.getState();
  pairStore.setState({ added: uniquePairs([...stored, ...added]) });
}

/** Adds pairs to those that are kept; what is there already is passed over. Returns how many were new. */
export function addPairs(pairs: readonly TuningPair[]): number {
  const { added } = pairStore.getState();
  const next = uniquePairs([...added, ...pairs]);
  pairStore.setState({ added: next });
  archive().add(notebook.store.getState().id, pairs).catch(toastError);
  return next.length - added.length;
}

/** Takes a kept pair away, with a way back. */
export function removePair(pair: TuningPair): void {
  if (!notebook.mayRun()) return;
  const { id: notebookId } = notebook.store.getState();
  const before = pairStore.getState().added;
  const place = before.findIndex(({ id }) => id === pair.id);
  const taken = before[place];
  if (!taken) return;
  pairStore.setState({ added: before.filter((one) => one !== taken) });
  archive().remove(notebookId, taken.id).catch(toastError);
  const back = async () => {
    const added = await archive().putBack(notebookId, taken, place);
    if (notebook.store.getState().id === notebookId) pairStore.setState({ added });
  };
  toast('Removed the pair.', { action: { label: 'Undo', run: () => void back().catch(toastError) } });
}

/** A pair as the table shows it: with what was changed by hand. */
export interface ShownPair extends TuningPair {
  readonly isExcluded: boolean;
  readonly isEdited: boolean;
}

/** All pairs of the sources that are on, edits laid over them. */
export function shownPairs(
  parameters: GeneratorTuningParameters = notebook.store.getState().parameters.generatorTuning,
  { added, corpus }: Pick<PairState, 'added' | 'corpus'> = pairStore.getState(),
  sets: readonly PublishedSet[] = currentGeneratedSets(),
): readonly ShownPair[] {
  const { sources } = parameters;
  const all = [
    ...(sources.generated ? sets.map(({ set, origin }) => pairFromSet(set, origin, parameters)) : []),
    ...(sources.corpus && corpus ? corpus.pairs : []),
    ...(sources.added ? added : []),
    ...(sources.library ? pairsFromLibrary(parameters) : []),
  ].filter((pair) => pair !== null);
  const edits = new Map(parameters.edits.map((edit) => [edit.id, edit]));
  return uniquePairs(all).map((pair) => {
    const edit = edits.get(pair.id);
    const changes = {
      description: edit?.description ?? pair.description,
      isExcluded: edit?.isExcluded === true,
      isEdited: edit?.description !== undefined,
    };
    return Object.assign({ ...pair }, changes);
  });
}

export const usedPairs = (): readonly ShownPair[] => shownPairs().filter(({ isExcluded }) => !isExcluded);

/** Changes one pair; what comes to nothing is forgotten. */
export function editPair(id: string, change: Omit<PairEdit, 'id'>): void {
  const { edits } = notebook.store.getState().parameters.generatorTuning;
  const { description, isExcluded } = { ...edits.find((edit) => edit.id === id), ...change };
  const others = edits.filter((edit) => edit.id !== id);
  const own = {
    id,
    ...(description === undefined ? {} : { description }),
    ...(isExcluded ? { isExcluded } : {}),
  };
  notebook.setParameters('generatorTuning', {
    edits: description === undefined && !isExcluded ? others : [...others, own],
  });
}

/** Stands for the open data and what pairs are drawn by. */
export function corpusKey(): string | null {
  const { corpus } = session.getState();
  const { pairs, classes, dictionaries, maxTextChars, kind, seed } =
    notebook.store.getState().parameters.generatorTuning;
  return corpus && JSON.stringify([corpus.dataHash, pairs, classes, dictionaries, maxTextChars, kind, seed]);
}

/** Draws pairs from the open data where they are wanted and not there yet. Throws `rows-too-few`, what reading throws. */
export async function drawFromCorpus({ signal, onProgress }: RunContext): Promise<void> {
  const parameters = notebook.store.getState().parameters.generatorTuning;
  const { labelTable, corpus } = session.getState();
  const key = corpusKey();
  if (!parameters.sources.corpus || !labelTable || !corpus || key === null) return;
  if (pairStore.getState().corpus?.key === key) return;
  const rows = rowsToRead(labelTable, parameters.pairs * parameters.dictionaries, parameters.seed);
  const texts = await fetchTexts(rows, { signal, onProgress });
  const labels = Array.from(rows, (row) => {
    const own = labelTable.labelIds[labelTable.rowOffsets[row] ?? 0];
    return own === undefined ? null : (labelTable.labels[own] ?? null);
  });
  const pairs = pairsFromRows({ name: 'open data', texts, labels }, 'corpus', parameters);
  pairStore.setState({ corpus: { key, pairs } });
}

const mostRows = 50_000;

/** Rows of one label each: so many of every label, drawn by the seed, and no more than 50,000 in all. */
function rowsToRead({ rowCount, rowOffsets, labelIds, labels }: LabelTable, perLabel: number, seed: number) {
  const taken = new Uint32Array(labels.length);
  const all = random(seed, 0xd2a).shuffle(Uint32Array.from({ length: rowCount }, (_, row) => row));
  const rows = all.filter((row) => {
    const from = rowOffsets[row] ?? 0;
    const own = labelIds[from];
    if (own === undefined || (rowOffsets[row + 1] ?? 0) - from !== 1) return false;
    taken[own] = (taken[own] ?? 0) + 1;
    return (taken[own] ?? 0) <= perLabel;
  });
  return rows.slice(0, mostRows).sort();
}

/** Runs something of the table with a bar and a stop of its own. */
export async function busily(work: (context: RunContext) => Promise<void>): Promise<void> {
  if (pairStore.getState().busy || !notebook.mayRun()) return;
  const controller = new AbortController();
  const stop = () => controller.abort();
  let isOver = false;
  pairStore.setState({ busy: { progress: null, stop }, error: null });
  try {
    await work({
      signal: controller.signal,
      onProgress: (progress) => {
        if (!isOver) pairStore.setState({ busy: { progress, stop } });
      },
    });
  } catch (error) {
    if (!isAbort(error) && !controller.signal.aborted) pairStore.setState({ error: toWire(error) });
  } finally {
    isOver = true;
    pairStore.setState({ busy: null });
  }
}

const largestFile = 64 << 20;

/** Adds files: pairs as they were saved, or texts with labels, which become pairs. */
export async function addFiles(files: readonly File[], context: RunContext): Promise<void> {
  const parameters = notebook.store.getState().parameters.generatorTuning;
  for (const file of files) {
    const head = await file.slice(0, 65_536).text();
    if (file.size <= largestFile && looksLikePairs(head)) {
      const { pairs, skipped } = readPairsJsonl(await file.text(), file.name);
      const count = addPairs(pairs);
      const left = skipped[0]
        ? ` ${plural(skipped.length, 'line')} left out, the first: line ${skipped[0].line}, ${skipped[0].reason}.`
        : '';
      toast(`${plural(count, 'new pair')} from ${file.name}.${left}`);
    } else {
      const { name, texts, labels } = await readTextSet(file, context);
      const count = addPairs(pairsFromRows({ name, texts, labels }, 'file', parameters));
      toast(`${plural(count, 'new pair')} from ${file.name}.`);
    }
  }
}
