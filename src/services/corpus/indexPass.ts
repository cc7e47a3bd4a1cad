import { plural } from '../../base/counts.ts';
import { breathing } from '../../base/breath.ts';
import { isAbort } from '../../base/errors.ts';
import { mapAtOnce } from '../../base/pool.ts';
import { throttled, throwIfAborted, type Progress } from '../../base/progress.ts';
import { inSteps } from '../../base/steps.ts';
import { ContentHash } from '../../core/corpus/contentHash.ts';
import { CorpusIndex } from '../../core/corpus/corpusIndex.ts';
import { checkText } from '../../core/corpus/encoding.ts';
import { CorpusError } from '../../core/corpus/errors.ts';
import { IndexBuilder } from '../../core/corpus/indexBuilder.ts';
import { indexFile } from '../../core/corpus/indexFile.ts';
import {
  addTopics,
  readTopicTable,
  topicNotes,
  TopicTree,
  type TopicEdge,
} from '../../core/corpus/topicTree.ts';
import { lookInto, openSource, textChunks, type SourceFacts } from './byteSource.ts';
import type { Mapping } from './contract.ts';
import { fileChunks, ReadAhead, type ByteSource } from './fileChunks.ts';
import { Journal, type SavedPass } from './journal.ts';
import { OpenCorpus, type AddedTopics, type CorpusFile } from './openCorpus.ts';
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
  /** Levels of topics above a label that become labels; 0 for none. */
  readonly topicDepth: number;
}

/** A file or zip member, opened, and how it is read. */
interface Input {
  readonly source: ByteSource;
  readonly facts: SourceFacts;
  readonly mapping: Mapping;
}

