import { throttled, throwIfAborted, type TaskOptions } from '../../base/progress.ts';
import { nextTask } from '../../base/breath.ts';
import { scoresBytes, scoresIndexKey, type ScoresIndex } from '../../services/miner/storage.ts';
import { adaptersKey } from '../adapters.ts';
import { listNotebooks } from '../autosave.ts';
import type { NotebookDocument } from '../document.ts';
import { formatBytes } from '../format.ts';
import { pairsKey } from '../keys.ts';
import { addNotebook, freeTitle, removeNotebook } from '../library.ts';
import { createGenerationArchive } from '../generations/archive.ts';
import { BundleError } from './errors.ts';
import { chunksOf, type PartKind } from './member.ts';
import { planRestore, type RestorePlan } from './plan.ts';
import type { SkippedPart } from './planFolder.ts';
import { verifyBundle, type OpenBundle } from './read.ts';
import type { BundleStores } from './stores.ts';

/** What opening a file has brought into this browser. */
export interface Restored {
  /** Under an id of its own: no other notebook is touched. */
  readonly document: NotebookDocument;
  /** Parts that were added, by kind. */
  readonly added: Readonly<Partial<Record<PartKind, number>>>;
  /** Parts that are here already, or cannot be kept here. */
  readonly skipped: readonly SkippedPart[];
  /** Takes all of it away again. */
  undo(): Promise<void>;
}

type Undo = () => Promise<void>;

/**
 * Brings a notebook with everything into this browser: first every member is held against its hash and every part is read, then all is
 * written. Nothing stays where it fails or is stopped. Throws `bundle-damaged`, `bundle-invalid`, `bundle-no-room`, `bundle-too-large`, what
 * reading a notebook throws, `quota-exceeded`, `aborted`.
 */
export async function restoreBundle(
  bundle: OpenBundle,
  stores: BundleStores,
  options: TaskOptions = {},
): Promise<Restored> {
  const { signal } = options;
  const damaged = await verifyBundle(bundle, options);
  const plan = await planRestore(bundle, stores, damaged);
  throwIfAborted(signal);
  await makeSureOfRoom(plan, stores);
  const undos: Undo[] = [];
  const undoAll = async () => {
    for (const undo of undos.splice(0).reverse()) await undo();
  };
  try {
    await writeFiles(plan, stores, undos, bundle, options);
    await writeValues(plan, stores, undos);
    throwIfAborted(signal);
    const document = await writeNotebook(plan, stores, undos);
    return { document, added: plan.added, skipped: plan.skipped, undo: undoAll };
  } catch (error) {
    await undoAll().catch(() => undefined);
    throw error;
  }
}

async function makeSureOfRoom({ files }: RestorePlan, stores: BundleStores): Promise<void> {
  const needed = files.reduce((sum, { bytes }) => sum + bytes, 0);
  const free = (await stores.files?.freeBytes()) ?? null;
  if (free === null || needed <= free) return;
  throw new BundleError(
    'bundle-no-room',
    `What is in this file needs ${formatBytes(needed)}; the browser has ${formatBytes(free)} left.`,
    'Remove old runs and copies of data (Storage in this browser), or free disk space. Nothing was opened.',
    { needed, free },
  );
}

async function writeFiles(
  { files }: RestorePlan,
  stores: BundleStores,
  undos: Undo[],
  bundle: OpenBundle,
  { signal, onProgress }: TaskOptions,
): Promise<void> {
  const store = stores.files;
  if (!store) return;
  const report = throttled(onProgress);
  const total = files.reduce((sum, { bytes }) => sum + bytes, 0);
  let done = 0;
  for (const { member, target, folder, replaces } of files) {
    // Before it is written: a write that is cut off half way is taken away as well.
    undos.push(async () => {
      if (replaces) await store.write(target, chunksOf(replaces));
      else await store.remove(folder ?? target);
    });
    async function* told(): AsyncGenerator<Uint8Array> {
      for await (const chunk of bundle.chunks(member, signal)) {
        yield chunk;
        done += chunk.byteLength;
        report({ phase: 'Restoring', done, total, unit: 'bytes' });
        await nextTask();
        throwIfAborted(signal);
      }
    }
    await store.write(target, told());
  }
}

async function writeValues(
  { values, classifiers, scores }: RestorePlan,
  stores: BundleStores,
  undos: Undo[],
): Promise<void> {
  for (const [key, value] of values) {
    undos.push(() => stores.values.delete(key));
    await stores.values.set(key, value);
  }
  for (const [key, value] of classifiers) {
    undos.push(() => stores.classifiers.delete(key));
    await stores.classifiers.set(key, value);
  }
  for (const [key, value] of scores) {
    undos.push(() => stores.classifiers.delete(key));
    await stores.classifiers.set(key, value);
  }
  if (scores.size > 0) await indexScores(stores, scores, undos);
}

/** Scores are given up by age where all take too much: those of a file are the newest. */
async function indexScores(
  { classifiers: store }: BundleStores,
  scores: RestorePlan['scores'],
  undos: Undo[],
): Promise<void> {
  const others = async () =>
    (((await store.get(scoresIndexKey)) as ScoresIndex | undefined) ?? []).filter(
      ({ key }) => !scores.has(key),
    );
  undos.push(async () => {
    const rest = await others();
    await (rest.length > 0 ? store.set(scoresIndexKey, rest) : store.delete(scoresIndexKey));
  });
  const added = [...scores].map(([key, each]) => ({ key, bytes: scoresBytes(each) }));
  await store.set(scoresIndexKey, [...(await others()), ...added]);
}

async function writeNotebook(
  { document, sets, pairs, adapters }: RestorePlan,
  stores: BundleStores,
  undos: Undo[],
): Promise<NotebookDocument> {
  const titles = (await listNotebooks(stores.values)).map(({ title }) => title);
  const own: NotebookDocument = {
    ...document,
    id: crypto.randomUUID(),
    title: freeTitle(document.title, titles),
  };
  // All that lies under its id goes with it.
  undos.push(async () => void (await removeNotebook(stores.values, own.id)));
  await addNotebook(stores.values, own);
  const archive = createGenerationArchive(stores.values, own.id);
  for (const set of sets) await archive.add(set);
  if (pairs.length > 0) await stores.values.set(pairsKey(own.id), pairs);
  if (adapters.length > 0) await stores.values.set(adaptersKey(own.id), adapters);
  return own;
}
