import { serialQueue } from '../base/serialQueue.ts';
import type { TuningPair } from '../core/incubator/tuningSet/types.ts';
import type { DocumentStorage } from './autosave.ts';
import { pairsKey } from './keys.ts';

type Pairs = readonly TuningPair[];

/** The first of those with one id. */
export function uniquePairs(pairs: Pairs): Pairs {
  const seen = new Set<string>();
  return pairs.filter(({ id }) => !seen.has(id) && seen.add(id));
}

/**
 * Tuning pairs from files and augmentation, as notebooks keep them in a storage that outlives the tab. Changes say what changes, not what
 * there is then, and take effect in the order they are made: none is lost to another, and each is of the notebook it names.
 */
export function createPairArchive(storage: Pick<DocumentStorage, 'get' | 'set'>) {
  const inOrder = serialQueue();
  const read = async (notebookId: string): Promise<Pairs> => {
    const stored = await storage.get(pairsKey(notebookId));
    return Array.isArray(stored) ? (stored as Pairs) : [];
  };
  const change = (notebookId: string, edit: (before: Pairs) => Pairs): Promise<Pairs> =>
    inOrder(async () => {
      const next = edit(await read(notebookId));
      await storage.set(pairsKey(notebookId), next);
      return next;
    });
  return {
    list: (notebookId: string): Promise<Pairs> => inOrder(() => read(notebookId)),

    /** Behind those that are there; what is there already is passed over. */
    add: (notebookId: string, pairs: Pairs) =>
      change(notebookId, (before) => uniquePairs([...before, ...pairs])),

    remove: (notebookId: string, pairId: string) =>
      change(notebookId, (before) => before.filter(({ id }) => id !== pairId)),

    /** Brings a removed pair back to its place; resolves with what the notebook has then. */
    putBack: (notebookId: string, pair: TuningPair, place: number) =>
      change(notebookId, (before) => {
        const others = before.filter(({ id }) => id !== pair.id);
        return [...others.slice(0, place), pair, ...others.slice(place)];
      }),
  };
}
