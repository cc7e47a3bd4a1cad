import { describe, expect, it } from 'vitest';
import { keepAdapter, listAdapters } from './adapters.ts';
import { listNotebooks, loadNotebook, type DocumentStorage } from './autosave.ts';
import { newDocument, type NotebookDocument } from './document.ts';
import { createGenerationArchive } from './generations/archive.ts';
import { recordOf } from './generations/testing.ts';
import {
  addNotebook,
  besideOthers,
  duplicateNotebook,
  freeTitle,
  removeNotebook,
  restoreNotebook,
} from './library.ts';

function browser() {
  const [map, words] = [new Map<string, unknown>(), new Map<string, string>()];
  const storage: DocumentStorage = {
    get: async (key) => map.get(key),
    set: async (key, value) => void map.set(key, structuredClone(value)),
    delete: async (key) => void map.delete(key),
    update: async (key, change) => void map.set(key, structuredClone(change(map.get(key)))),
    lastWords: {
      getItem: (key) => words.get(key) ?? null,
      setItem: (key, value) => void words.set(key, value),
      removeItem: (key) => void words.delete(key),
    },
  };
  return { map, words, storage };
}

async function withNotebook(storage: DocumentStorage, title: string): Promise<NotebookDocument> {
  const document = { ...newDocument(), title };
  await addNotebook(storage, document);
  const archive = createGenerationArchive(storage, document.id);
  for (const [id, count] of [
    ['a', 70],
    ['b', 2],
  ] as const)
    await archive.add({
      record: recordOf(id),
      replies: Array.from({ length: count }, (_, at) => ({ text: `${id} ${at}`, finish: 'end' })),
    });
  await archive.saveLive('b', ['half']);
  await storage.set(`tuning-pairs/${document.id}`, [{ id: 'pair' }]);
  await keepAdapter(storage, document.id, {
    name: 'tuned',
    baseModel: 'tiny',
    createdAt: '2026-11-21T12:00:00.000Z',
    note: '',
    config: '{}',
    weights: new Uint8Array([1, 2, 3]),
  });
  return document;
}

describe('the notebooks of a browser', () => {
  it('are removed with all that lies under their ids, and come back to their place as they were', async () => {
    const { map, words, storage } = browser();
    const first = await withNotebook(storage, 'first');
    const second = await withNotebook(storage, 'second');
    words.set(`verbena/last-words/${second.id}`, 'words');
    await addNotebook(storage, { ...newDocument(), title: 'third' });
    const before = structuredClone(map);

    const removed = await removeNotebook(storage, second.id);
    expect([...map.keys()].filter((key) => key.includes(second.id))).toEqual([]);
    expect(words.size).toBe(0);
    expect((await listNotebooks(storage)).map(({ title }) => title)).toEqual(['third', 'first']);
    expect(await createGenerationArchive(storage, first.id).peek()).toHaveLength(2);

    if (removed) await restoreNotebook(storage, removed);
    expect(map).toEqual(before);
    // Asked twice, from the list and from the toast: what has changed meanwhile stays.
    await addNotebook(storage, { ...second, title: 'second, renamed' });
    if (removed) await restoreNotebook(storage, removed);
    expect((await loadNotebook(storage, second.id))?.title).toBe('second, renamed');
    storage.lastWords?.removeItem(`verbena/last-words/${second.id}`);
    await removeNotebook(storage, second.id);
    if (removed) await restoreNotebook(storage, removed);
    expect((await listNotebooks(storage)).map(({ title }) => title)).toEqual(['third', 'second', 'first']);
    expect(words.get(`verbena/last-words/${second.id}`)).toBe('words');
    const sets = await createGenerationArchive(storage, second.id).load();
    expect(sets.map(({ replies }) => replies.length)).toEqual([70, 3]);
    expect(await loadNotebook(storage, second.id)).toEqual(second);
    expect(await removeNotebook(storage, 'nobody')).toBeNull();
  });

  it('are duplicated with their sets, pairs and adapters; each then goes its own way', async () => {
    const { storage } = browser();
    const first = await withNotebook(storage, 'first');
    const copy = await duplicateNotebook(storage, first.id);
    expect(copy?.title).toBe('first (copy)');
    expect((await duplicateNotebook(storage, first.id))?.title).toBe('first (copy) (2)');
    const id = copy?.id ?? '';
    expect(await loadNotebook(storage, id)).toEqual(copy);
    expect(copy?.parameters).toEqual(first.parameters);
    const archive = createGenerationArchive(storage, id);
    expect((await archive.load()).map(({ replies }) => replies.length)).toEqual([70, 3]);
    expect(await storage.get(`tuning-pairs/${id}`)).toEqual([{ id: 'pair' }]);
    expect(await listAdapters(storage, id)).toEqual(await listAdapters(storage, first.id));

    await archive.remove('a');
    expect(await createGenerationArchive(storage, first.id).load()).toHaveLength(2);
    await removeNotebook(storage, first.id);
    expect(await archive.load()).toHaveLength(1);
    expect(await duplicateNotebook(storage, first.id)).toBeNull();
  });

  it('are not written over by an older file of theirs: it opens beside them, with their sets', async () => {
    const { storage } = browser();
    const first = await withNotebook(storage, 'first');
    expect(await besideOthers(storage, first)).toEqual({ document: first, isSecond: false });
    const elsewhere = { ...newDocument(), title: 'first' };
    expect((await besideOthers(storage, elsewhere)).document).toBe(elsewhere);

    await addNotebook(storage, { ...first, title: 'first, renamed', modifiedAt: '2026-11-22T00:00:00.000Z' });
    const { document, isSecond } = await besideOthers(storage, first);
    expect(isSecond).toBe(true);
    expect(document.id).not.toBe(first.id);
    expect(document.parameters).toEqual(first.parameters);
    expect((await loadNotebook(storage, first.id))?.title).toBe('first, renamed');
    expect(await createGenerationArchive(storage, document.id).load()).toHaveLength(2);
  });

  it('get titles that no other has', () => {
    expect(freeTitle('T', [])).toBe('T');
    expect(freeTitle('T', ['T', 'T (2)'])).toBe('T (3)');
  });
});

