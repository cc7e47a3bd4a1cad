import { throttled, type Progress } from '../../base/progress.ts';
import { formatBytes } from '../../base/quantities.ts';
import { CorpusIndex } from '../../core/corpus/corpusIndex.ts';
import { IndexBuilder } from '../../core/corpus/indexBuilder.ts';
import { appendIndex, encodeIndex, indexStart } from '../../core/corpus/indexCodec.ts';
import { keptDataFolder } from '../storage/folders.ts';
import {
  estimate,
  list,
  readBytes,
  readFile,
  readText,
  removeForever,
  StorageError,
  writeFileAtomic,
} from '../storage/opfs.ts';
import type { KeptCopy } from './contract.ts';
import { copied, mergedHash, OpenCorpus, type AddedTopics, type CorpusFile } from './openCorpus.ts';

interface Manifest {
  readonly version: 1;
  readonly baseHash: string;
  readonly files: readonly Omit<CorpusFile, 'blob'>[];
  readonly elapsedMs: number;
  readonly notes: readonly string[];
  /** Missing in copies from before topics could be added. */
  readonly topics?: AddedTopics | null;
}

/**
 * Copies a corpus into the OPFS: texts, index, and last the manifest that makes it valid. Gives the corpus as read from the
 * copy. Throws `quota-exceeded` before or while copying, `aborted`; a copy that was cut off is taken away.
 */
export async function keepCorpus(
  corpus: OpenCorpus,
  onProgress: (progress: Progress) => void,
  signal: AbortSignal,
): Promise<OpenCorpus> {
  const folder = keptFolder(corpus.baseHash);
  if ((await readText(`${folder}/manifest.json`)) === null) {
    const index = encodeIndex(corpus.index.builder, indexStart, null);
    const total = corpus.files.reduce((sum, file) => sum + file.blob.size, 0);
    await makeSureOfRoom(total + index.reduce((sum, part) => sum + part.length, 0));
    const report = throttled(onProgress);
    let done = 0;
    const onChunk = (bytes: number) => report({ phase: 'keep', done: (done += bytes), total, unit: 'bytes' });
    try {
      for (const [i, file] of corpus.files.entries())
        await writeFileAtomic(`${folder}/file-${i}`, copied(file.blob, signal, onChunk));
      await writeFileAtomic(`${folder}/index`, index);
      const manifest: Manifest = {
        version: 1,
        baseHash: corpus.baseHash,
        files: corpus.files.map(withoutBlob),
        elapsedMs: corpus.elapsedMs,
        notes: corpus.notes,
        topics: corpus.topics,
      };
      await writeFileAtomic(`${folder}/manifest.json`, JSON.stringify(manifest));
    } catch (error) {
      await removeForever(folder).catch(() => undefined);
      throw error;
    }
  }
  const files: CorpusFile[] = [];
  for (const [i, file] of corpus.files.entries())
    files.push({ ...file, blob: (await readFile(`${folder}/file-${i}`)) ?? file.blob });
  return corpus.with({ files, storedInOpfs: true });
}

/** Opens the kept copy that has this data hash, merged or not; null where there is none or it is damaged. */
export async function restoreCorpus(dataHash: string): Promise<OpenCorpus | null> {
  for (const entry of await list(keptDataFolder)) {
    const merged = mergedHash(entry.name) === dataHash;
    if (entry.name !== dataHash && !merged) continue;
    const manifest = parseManifest(await readText(`${entry.path}/manifest.json`));
    const bytes = await readBytes(`${entry.path}/index`);
    const builder = new IndexBuilder();
    if (!manifest || !bytes || !appendIndex(builder, bytes)) return null;
    const files: CorpusFile[] = [];
    for (const [i, file] of manifest.files.entries()) {
      const blob = await readFile(`${entry.path}/file-${i}`);
      if (!blob || blob.size !== file.byteLength) return null;
      files.push({ ...file, blob });
    }
    const { elapsedMs, notes, topics = null } = manifest;
    const index = await CorpusIndex.build(builder);
    return new OpenCorpus(files, index, await index.view(merged), {
      elapsedMs,
      notes,
      topics,
      storedInOpfs: true,
    });
  }
  return null;
}

/** What is kept, the newest first. A folder without a readable manifest is a copy that was cut off: not listed. */
export async function listKept(isOpen: (baseHash: string) => boolean): Promise<KeptCopy[]> {
  const copies: KeptCopy[] = [];
  for (const { path, name } of await list(keptDataFolder)) {
    const entries = await list(path);
    const manifest = parseManifest(await readText(`${path}/manifest.json`));
    if (!manifest) continue;
    copies.push({
      baseHash: name,
      fileNames: manifest.files.map((file) => file.name),
      byteLength: entries.reduce((sum, { byteLength }) => sum + byteLength, 0),
      keptAt: entries.find((entry) => entry.name === 'manifest.json')?.lastModified ?? 0,
      isOpen: isOpen(name),
    });
  }
  return copies.sort((a, b) => b.keptAt - a.keptAt);
}

/** Where a copy is kept. */
export const keptFolder = (baseHash: string): string => `${keptDataFolder}/${baseHash}`;

function withoutBlob(file: CorpusFile): Omit<CorpusFile, 'blob'> {
  const { blob, ...rest } = file;
  void blob;
  return rest;
}

function parseManifest(text: string | null): Manifest | null {
  if (text === null) return null;
  try {
    const manifest = JSON.parse(text) as Manifest;
    return manifest.version === 1 ? manifest : null;
  } catch {
    return null;
  }
}

async function makeSureOfRoom(neededBytes: number): Promise<void> {
  const room = await estimate();
  if (!room || room.quotaBytes - room.usedBytes >= neededBytes) return;
  throw new StorageError(
    'quota-exceeded',
    `A copy needs ${formatBytes(neededBytes)}; the browser has ${formatBytes(room.quotaBytes - room.usedBytes)} left.`,
    'Work without a copy (the file is then asked for after a reload), or free disk space and remove old runs.',
    { neededBytes, ...room },
  );
}
