import { breathing } from '../../base/breath.ts';
import { isAbort } from '../../base/errors.ts';
import { throttled, throwIfAborted, type Progress } from '../../base/progress.ts';
import { CorpusIndex } from '../../core/corpus/corpusIndex.ts';
import { checkText } from '../../core/corpus/encoding.ts';
import { CorpusError } from '../../core/corpus/errors.ts';
import { IndexBuilder } from '../../core/corpus/indexBuilder.ts';
import { indexFile, type FilePosition } from '../../core/corpus/indexFile.ts';
import { fileChunks, fileHead, sourceFacts, textChunks } from './byteSource.ts';
import type { Mapping } from './contract.ts';
import { Journal } from './journal.ts';
import { OpenCorpus, type CorpusFile } from './openCorpus.ts';
import { Scratch } from './scratch.ts';

/** Bytes between two saved positions: about half a second of work. */
const savePointBytes = 64 << 20;

export interface IndexPassOptions {
  readonly files: readonly File[];
  readonly mappings: readonly Mapping[];
  /** Folder for the text of compressed files. */
  readonly scratchFolder: string;
  readonly onProgress: (progress: Progress) => void;
  readonly signal: AbortSignal;
}

/**
 * The index pass over all files. A pass over plain UTF-8 files saves its position every 64 MB and goes on from there when
 * the same files are opened again; compressed or UTF-16 files are read from their begin. Throws the file-level errors of
 * `indexFile` and `checkText`, `no-rows`, `aborted`.
 */
export async function indexPass(options: IndexPassOptions): Promise<OpenCorpus> {
  const { files, mappings, signal } = options;
  if (files.length === 0 || files.length !== mappings.length)
    throw new CorpusError('mapping-invalid', 'Each file needs one mapping.', 'Choose the files again.');
  const begun = performance.now();
  const facts = [];
  for (const file of files) {
    throwIfAborted(signal);
    checkText(file.name, (await fileHead(file)).bytes);
    facts.push(await sourceFacts(file));
  }
  const journal = facts.every(({ isSeekable }) => isSeekable) ? await Journal.open(files, mappings) : null;
  const scratches: Scratch[] = [];
  try {
    const restored = await journal?.restore();
    if (journal && !restored) await journal.clear();
    const builder = restored?.builder ?? new IndexBuilder();
    const finished = [...(restored?.at.finished ?? [])];
    const done: CorpusFile[] = [];
    const total = files.reduce((sum, file) => sum + file.size, 0);
    const report = throttled(options.onProgress);
    let before = 0;
    for (const [fileId, file] of files.entries()) {
      const mapping = mappings[fileId] as Mapping;
      const fact = facts[fileId] as (typeof facts)[number];
      const isResumed = fileId === finished.length;
      const resume: FilePosition | null = isResumed ? (restored?.at.position ?? null) : null;
      const onRead = (bytes: number) =>
        report({ phase: 'index', done: before + bytes, total, unit: 'bytes' });
      let blob: Blob = file;
      if (fileId >= finished.length) {
        const scratch = fact.isSeekable ? null : new Scratch(`${options.scratchFolder}/${fileId}`);
        if (scratch) scratches.push(scratch);
        const source = fact.isSeekable
          ? fileChunks(file, resume?.byteOffset ?? 0, signal, onRead)
          : textChunks(file, fact, signal, onRead);
        // Decompressed chunks come in bursts that no message interrupts: breathe after the decompressor, not before it.
        const chunks = breathing(scratch ? scratch.through(source) : source);
        const indexed = await indexFile(chunks, {
          name: file.name,
          fileId,
          mapping,
          builder,
          signal,
          savePointBytes,
          ...(resume ? { resume } : {}),
          ...(journal
            ? { onSavePoint: (position) => journal.save(builder, { finished: [...finished], position }) }
            : {}),
        });
        finished.push(indexed);
        if (scratch) blob = await scratch.finish();
      }
      const indexed = finished[fileId];
      if (!indexed) continue;
      done.push({ ...indexed, name: file.name, fileBytes: file.size, mapping, rows: 0, blob });
      before += file.size;
      onRead(0);
    }
    if (builder.rowCount === 0) throw noRows(builder);
    await journal?.clear();
    const rowsOfFile = new Uint32Array(done.length);
    for (const fileId of builder.fileIds.view) rowsOfFile[fileId] = (rowsOfFile[fileId] as number) + 1;
    const counted = done.map((file, fileId) => Object.assign(file, { rows: rowsOfFile[fileId] }));
    return new OpenCorpus(counted, await CorpusIndex.build(builder, signal), {
      elapsedMs: performance.now() - begun,
      notes: notesOn(counted, builder),
      storedInOpfs: false,
      merged: false,
    });
  } catch (error) {
    // A pass that was stopped can go on later; one that failed would only fail again.
    if (!isAbort(error)) await journal?.clear();
    for (const scratch of scratches) await scratch.discard();
    throw error;
  } finally {
    journal?.close();
  }
}

function noRows(builder: IndexBuilder): CorpusError {
  const { bad } = builder;
  const first = Array.from({ length: Math.min(20, bad.length) }, (_, i) => bad.at(i));
  return new CorpusError(
    'no-rows',
    `None of ${bad.length} rows could be read${first[0] ? `: ${first[0].reason}` : '.'}`,
    'Check in the mapping panel which columns hold the text and the labels.',
    { badRowsByCode: bad.countByCode(), first },
  );
}

function notesOn(files: readonly CorpusFile[], builder: IndexBuilder): string[] {
  const notes: string[] = [];
  const unlabelled = files.filter((file) => file.mapping.labelColumns.length === 0);
  if (unlabelled.length > 0)
    notes.push(
      `${unlabelled.map((file) => file.name).join(', ')}: no label column, so these rows carry no labels.`,
    );
  else if (builder.labels.length === 0) notes.push('No row carries a label.');
  if (builder.droppedLabelEntries > 0)
    notes.push(`${builder.droppedLabelEntries} blank or missing entries of label lists were left out.`);
  return notes;
}