describe('the place of a set', () => {
  it('stays after it was removed and brought back, also after a reload', async () => {
    const { storage } = browser();
    const archive = createGenerationArchive(storage, 'n');
    for (const id of ['a', 'b', 'c']) await archive.add({ record: recordOf(id), replies: [] });
    const taken = await archive.remove('a');
    if (taken) await archive.add(taken, 0);
    const reloaded = await createGenerationArchive(storage, 'n').load();
    expect(reloaded.map(({ record: { id } }) => id)).toEqual(['a', 'b', 'c']);
    // A place beyond the end is the end: others were removed meanwhile.
    if (taken) await archive.add(taken, 9);
    expect((await archive.load()).map(({ record: { id } }) => id)).toEqual(['b', 'c', 'a']);
  });

  it('is looked at without settling what is still being written', async () => {
    const { map, storage } = browser();
    const archive = createGenerationArchive(storage, 'n');
    await archive.add({ record: recordOf('a'), replies: [{ text: 'whole', finish: 'end' }] });
    await archive.saveLive('a', ['half']);
    const before = structuredClone(map);
    const [seen] = await archive.peek();
    expect(seen?.replies.map(({ text }) => text)).toEqual(['whole', 'half']);
    expect(map).toEqual(before);
  });
});

it('loses no notebook to another that is listed, removed or brought back at the same time', async () => {
  const { storage } = browser();
  const titled = (title: string): NotebookDocument => ({ ...newDocument(), title });
  const second = titled('second');
  await Promise.all([titled('first'), second, titled('third')].map((one) => addNotebook(storage, one)));
  const [removed] = await Promise.all([
    removeNotebook(storage, second.id),
    addNotebook(storage, titled('fourth')),
  ]);
  const titles = async () => (await listNotebooks(storage)).map(({ title }) => title).sort();
  expect(await titles()).toEqual(['first', 'fourth', 'third']);
  if (removed) await Promise.all([restoreNotebook(storage, removed), addNotebook(storage, titled('fifth'))]);
  expect(await titles()).toEqual(['fifth', 'first', 'fourth', 'second', 'third']);
});