/** A sample that tells text from anything else. */
const checkedBytes = 16 << 10;
const opensAtOnce = 8;

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
  const opened = await mapAtOnce(files, opensAtOnce, async (file, i): Promise<Input> => {
    throwIfAborted(signal);
    const mapping = mappings[i] as Mapping;
    const source = await openSource(file, mapping.member);
    const { facts, head } = await lookInto(source, checkedBytes);
    if (head) checkText(source.name, head.bytes);
    return { source, facts, mapping };
  });
  const isTree = ({ mapping }: Input) => mapping.schema === 'topic-tree';
  const trees = opened.filter(isTree);
  const inputs = opened.filter((input) => !isTree(input));
  if (inputs.length === 0)
    throw new CorpusError(
      'no-rows',
      'There is only a topic tree, and no file with rows.',
      'Open it together with the data.',
    );
  const journal = await Journal.open(files, mappings);
  try {
    const saved = (await journal?.restore()) ?? null;
    if (journal && !saved) await journal.clear();
    const { read, builder } = await readFiles(options, inputs, journal, saved).catch(
      async (error: unknown) => {
        if (!(error instanceof PositionLost)) throw error;
        await journal?.clear();
        return readFiles(options, inputs, journal, null);
      },
    );
    if (builder.rowCount === 0) throw noRows(builder);
    await journal?.clear();
    const notes = notesOn(read, builder);
    const topics = await withTopics(options, trees, builder, notes);
    const index = await CorpusIndex.build(builder, { signal });
    return new OpenCorpus(read, index, await index.view(false, { signal }), {
      elapsedMs: performance.now() - begun,
      notes,
      topics,
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

/** Adds the topics above the labels, from topic tables and category pages. Null where none are asked for. */
async function withTopics(
  { topicDepth, signal, onProgress }: IndexPassOptions,
  trees: readonly Input[],
  builder: IndexBuilder,
  notes: string[],
): Promise<AddedTopics | null> {
  if (topicDepth <= 0) return null;
  const edges: TopicEdge[] = [...builder.topicEdges];
  for (const { source, facts, mapping } of trees)
    edges.push(...(await readTopicTable(source.name, textChunks(source, facts, mapping, signal), mapping)));
  if (edges.length === 0) {
    notes.push('No topics above the labels were found: there is no topic tree and no category page.');
    return null;
  }
  const hash = new ContentHash().updateText(`topics ${topicDepth}`);
  for (const [child, parent] of edges) hash.updateText(child).updateText(parent);
  const rows = { labels: builder.labels, labelEnds: builder.labelEnds.view, labelIds: builder.labelIds.view };
  const added = addTopics(rows, new TopicTree(edges), topicDepth);
  const { rows: grown, report } = await inSteps('Adding topics', builder.rowCount, added, {
    signal,
    onProgress,
  });
  builder.relabel(grown.labels, grown.labelEnds, grown.labelIds);
  notes.push(...topicNotes(report));
  return { report, hash: hash.digest() };
}

/** Reads every file, from where `saved` stands. Throws `PositionLost` where a file is no longer what was saved of it. */
async function readFiles(
  options: IndexPassOptions,
  inputs: readonly Input[],
  journal: Journal | null,
  saved: SavedPass | null,
): Promise<{ read: CorpusFile[]; builder: IndexBuilder }> {
  const { signal } = options;
  const builder = saved?.builder ?? new IndexBuilder();
  const finished = [...(saved?.at.finished ?? [])];
  const resumedFile = saved?.at.position ? finished.length : -1;
  const total = inputs.reduce((sum, { source }) => sum + source.byteLength, 0);
  const report = throttled(options.onProgress);
  const scratches: Scratch[] = [];
  const read: CorpusFile[] = [];
  // Files known from the saved pass are not read again.
  const ahead = new ReadAhead(
    inputs.map(({ source, facts }, i) => (facts.isSeekable && i >= finished.length ? source.blob : null)),
  );
  let before = 0;
  try {
    for (const [fileId, { source, facts, mapping }] of inputs.entries()) {
      const { isSeekable } = facts;
      /** Where its own bytes are the text. */
      const direct = isSeekable ? source.blob : null;
      const position = fileId === resumedFile ? (saved?.at.position ?? null) : null;
      const known = finished[fileId] ?? null;
      let phase = !isSeekable && (known || position) ? rereadPhase : 'index';
      const onRead = (bytes: number) => report({ phase, done: before + bytes, total, unit: 'bytes' });

      const scratch = new Scratch(`${options.scratchFolder}/${fileId}`);
      if (!direct) scratches.push(scratch);
      const text = () =>
        // Decompressed chunks come in bursts that no message interrupts: breathe after the decompressor, not before it.
        breathing(
          direct
            ? (ahead.take(fileId, position?.byteOffset ?? 0, onRead) ??
                fileChunks(direct, position?.byteOffset ?? 0, signal, onRead))
            : scratch.through(textChunks(source, facts, mapping, signal, onRead)),
        );
      if (known && !isSeekable) await readWholeAgain(text(), known);
      if (!known) {
        const chunks =
          position && !isSeekable ? textAfter(text(), position, () => void (phase = 'index')) : text();
        const indexed = await indexFile(chunks, {
          name: source.name,
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
      const blob = direct ?? (await scratch.finish());
      read.push({
        ...indexed,
        name: source.name,
        fileBytes: source.byteLength,
        mapping,
        rows: 0,
        blob,
      });
      before += source.byteLength;
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
    `None of ${plural(bad.length, 'row')} could be read${first[0] ? `: ${first[0].reason}` : '.'}`,
    'Check in the mapping panel which columns hold the text and the labels.',
    { badRowsByCode: bad.countByCode(), first },
  );
}

function namesOf(files: readonly CorpusFile[]): string {
  const names = files
    .slice(0, 5)
    .map((file) => file.name)
    .join(', ');
  return files.length > 5 ? `${names} and ${files.length - 5} more` : names;
}

function notesOn(files: readonly CorpusFile[], builder: IndexBuilder): string[] {
  const notes: string[] = [];
  const unlabelled = files.filter((file) => file.mapping.labelColumns.length === 0);
  if (unlabelled.length > 0)
    notes.push(`${namesOf(unlabelled)}: no label column, so these rows carry no labels.`);
  else if (builder.labels.length === 0) notes.push('No row carries a label.');
  const skipped = Object.entries(builder.skipped).map(([reason, count]) => `${count} ${reason}`);
  if (skipped.length > 0) notes.push(`Passed over: ${skipped.join(', ')}.`);
  if (builder.droppedLabelEntries > 0)
    notes.push(`${builder.droppedLabelEntries} blank or missing entries of label lists were left out.`);
  return notes;
}
