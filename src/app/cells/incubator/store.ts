import { createStore } from 'zustand/vanilla';
import { collect, isTraceKey, type Collected, type Reply } from '../../../core/incubator/replies.ts';
import type { GeneratedSet } from '../../../core/incubator/types.ts';
import { createGenerationArchive, type GenerationArchive } from '../../../notebook/generations/archive.ts';
import {
  noUsage,
  type GenerationRecord,
  type GenerationSource,
} from '../../../notebook/generations/types.ts';
import { plural } from '../../../notebook/format.ts';
import type { KeptObjects } from '../../../notebook/parameters.ts';
import type { Plain } from '../../../notebook/plain.ts';
import { record as recordResult } from '../../../notebook/runner.ts';
import { notebook, storage, version } from '../../runtime.ts';
import { toast, toastError } from '../../toasts.ts';

/** A generated set in this tab: replies as they came, and what they come to under today's rules. */
export interface LoadedSet {
  readonly record: GenerationRecord;
  readonly replies: readonly Reply[];
  readonly collected: Collected;
}

/** A set as other cells read it. */
export interface PublishedSet {
  readonly id: string;
  /** The objects that were chosen to be used; all where none were. */
  readonly set: GeneratedSet;
  /** Objects before the choice. */
  readonly generated: number;
  readonly isDiversified: boolean;
  /** Where it came from, in a few words. */
  readonly origin: string;
}

interface IncubatorState {
  /** Whose sets these are; null before they were read from storage. */
  readonly notebookId: string | null;
  readonly sets: readonly LoadedSet[];
  readonly chosenId: string | null;
  /** Texts that are being written, by request. */
  readonly live: readonly string[];
  /** Sets with objects of two classes or more, in the order in which they were made. Identity changes only with content. */
  readonly published: readonly PublishedSet[];
}

export const incubatorStore = createStore<IncubatorState>(() => ({
  notebookId: null,
  sets: [],
  chosenId: null,
  live: [],
  published: [],
}));

/** Every generated set of the notebook with at least one object: what classifiers and mining are grown from. */
export const currentGeneratedSets = (): readonly PublishedSet[] => incubatorStore.getState().published;

export const chosenSet = ({ sets, chosenId }: Pick<IncubatorState, 'sets' | 'chosenId'>): LoadedSet | null =>
  sets.find(({ record }) => record.id === chosenId) ?? sets.at(-1) ?? null;

export const choose = (chosenId: string | null): void => incubatorStore.setState({ chosenId });

/** Where a set came from, in a few words. */
export function originOf(source: GenerationSource): string {
  switch (source.kind) {
    case 'generated':
      return source.model;
    case 'pasted':
      return 'pasted';
    case 'file':
      return source.name;
    case 'sample':
      return 'sample set';
  }
}

let archive: GenerationArchive | null = null;

function archiveOf(notebookId: string): GenerationArchive {
  if (!archive || incubatorStore.getState().notebookId !== notebookId)
    archive = createGenerationArchive(storage, notebookId);
  return archive;
}

const openArchive = () => archiveOf(notebook.store.getState().id);

/** The rules of reading that are in force. */
function read(record: GenerationRecord, replies: readonly Reply[]): Collected {
  const { dropNearDuplicates, setAside } = notebook.store.getState().parameters.incubator;
  const setAsideKeys = setAside.find(({ setId }) => setId === record.id)?.keys ?? [];
  return collect(replies, {
    labels: record.labels,
    isSetAside: isTraceKey,
    setAsideKeys,
    dropNearDuplicates,
  });
}

/** Objects of a set that were chosen to be used; null where all are. */
export function keptOf(
  record: GenerationRecord,
  kept: readonly KeptObjects[] = notebook.store.getState().parameters.incubator.kept,
): ReadonlySet<number> | null {
  const own = kept.find(({ setId }) => setId === record.id);
  return own ? new Set(own.objects) : null;
}

const publishedBefore = new WeakMap<Collected, { readonly kept: string; readonly made: PublishedSet }>();

function publish({ record, collected }: LoadedSet, kept: readonly KeptObjects[]): PublishedSet | null {
  const { instruction } = record;
  const own = kept.find(({ setId }) => setId === record.id);
  const key = `${instruction}\n${own ? own.objects.join() : 'all'}`;
  const before = publishedBefore.get(collected);
  if (before?.kept === key) return before.made;
  const chosen = keptOf(record, kept);
  const objects = collected.kept.filter(({ object }) => !chosen || chosen.has(object));
  if (objects.length === 0 || collected.labels.length < 2) return null;
  const made: PublishedSet = {
    id: record.id,
    set: { instruction, labels: collected.labels, samples: objects.map(({ texts }) => texts) },
    generated: collected.kept.length,
    isDiversified: chosen !== null,
    origin: originOf(record.source),
  };
  publishedBefore.set(collected, { kept: key, made });
  return made;
}

function publishAll(sets: readonly LoadedSet[]): readonly PublishedSet[] {
  const { kept } = notebook.store.getState().parameters.incubator;
  const next = sets.map((set) => publish(set, kept)).filter((set) => set !== null);
  const { published } = incubatorStore.getState();
  const isSame = next.length === published.length && next.every((set, at) => set === published[at]);
  return isSame ? published : next;
}

function setSets(sets: readonly LoadedSet[], more: Partial<IncubatorState> = {}): void {
  incubatorStore.setState({ ...more, sets, published: publishAll(sets) });
}

