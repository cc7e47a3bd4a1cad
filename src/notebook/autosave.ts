import { VerbenaError, toWire, type ErrorWire } from '../base/errors.ts';
import { createStore } from 'zustand/vanilla';
import type { NotebookDocument } from './document.ts';
import { lastWordsKey, notebookIndexKey, notebookKey } from './keys.ts';
import type { Notebook } from './store.ts';

/** A place for notebooks: IndexedDB in the page, a Map in tests. */
export interface DocumentStorage {
  get(key: string): Promise<unknown>;
  set(key: string, value: unknown): Promise<void>;
  delete(key: string): Promise<void>;
  /** Puts what `change` makes of a value in its place, as one step that no other tab's falls into. */
  update(key: string, change: (value: unknown) => unknown): Promise<void>;
  /** Takes a text before the page ends, which a promise may not live to see: localStorage in the page. */
  readonly lastWords?: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;
}

export interface NotebookEntry {
  readonly id: string;
  readonly title: string;
  readonly modifiedAt: string;
}

export type SaveState =
  | { readonly kind: 'saved'; readonly atMs: number }
  | { readonly kind: 'pending' }
  | { readonly kind: 'failed'; readonly error: ErrorWire }
  /** Another tab saves this notebook. */
  | { readonly kind: 'paused' };

export class StorageError extends VerbenaError<'notebook-damaged' | 'save-failed'> {}

/** Milliseconds of quiet before a change is written. */
const quietMs = 400;

/** Writes the notebook to storage after every change and says how that went. Call `leave` when the tab hides. */
export function createAutosave(notebook: Notebook, storage: DocumentStorage, now: () => number = Date.now) {
  const state = createStore<SaveState>(() => ({ kind: 'saved', atMs: now() }));
  let timer: ReturnType<typeof setTimeout> | null = null;
  let writing: Promise<void> = Promise.resolve();
  let saved = notebook.document();
  const isPaused = () => state.getState().kind === 'paused';

  async function write(document: NotebookDocument): Promise<void> {
    try {
      await storage.set(notebookKey(document.id), document);
      const { id, title, modifiedAt } = document;
      await changeList(storage, (entries) => [
        { id, title, modifiedAt },
        ...entries.filter((entry) => entry.id !== id),
      ]);
      saved = document;
      if (isSaved(notebook.document())) storage.lastWords?.removeItem(lastWordsKey(id));
      if (timer === null && !isPaused()) state.setState({ kind: 'saved', atMs: now() }, true);
    } catch (cause) {
      const error = new StorageError(
        'save-failed',
        'The notebook could not be saved in this browser.',
        'Save it to a file now; then free some site storage or leave private browsing.',
        { reason: cause instanceof Error ? cause.message : String(cause) },
        cause,
      );
      state.setState({ kind: 'failed', error: toWire(error) }, true);
    }
  }

  /** Writes at once what has not been written; resolves when it is on disk. */
  function flush(): Promise<void> {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    if (isPaused()) return writing;
    // A chain, so that an older write never lands after a newer one.
    writing = writing.then(() => write(notebook.document()));
    return writing;
  }

  const isSaved = (document: NotebookDocument) =>
    document.id === saved.id &&
    document.title === saved.title &&
    document.parameters === saved.parameters &&
    document.results === saved.results &&
    document.experiments === saved.experiments;

  const saveSoon = () => {
    if (isPaused() || isSaved(notebook.document())) return;
    state.setState({ kind: 'pending' }, true);
    if (timer !== null) clearTimeout(timer);
    timer = setTimeout(() => void flush(), quietMs);
  };
  const unsubscribe = notebook.store.subscribe(saveSoon);

  return {
    state,
    flush,
    /** The page may end with this call: what a write begun now might not live to finish is put down at once. */
    leave(): void {
      const document = notebook.document();
      if (isPaused() || isSaved(document)) return;
      try {
        storage.lastWords?.setItem(lastWordsKey(document.id), JSON.stringify(document));
      } catch {
        // No room for it: the write below is then all there is.
      }
      void flush();
    },
    /** Writes nothing until `resume`. */
    pause(): void {
      if (timer !== null) clearTimeout(timer);
      timer = null;
      state.setState({ kind: 'paused' }, true);
    },
    /** Saves again, first what has changed meanwhile. */
    resume(): void {
      if (!isPaused()) return;
      state.setState({ kind: 'saved', atMs: now() }, true);
      saveSoon();
    },
    stop(): void {
      unsubscribe();
      if (timer !== null) clearTimeout(timer);
      timer = null;
    },
  };
}

/** Saved notebooks, the latest first. */
export async function listNotebooks(storage: DocumentStorage): Promise<readonly NotebookEntry[]> {
  return entriesOf(await storage.get(notebookIndexKey));
}

/** Changes the list of saved notebooks, whatever other tabs make of it meanwhile. */
export function changeList(
  storage: DocumentStorage,
  change: (entries: readonly NotebookEntry[]) => readonly NotebookEntry[],
): Promise<void> {
  return storage.update(notebookIndexKey, (value) => change(entriesOf(value)));
}

function entriesOf(value: unknown): readonly NotebookEntry[] {
  return Array.isArray(value) ? (value as NotebookEntry[]) : [];
}

/** One saved notebook; null where there is none. Throws `StorageError` where it cannot be read any more. */
export async function loadNotebook(storage: DocumentStorage, id: string): Promise<NotebookDocument | null> {
  const raw = await storage.get(notebookKey(id));
  if (raw === undefined || raw === null) return null;
  const { readDocument } = await import('./readDocument.ts');
  try {
    return latest(raw, readDocument, storage.lastWords?.getItem(lastWordsKey(id)) ?? null);
  } catch (cause) {
    throw new StorageError(
      'notebook-damaged',
      'The notebook saved in this browser cannot be read any more; it was left untouched.',
      'Start a new notebook, or open one from a file.',
      { id, reason: cause instanceof Error ? cause.message : String(cause) },
      cause,
    );
  }
}

/** The saved document, or what its tab put down as it closed where that is newer. */
function latest(
  raw: unknown,
  read: (raw: unknown) => NotebookDocument,
  words: string | null,
): NotebookDocument {
  const document = read(raw);
  if (words === null) return document;
  try {
    const last = read(JSON.parse(words));
    return last.id === document.id && last.modifiedAt > document.modifiedAt ? last : document;
  } catch {
    // Damaged words are no reason to lose the notebook.
    return document;
  }
}

/** The notebook that was open last; null on a first visit. */
export async function loadLast(storage: DocumentStorage): Promise<NotebookDocument | null> {
  const [last] = await listNotebooks(storage);
  return last ? loadNotebook(storage, last.id) : null;
}
