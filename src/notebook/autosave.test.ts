import { describe, expect, it } from 'vitest';
import { createAutosave, listNotebooks, loadLast, loadNotebook, type DocumentStorage } from './autosave.ts';
import { newDocument } from './document.ts';
import { createNotebook } from './store.ts';

function memory() {
  const kept = new Map<string, unknown>();
  let refuses = false;
  const storage: DocumentStorage = {
    get: (key) => Promise.resolve(structuredClone(kept.get(key))),
    set: (key, value) => {
      if (refuses) return Promise.reject(new DOMException('full', 'QuotaExceededError'));
      kept.set(key, structuredClone(value));
      return Promise.resolve();
    },
    delete: (key) => Promise.resolve(void kept.delete(key)),
    update: async (key, change) => storage.set(key, change(kept.get(key))),
  };
  return { storage, kept, refuse: (value: boolean) => (refuses = value) };
}

/** Storage whose promises never come true once the page has ended; `lastWords` outlive it. */
function ending() {
  const { storage, kept } = memory();
  const words = new Map<string, string>();
  let hasEnded = false;
  const dying: DocumentStorage = {
    ...storage,
    set: (key, value) => (hasEnded ? new Promise(() => undefined) : storage.set(key, value)),
    lastWords: {
      getItem: (key) => words.get(key) ?? null,
      setItem: (key, value) => void words.set(key, value),
      removeItem: (key) => void words.delete(key),
    },
  };
  return { storage: dying, kept, words, end: () => (hasEnded = true) };
}

describe('a tab that is closed right after a change', () => {
  it('loses nothing, though its last write never ended', async () => {
    const { storage, words, end } = ending();
    const notebook = createNotebook();
    const autosave = createAutosave(notebook, storage);
    notebook.setParameters('labels', { threshold: 20 });
    await autosave.flush();
    notebook.setParameters('labels', { threshold: 11 });
    end();
    autosave.leave();
    expect(words.size).toBe(1);
    expect((await loadLast(storage))?.parameters.labels.threshold).toBe(11);
    autosave.stop();
  });

  it('keeps no words that were saved, and none that are older or damaged', async () => {
    const { storage, words } = ending();
    const notebook = createNotebook();
    const autosave = createAutosave(notebook, storage);
    notebook.setParameters('labels', { threshold: 20 });
    autosave.leave();
    const [[key, text] = ['', '']] = [...words];
    await autosave.flush();
    expect(words.size).toBe(0);
    autosave.leave();
    expect(words.size).toBe(0);
    notebook.setParameters('labels', { threshold: 30 });
    await autosave.flush();
    for (const stale of [text, '{"half":']) {
      words.set(key, stale);
      expect((await loadLast(storage))?.parameters.labels.threshold).toBe(30);
    }
    autosave.stop();
  });
});

describe('autosave', () => {
  it('writes after a change, and a reload finds title, parameters and results', async () => {
    const { storage } = memory();
    const notebook = createNotebook();
    const autosave = createAutosave(notebook, storage);
    notebook.setTitle('Mine');
    notebook.setParameters('labels', { threshold: 123 });
    expect(autosave.state.getState().kind).toBe('pending');
    await autosave.flush();
    expect(autosave.state.getState().kind).toBe('saved');
    expect(await loadLast(storage)).toEqual(notebook.document());
    autosave.stop();
  });

  it('does not write for progress, which is not part of the document', async () => {
    const { storage, kept } = memory();
    const notebook = createNotebook();
    const autosave = createAutosave(notebook, storage);
    notebook.dispatch('text', { kind: 'start', nowMs: 0 });
    expect(autosave.state.getState().kind).toBe('saved');
    expect(kept.size).toBe(0);
    autosave.stop();
  });

  it('writes by itself after a moment of quiet', async () => {
    const { storage } = memory();
    const notebook = createNotebook();
    const autosave = createAutosave(notebook, storage);
    notebook.setTitle('Quiet');
    await expect.poll(() => autosave.state.getState().kind, { timeout: 3000 }).toBe('saved');
    expect((await loadLast(storage))?.title).toBe('Quiet');
    autosave.stop();
  });

  it('writes nothing while paused, and what changed meanwhile once resumed', async () => {
    const { storage, kept } = memory();
    const notebook = createNotebook();
    const autosave = createAutosave(notebook, storage);
    notebook.setTitle('Before');
    autosave.pause();
    notebook.setTitle('While paused');
    await autosave.flush();
    expect([kept.size, autosave.state.getState().kind]).toEqual([0, 'paused']);
    autosave.resume();
    expect(autosave.state.getState().kind).toBe('pending');
    await autosave.flush();
    expect((await loadLast(storage))?.title).toBe('While paused');
    autosave.stop();
  });

  it('says when the browser refuses, and recovers', async () => {
    const { storage, refuse } = memory();
    const notebook = createNotebook();
    const autosave = createAutosave(notebook, storage);
    refuse(true);
    notebook.setTitle('One');
    await autosave.flush();
    expect(autosave.state.getState()).toMatchObject({ kind: 'failed', error: { code: 'save-failed' } });
    refuse(false);
    notebook.setTitle('Two');
    await autosave.flush();
    expect(autosave.state.getState().kind).toBe('saved');
    autosave.stop();
  });

  it('keeps other notebooks and lists the latest first', async () => {
    const { storage } = memory();
    const notebook = createNotebook();
    const autosave = createAutosave(notebook, storage);
    notebook.setTitle('First');
    await autosave.flush();
    const first = notebook.replace({ ...newDocument(), title: 'Second' });
    await autosave.flush();
    expect((await listNotebooks(storage)).map(({ title }) => title)).toEqual(['Second', 'First']);
    expect((await loadNotebook(storage, first.id))?.title).toBe('First');
    autosave.stop();
  });

  it('names a damaged notebook and leaves it where it is', async () => {
    const { storage, kept } = memory();
    kept.set('notebook/x', {
      format: 'verbena-notebook',
      version: 1,
      parameters: { labels: { threshold: -1 } },
    });
    await expect(loadNotebook(storage, 'x')).rejects.toMatchObject({ code: 'notebook-damaged' });
    expect(kept.has('notebook/x')).toBe(true);
  });
});