/** Reads the notebook's sets from storage, once; another notebook has others. */
export async function loadSets(): Promise<void> {
  if (incubatorStore.getState().notebookId !== notebook.store.getState().id) await reloadSets();
}

/** Reads them again: another tab may have changed them. */
async function reloadSets(): Promise<void> {
  const { id } = notebook.store.getState();
  const own = archiveOf(id);
  incubatorStore.setState({ notebookId: id, sets: [], published: [], chosenId: null, live: [] });
  const stored = await own.load();
  if (notebook.store.getState().id !== id) return;
  const { sets } = incubatorStore.getState();
  const loaded = stored
    .filter(({ record }) => !sets.some((set) => set.record.id === record.id))
    .map(({ record, replies }) => ({ record, replies, collected: read(record, replies) }));
  setSets([...loaded, ...sets]);
}

export interface NewSet {
  readonly instruction: string;
  readonly labels: readonly string[] | null;
  readonly source: GenerationSource;
  readonly settings?: Plain;
  readonly replies?: readonly Reply[];
}

/** Adds a set that was made elsewhere: a result like one that was generated here. */
export function importSet(set: NewSet): LoadedSet {
  const startedAtMs = Date.now();
  const made = addSet(set);
  const { kept, drops, labels } = made.collected;
  recordResult(
    notebook,
    'incubator',
    {
      headline: plural(kept.length, 'object'),
      summary: {
        setId: made.record.id,
        objects: kept.length,
        classes: [...labels],
        dropped: drops.length,
        requests: 0,
        tokens: 0,
      },
      model:
        set.source.kind === 'sample'
          ? 'sample set, made by a grammar'
          : `generations ${originOf(set.source)}`,
    },
    { inputs: notebook.inputs('incubator'), version, device: 'elsewhere', startedAtMs, durationMs: 0 },
  );
  return made;
}

/** Adds a set, keeps it in storage and shows it. */
export function addSet({ instruction, labels, source, settings = {}, replies = [] }: NewSet): LoadedSet {
  const record: GenerationRecord = {
    id: crypto.randomUUID(),
    instruction,
    labels,
    source,
    createdAt: new Date().toISOString(),
    settings,
    replyCount: replies.length,
    usage: noUsage,
  };
  const made = { record, replies, collected: read(record, replies) };
  setSets([...incubatorStore.getState().sets, made], { chosenId: record.id });
  openArchive().add(made).catch(toastError);
  return made;
}

/** What a set is now; null where it was removed. */
export const setById = (id: string): LoadedSet | null =>
  incubatorStore.getState().sets.find(({ record }) => record.id === id) ?? null;

/** Adds replies to a set: in the tab at once, in storage as soon as it takes them. Resolves when they are kept. */
export async function addReplies(
  id: string,
  replies: readonly Reply[],
  usage: GenerationRecord['usage'],
): Promise<void> {
  const set = setById(id);
  if (!set) return;
  const all = [...set.replies, ...replies];
  const record = { ...set.record, usage, replyCount: all.length };
  replaceSet({ record, replies: all, collected: read(record, all) });
  await openArchive().append(record, set.replies.length, replies);
}

/** Keeps what is being written, so that not even half a reply is lost with the tab. */
export function keepLive(id: string, texts: readonly string[]): void {
  openArchive()
    .saveLive(id, texts)
    .catch(() => undefined);
}

function replaceSet(next: LoadedSet): void {
  setSets(incubatorStore.getState().sets.map((set) => (set.record.id === next.record.id ? next : set)));
}

/** Takes a set away, with a way back. */
export async function removeSet(id: string): Promise<void> {
  if (!notebook.mayRun()) return;
  const { sets } = incubatorStore.getState();
  const at = sets.findIndex(({ record }) => record.id === id);
  const set = sets[at];
  if (!set) return;
  setSets(sets.filter(({ record }) => record.id !== id));
  // The way back is there at once: the archive takes its calls in turn, so a set that comes back is written after it was removed.
  const own = openArchive();
  const { id: notebookId } = notebook.store.getState();
  const removal = own.remove(id);
  toast('Removed the set.', {
    action: {
      label: 'Undo',
      run: () => {
        own.add(set, at).catch(toastError);
        // Another notebook may be open by now: the set goes back to its own.
        if (notebook.store.getState().id !== notebookId) return;
        const now = [...incubatorStore.getState().sets];
        now.splice(at, 0, set);
        setSets(now, { chosenId: id });
      },
    },
  });
  await removal;
}

// Rules of reading and choices of objects are parameters: undo walks over them, and what is published follows.
notebook.store.subscribe((state, before) => {
  if (state.id !== before.id) {
    if (incubatorStore.getState().notebookId !== null) void loadSets().catch(toastError);
    return;
  }
  // Another tab had the notebook, and may have generated in it.
  if (before.readOnly && !state.readOnly && incubatorStore.getState().notebookId !== null)
    void reloadSets().catch(toastError);
  const [now, then] = [state.parameters.incubator, before.parameters.incubator];
  const { sets } = incubatorStore.getState();
  if (now.dropNearDuplicates !== then.dropNearDuplicates || now.setAside !== then.setAside)
    setSets(sets.map(({ record, replies }) => ({ record, replies, collected: read(record, replies) })));
  else if (now.kept !== then.kept) setSets(sets);
});
