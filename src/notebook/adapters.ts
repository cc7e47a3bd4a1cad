import type { DocumentStorage } from './autosave.ts';

// Adapters of a tuned generator live in the decoder that is open: kept here they outlive the tab.

/** A LoRA adapter as it is kept: PEFT's two files, and what it belongs to. */
export interface KeptAdapter {
  /** Of its content: the same adapter is kept once. */
  readonly id: string;
  readonly name: string;
  /** The model that it was tuned on, as the decoder calls it. */
  readonly baseModel: string;
  /** ISO 8601 */
  readonly createdAt: string;
  /** What it learnt from, in a few words. */
  readonly note: string;
  /** `adapter_config.json` */
  readonly config: string;
  /** `adapter_model.safetensors` */
  readonly weights: Uint8Array<ArrayBuffer>;
}

export const adaptersKey = (notebookId: string) => `generator-adapters/${notebookId}`;

/** The adapters of a notebook, the newest first. */
export async function listAdapters(
  storage: Pick<DocumentStorage, 'get'>,
  notebookId: string,
): Promise<readonly KeptAdapter[]> {
  const stored = await storage.get(adaptersKey(notebookId));
  return Array.isArray(stored) ? (stored as readonly KeptAdapter[]) : [];
}

/** Keeps an adapter; the same content again is moved to the front. Returns the list. */
export async function keepAdapter(
  storage: Pick<DocumentStorage, 'get' | 'set'>,
  notebookId: string,
  adapter: Omit<KeptAdapter, 'id'>,
): Promise<readonly KeptAdapter[]> {
  const id = await contentIdOf(adapter);
  const others = (await listAdapters(storage, notebookId)).filter((one) => one.id !== id);
  const list = [{ ...adapter, id }, ...others];
  await storage.set(adaptersKey(notebookId), list);
  return list;
}

/** Takes one off the list; returns the list as it was, to be set again by `setAdapters`. */
export async function dropKeptAdapter(
  storage: Pick<DocumentStorage, 'get' | 'set'>,
  notebookId: string,
  id: string,
): Promise<readonly KeptAdapter[]> {
  const before = await listAdapters(storage, notebookId);
  await setAdapters(
    storage,
    notebookId,
    before.filter((one) => one.id !== id),
  );
  return before;
}

export const setAdapters = (
  storage: Pick<DocumentStorage, 'set'>,
  notebookId: string,
  list: readonly KeptAdapter[],
): Promise<void> => storage.set(adaptersKey(notebookId), list);

/** Hash of an adapter's two files. */
export async function contentIdOf({
  config,
  weights,
}: Pick<KeptAdapter, 'config' | 'weights'>): Promise<string> {
  const head = new TextEncoder().encode(`${config}\n`);
  const all = new Uint8Array(head.length + weights.length);
  all.set(head);
  all.set(weights, head.length);
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', all));
  return Array.from(digest.subarray(0, 12), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
