import { serialQueue } from '../../base/serialQueue.ts';
import type { Reply } from '../../core/incubator/replies.ts';
import type { DocumentStorage } from '../autosave.ts';
import type { GenerationRecord, StoredGenerations } from './types.ts';

// What was generated costs time and money: replies are written as they come, a few to a chunk, and those that are still being written with
// them. Nothing is dropped here: what a reply is worth is decided each time it is read.

/** Replies of one chunk: rewriting the last one costs little, and thousands of replies take few keys. */
const chunkReplies = 32;

const listKey = (notebookId: string) => `generated/${notebookId}`;
const chunkKey = (notebookId: string, id: string, chunk: number) => `generated/${notebookId}/${id}/${chunk}`;
const liveKey = (notebookId: string, id: string) => `generated/${notebookId}/${id}/live`;

/** The generated sets of one notebook, in a storage that outlives the tab. Calls take effect in the order they are made. */
export function createGenerationArchive(
  storage: Pick<DocumentStorage, 'get' | 'set' | 'delete'>,
  notebookId: string,
) {
  const inTurn = serialQueue();
  const records = async () =>
    ((await storage.get(listKey(notebookId))) as readonly GenerationRecord[] | undefined) ?? [];
  const change = async (edit: (list: readonly GenerationRecord[]) => readonly GenerationRecord[]) =>
    storage.set(listKey(notebookId), edit(await records()));
  const update = (id: string, patch: Partial<GenerationRecord>) =>
    change((list) => list.map((record) => (record.id === id ? { ...record, ...patch } : record)));
  const chunk = async (id: string, at: number) =>
    ((await storage.get(chunkKey(notebookId, id, at))) as readonly Reply[] | undefined) ?? [];

  async function writeFrom(id: string, before: number, replies: readonly Reply[]): Promise<void> {
    let at = Math.floor(before / chunkReplies);
    let open = (await chunk(id, at)).slice(0, before % chunkReplies);
    for (const reply of replies) {
      open.push(reply);
      if (open.length < chunkReplies) continue;
      await storage.set(chunkKey(notebookId, id, at), open);
      at++;
      open = [];
    }
    if (open.length > 0) await storage.set(chunkKey(notebookId, id, at), open);
  }

  async function readAll(record: GenerationRecord): Promise<StoredGenerations> {
    const chunks = Math.ceil(record.replyCount / chunkReplies);
    const lists = await Promise.all(Array.from({ length: chunks }, (_, at) => chunk(record.id, at)));
    const replies = lists.flat().slice(0, record.replyCount);
    return { record: { ...record, replyCount: replies.length }, replies };
  }

  async function cutOff(id: string): Promise<{ readonly isThere: boolean; readonly replies: Reply[] }> {
    const live = (await storage.get(liveKey(notebookId, id))) as readonly string[] | undefined;
    const replies = (live ?? [])
      .filter((text) => text.trim() !== '')
      .map((text): Reply => ({ text, finish: 'failed' }));
    return { isThere: live !== undefined, replies };
  }

  return {
    /** Every set with its replies. What was being written when the tab died has become a reply that was cut off. */
    load: () =>
      inTurn(async () => {
        const all: StoredGenerations[] = [];
        for (const record of await records()) {
          const stored = await readAll(record);
          const { isThere, replies: cut } = await cutOff(record.id);
          const replies = [...stored.replies, ...cut];
          if (isThere) {
            await writeFrom(record.id, stored.replies.length, cut);
            await update(record.id, { replyCount: replies.length });
            await storage.delete(liveKey(notebookId, record.id));
          }
          all.push({ record: { ...stored.record, replyCount: replies.length }, replies });
        }
        return all;
      }),

    /** Every set as it stands, with what is being written as replies that were cut off; nothing is changed. */
    peek: () =>
      inTurn(async () => {
        const all: StoredGenerations[] = [];
        for (const record of await records()) {
          const stored = await readAll(record);
          const replies = [...stored.replies, ...(await cutOff(record.id)).replies];
          all.push({ record: { ...stored.record, replyCount: replies.length }, replies });
        }
        return all;
      }),

    /** A new set, its replies with it: behind the others, or at its old place among them. */
    add: ({ record, replies }: StoredGenerations, place?: number) =>
      inTurn(async () => {
        await writeFrom(record.id, 0, replies);
        await change((list) => {
          const others = list.filter(({ id }) => id !== record.id);
          others.splice(place ?? others.length, 0, { ...record, replyCount: replies.length });
          return others;
        });
      }),

    /** Replies behind those that are there, and what they have cost. */
    append: (record: GenerationRecord, before: number, replies: readonly Reply[]) =>
      inTurn(async () => {
        await writeFrom(record.id, before, replies);
        await update(record.id, { usage: record.usage, replyCount: before + replies.length });
      }),

    /** Replies as far as they are written; an empty list when none is under way. */
    saveLive: (id: string, texts: readonly string[]) =>
      inTurn(() =>
        texts.length === 0
          ? storage.delete(liveKey(notebookId, id))
          : storage.set(liveKey(notebookId, id), texts),
      ),

    /** Every key under which something of this notebook's sets lies. */
    keys: () =>
      inTurn(async () => {
        const keys = [listKey(notebookId)];
        for (const { id, replyCount } of await records()) {
          for (let at = 0; at * chunkReplies < replyCount; at++) keys.push(chunkKey(notebookId, id, at));
          keys.push(liveKey(notebookId, id));
        }
        return keys;
      }),

    update: (id: string, patch: Partial<Pick<GenerationRecord, 'instruction' | 'labels'>>) =>
      inTurn(() => update(id, patch)),

    /** Takes a set out and returns it, so that the caller can offer a way back (`add`). */
    remove: (id: string) =>
      inTurn(async () => {
        const record = (await records()).find((one) => one.id === id);
        if (!record) return null;
        const stored = await readAll(record);
        await change((list) => list.filter((one) => one.id !== id));
        for (let at = 0; at * chunkReplies < record.replyCount; at++)
          await storage.delete(chunkKey(notebookId, id, at));
        await storage.delete(liveKey(notebookId, id));
        return stored;
      }),
  };
}

export type GenerationArchive = ReturnType<typeof createGenerationArchive>;
