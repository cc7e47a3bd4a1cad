import { breathing } from '../../base/breath.ts';
import { isAbort } from '../../base/errors.ts';
import { throttled, throwIfAborted, type Progress } from '../../base/progress.ts';
import { CorpusIndex } from '../../core/corpus/corpusIndex.ts';
import { checkText } from '../../core/corpus/encoding.ts';
import { CorpusError } from '../../core/corpus/errors.ts';
import { IndexBuilder } from '../../core/corpus/indexBuilder.ts';
import { indexFile } from '../../core/corpus/indexFile.ts';
import { fileChunks, fileHead, sourceFacts, textChunks, type SourceFacts } from './byteSource.ts';
import type { Mapping } from './contract.ts';
import { Journal, type SavedPass } from './journal.ts';
import { OpenCorpus, type CorpusFile } from './openCorpus.ts';
import { PositionLost, readWholeAgain, textAfter } from './reread.ts';
import { Scratch } from './scratch.ts';

/** Bytes between two saved positions: about half a second of work. */
const savePointBytes = 64 << 20;

/** What is shown while text is decoded again that was indexed before. */
const rereadPhase = 'Back to where it stopped';

export interface IndexPassOptions {
  readonly files: readonly File[];
  readonly mappings: readonly Mapping[];
  /** Folder for the text of compressed files. */
  readonly scratchFolder: string;
  readonly onProgress: (progress: Progress) => void;
  readonly signal: AbortSignal;
}

/**
 * The index pass over all files. It saves its position every 64 MB of text and goes on from there when the same files are
 * opened again: plain UTF-8 files are sought in, compressed and UTF-16 ones decoded again up to there without being parsed.
 * Throws the file-level errors of `indexFile` and `checkText`, `no-rows`, `aborted`.
 */
export async function indexPass(options: IndexPassOptions): Promise<OpenCorpus> {
  const { files, mappings, signal } = options;
  if (files.length === 0 || files.length !== mappings.length)
    throw new CorpusError('mapping-invalid', 'Each file needs one mapping.', 'Choose the files again.');
  const begun = performance.now();
  const facts: SourceFacts[] = [];
  for (const file of files) {
    throwIfAborted(signal);
    checkText(file.name, (await fileHead(file)).bytes);
    facts.push(await sourceFacts(file));
  }
  const journal = await Journal.open(files, mappings);
  try {
    const saved = (await journal?.restore()) ?? null;
    if (journal && !saved) await journal.clear();
    const { read, builder } = await readFiles(options, facts, journal, saved).catch(
      async (error: unknown) => {
        if (!(error instanceof PositionLost)) throw error;
        await journal?.clear();
        return readFiles(options, facts, journal, null);
      },
    );
    if (builder.rowCount === 0) throw noRows(builder);
    await journal?.clear();
    const index = await CorpusIndex.build(builder, { signal });
    return new OpenCorpus(read, index, await index.view(false, { signal }), {
      elapsedMs: performance.now() - begun,
      notes: notesOn(read, builder),
      storedInOpfs: false,
    });
  } catch (error) {
    // A pass that was stopped can go on later; one that failed would only fail again.
    if (!isAbort(error)) await journal?.clear();
    throw error;
  } finally {
    journal?.close();
  }
}

/** Reads every file, from where `saved` stands. Throws `PositionLost` where a file is no longer what was saved of it. */
async function readFiles(
  options: IndexPassOptions,
  facts: readonly SourceFacts[],
  journal: Journal | null,
  saved: SavedPass | null,
): Promise<{ read: CorpusFile[]; builder: IndexBuilder }> {
  const { files, mappings, signal } = options;
  const builder = saved?.builder ?? new IndexBuilder();
  const finished = [...(saved?.at.finished ?? [])];
  const resumedFile = saved?.at.position ? finished.length : -1;
  const total = files.reduce((sum, file) => sum + file.size, 0);
  const report = throttled(options.onProgress);
  const scratches: Scratch[] = [];
  const read: CorpusFile[] = [];
  let before = 0;
  try {
    for (const [fileId, file] of files.entries()) {
      const mapping = mappings[fileId] as Mapping;
      const { isSeekable } = facts[fileId] as SourceFacts;
      const position = fileId === resumedFile ? (saved?.at.position ?? null) : null;
      const known = finished[fileId] ?? null;
      let phase = !isSeekable && (known || position) ? rereadPhase : 'index';
      const onRead = (bytes: number) => report({ phase, done: before + bytes, total, unit: 'bytes' });

      const scratch = isSeekable ? null : new Scratch(`${options.scratchFolder}/${fileId}`);
      if (scratch) scratches.push(scratch);
      const text = () =>
        // Decompressed chunks come in bursts that no message interrupts: breathe after the decompressor, not before it.
        breathing(
          scratch
            ? scratch.through(textChunks(file, facts[fileId] as SourceFacts, signal, onRead))
            : fileChunks(file, position?.byteOffset ?? 0, signal, onRead),
        );
      if (known && !isSeekable) await readWholeAgain(text(), known);
      if (!known) {
        const chunks =
          position && !isSeekable ? textAfter(text(), position, () => void (phase = 'index')) : text();
        const indexed = await indexFile(chunks, {
          name: file.name,
          fileId,
          mapping,
          builder,
          signal,
          savePointBytes,
          ...(position ? { resume: position } : {}),
          ...(journal
            ? { onSavePoint: (at) => journal.save(builder, { finished: [...finished], position: at }) }
            : {}),
        });
        finished.push(indexed);
      }
      const indexed = finished[fileId];
      if (!indexed) continue;
      const blob = scratch ? await scratch.finish() : file;
      read.push({ ...indexed, name: file.name, fileBytes: file.size, mapping, rows: 0, blob });
      before += file.size;
      onRead(0);
    }
  } catch (error) {
    for (const scratch of scratches) await scratch.discard();
    throw error;
  }
  const rowsOfFile = new Uint32Array(read.length);
  for (const fileId of builder.fileIds.view) rowsOfFile[fileId] = (rowsOfFile[fileId] as number) + 1;
  const counted = read.map((file, fileId) => Object.assign(file, { rows: rowsOfFile[fileId] }));
  return { read: counted, builder };
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
