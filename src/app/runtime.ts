import { del, get, set, update } from 'idb-keyval';
import { createAutosave, loadLast, type DocumentStorage } from '../notebook/autosave.ts';
import type { CellId } from '../notebook/cells.ts';
import { newDocument, type NotebookDocument } from '../notebook/document.ts';
import { createRunner, type CellTask } from '../notebook/runner.ts';
import { createNotebook } from '../notebook/store.ts';
import { resetSession, session } from './session.ts';
import { toast, toastError } from './toasts.ts';

// The one notebook of this tab, and what moves it. Cells import from here; nothing here imports a cell.

/** In provenance. */
export const version = '0.1.0';

export const notebook = createNotebook(undefined, Date.now, () =>
  toast('This notebook is open in another tab, so it cannot be changed here. Use “Work here instead” above.'),
);

/** localStorage; nothing where the browser forbids even to ask for it. */
function lastWords(): Pick<DocumentStorage, 'lastWords'> {
  try {
    return { lastWords: localStorage };
  } catch {
    return {};
  }
}

export const storage: DocumentStorage = {
  get: (key) => get(key),
  set,
  delete: (key) => del(key),
  update,
  ...lastWords(),
};

export const autosave = createAutosave(notebook, storage);

const tasks = new Map<CellId, CellTask>();
const loaded = new Map<CellId, () => boolean>();

/** Tells the runner how to run a cell, and whether its values are in this tab. Called once, by the registry. */
export function registerTask(cell: CellId, task: CellTask, isLoaded: () => boolean = () => true): void {
  tasks.set(cell, task);
  loaded.set(cell, isLoaded);
}

export const runner = createRunner(notebook, {
  task: (cell) => tasks.get(cell),
  isLoaded: (cell) => loaded.get(cell)?.() ?? true,
  version,
  device: 'this CPU',
});

/** The link's reader is fetched for whom follows one only. */
const readLink = async () => (await import('../notebook/link.ts')).readLinkHash(location.hash);

/** Reads a link, or the notebook that was open last; falls back to a new one and says why. */
export async function openFirstNotebook(): Promise<void> {
  try {
    const linked = location.hash.startsWith('#p=') ? await readLink() : null;
    if (linked) {
      const document = { ...newDocument(), title: linked.title, parameters: linked.parameters };
      openDocument(document);
      history.replaceState(null, '', location.pathname + location.search);
      toast('Opened the parameters of a link. Your other notebooks are kept.');
      return;
    }
    const last = await loadLast(storage);
    if (last) openDocument(last);
  } catch (error) {
    toastError(error);
  }
}

/** Puts a document in place; the data it came from has to be attached again. */
export function openDocument(document: NotebookDocument): NotebookDocument {
  runner.stopAll();
  resetSession();
  const previous = notebook.replace(document);
  session.setState({ restoring: document.results.dataset !== undefined });
  return previous;
}
