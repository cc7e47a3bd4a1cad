import { createStore } from 'zustand/vanilla';
import {
  dropKeptAdapter,
  keepAdapter,
  listAdapters,
  setAdapters,
  type KeptAdapter,
} from '../../../notebook/adapters.ts';
import { notebook, storage } from '../../runtime.ts';
import { toast, toastError } from '../../toasts.ts';
import { decoderService, openGenerator } from './generators.ts';
import { tuningStore } from './tuningState.ts';

// What a tuning has learned lies in the decoder's worker; kept here with the notebook it outlives the tab.

interface KeptState {
  /** Whose adapters these are; null before they were read. */
  readonly notebookId: string | null;
  /** Newest first. */
  readonly list: readonly KeptAdapter[];
  /** Put to work last, from here: names may be alike. */
  readonly atWorkId: string | null;
}

export const keptAdapters = createStore<KeptState>(() => ({
  notebookId: null,
  list: [],
  atWorkId: null,
}));

/** Reads the notebook's adapters from storage, once; another notebook has others. */
export async function loadKeptAdapters(id = notebook.store.getState().id): Promise<void> {
  if (keptAdapters.getState().notebookId === id) return;
  keptAdapters.setState({ notebookId: id, list: [] });
  const list = await listAdapters(storage, id);
  if (notebook.store.getState().id === id) keptAdapters.setState({ notebookId: id, list });
}

/** Keeps the adapter that is at work. What it learned is worth more than a word of failure: one that cannot be kept is said, not thrown. */
export async function keepAdapterAtWork(note: string): Promise<void> {
  const { id } = notebook.store.getState();
  try {
    const [info, { name, config, weights }] = [
      await decoderService().info(),
      await decoderService().exportAdapter(),
    ];
    const list = await keepAdapter(storage, id, {
      name: info?.adapter ?? name,
      baseModel: info?.name ?? name,
      createdAt: new Date().toISOString(),
      note,
      config,
      weights,
    });
    if (notebook.store.getState().id === id)
      keptAdapters.setState({ notebookId: id, list, atWorkId: list[0]?.id ?? null });
  } catch (error) {
    toastError(error);
  }
}

/** Puts a kept adapter to work in the decoder that is chosen. Throws what the decoder throws, `adapter-mismatch` for another model. */
export async function applyKeptAdapter({ id, name, config, weights }: KeptAdapter): Promise<void> {
  const parameters = notebook.store.getState().parameters.incubator;
  await openGenerator(parameters, { signal: new AbortController().signal, onProgress: () => undefined });
  // A copy: the bytes move to the worker.
  const info = await decoderService().importAdapter({ name, config, weights: new Uint8Array(weights) });
  tuningStore.setState({ info });
  keptAdapters.setState({ atWorkId: id });
}

/** Takes a kept adapter away, with a way back. */
export async function removeKeptAdapter({ id, name }: KeptAdapter): Promise<void> {
  if (!notebook.mayRun()) return;
  const notebookId = notebook.store.getState().id;
  const show = async () => {
    const list = await listAdapters(storage, notebookId);
    if (notebook.store.getState().id === notebookId) keptAdapters.setState({ notebookId, list });
  };
  const before = await dropKeptAdapter(storage, notebookId, id);
  await show();
  const back = () => setAdapters(storage, notebookId, before).then(show);
  toast(`Removed the adapter “${name}”.`, {
    action: { label: 'Undo', run: () => void back().catch(toastError) },
  });
}
