import { adaptersKey, listAdapters, setAdapters } from './adapters.ts';
import {
  changeList,
  listNotebooks,
  loadNotebook,
  type DocumentStorage,
  type NotebookEntry,
} from './autosave.ts';
import type { NotebookDocument } from './document.ts';
import { createGenerationArchive } from './generations/archive.ts';
import { lastWordsKey, notebookKey, pairsKey } from './keys.ts';
import { stable } from './plain.ts';

// The notebooks of a browser and what lies under their ids beside the document: generated sets, tuning pairs, adapters.

/** A notebook that was removed, with all that lay under its id: enough to bring it back. */
export interface RemovedNotebook {
  readonly entry: NotebookEntry;
  /** Its place in the list. */
  readonly place: number;
  readonly values: ReadonlyMap<string, unknown>;
  readonly lastWords: string | null;
}

/** Takes a notebook and what it made away and hands it to the caller; null where there is none. Runs and classifiers stay: they have lists of their own. */
export async function removeNotebook(storage: DocumentStorage, id: string): Promise<RemovedNotebook | null> {
  const entries = await listNotebooks(storage);
  const place = entries.findIndex((entry) => entry.id === id);
  const entry = entries[place];
  if (!entry) return null;
  const keys = [
    notebookKey(id),
    ...(await createGenerationArchive(storage, id).keys()),
    pairsKey(id),
    adaptersKey(id),
  ];
  const values = new Map<string, unknown>();
  for (const key of keys) {
    const value = await storage.get(key);
    if (value !== undefined) values.set(key, value);
  }
  const lastWords = storage.lastWords?.getItem(lastWordsKey(id)) ?? null;
  // The list first: what a crash leaves behind then is not shown, instead of shown and empty.
  await changeList(storage, (list) => list.filter((one) => one.id !== id));
  for (const key of values.keys()) await storage.delete(key);
  storage.lastWords?.removeItem(lastWordsKey(id));
  return { entry, place, values, lastWords };
}

/** Brings a removed notebook back to its place; one that is back already, and may have changed since, is left as it is. */
export async function restoreNotebook(
  storage: DocumentStorage,
  { entry, place, values, lastWords }: RemovedNotebook,
): Promise<void> {
  if ((await listNotebooks(storage)).some(({ id }) => id === entry.id)) return;
  for (const [key, value] of values) await storage.set(key, value);
  if (lastWords !== null) storage.lastWords?.setItem(lastWordsKey(entry.id), lastWords);
  await changeList(storage, (list) => list.filter(({ id }) => id !== entry.id).toSpliced(place, 0, entry));
}

/** Puts a document into the list, first, without opening it. */
export async function addNotebook(storage: DocumentStorage, document: NotebookDocument): Promise<void> {
  const { id, title, modifiedAt } = document;
  await storage.set(notebookKey(id), document);
  await changeList(storage, (list) => [
    { id, title, modifiedAt },
    ...list.filter((entry) => entry.id !== id),
  ]);
}

/**
 * Makes a second notebook of one, with its generated sets, tuning pairs and adapters: what is changed in one leaves the other. Null where
 * there is none. Throws `notebook-damaged`.
 */
export async function duplicateNotebook(
  storage: DocumentStorage,
  id: string,
  now: Date = new Date(),
): Promise<NotebookDocument | null> {
  const document = await loadNotebook(storage, id);
  if (!document) return null;
  const titles = (await listNotebooks(storage)).map(({ title }) => title);
  const copy: NotebookDocument = {
    ...document,
    id: crypto.randomUUID(),
    title: freeTitle(`${document.title} (copy)`, titles),
    createdAt: now.toISOString(),
    modifiedAt: now.toISOString(),
  };
  await copyMade(storage, id, copy.id);
  await addNotebook(storage, copy);
  return copy;
}

/**
 * A document from a file, made ready to stand beside the notebooks that are here: where its own notebook is here and has changed since, it
 * gets an id and a title of its own and that notebook's sets, pairs and adapters, so that neither takes the other's place.
 */
export async function besideOthers(
  storage: DocumentStorage,
  document: NotebookDocument,
): Promise<{ readonly document: NotebookDocument; readonly isSecond: boolean }> {
  const entries = await listNotebooks(storage);
  if (!entries.some(({ id }) => id === document.id)) return { document, isSecond: false };
  // One that cannot be read any more is not written over either.
  const stored = await loadNotebook(storage, document.id).catch(() => null);
  if (stored && stable(stored) === stable(document)) return { document, isSecond: false };
  const titles = entries.map(({ title }) => title);
  const id = crypto.randomUUID();
  await copyMade(storage, document.id, id);
  return { document: { ...document, id, title: freeTitle(document.title, titles) }, isSecond: true };
}

/** Generated sets, tuning pairs and adapters of one notebook, under another's id too. */
async function copyMade(storage: DocumentStorage, from: string, to: string): Promise<void> {
  const archive = createGenerationArchive(storage, to);
  for (const set of await createGenerationArchive(storage, from).peek()) await archive.add(set);
  const pairs = await storage.get(pairsKey(from));
  if (pairs !== undefined) await storage.set(pairsKey(to), pairs);
  const adapters = await listAdapters(storage, from);
  if (adapters.length > 0) await setAdapters(storage, to, adapters);
}

/** A title that no other notebook has: `T`, else `T (2)`, `T (3)`, ... */
export function freeTitle(title: string, taken: readonly string[]): string {
  if (!taken.includes(title)) return title;
  for (let at = 2; ; at++) {
    const next = `${title} (${at})`;
    if (!taken.includes(next)) return next;
  }
}
