import { breather } from '../../base/breath.ts';
import { throwIfAborted, type TaskOptions } from '../../base/progress.ts';
import { ContentHash } from '../../core/corpus/contentHash.ts';
import type { CorpusIndex, RowView } from '../../core/corpus/corpusIndex.ts';
import { rowDecoder, type RowDecoder } from '../../core/corpus/decodeRow.ts';
import type { IndexedFile } from '../../core/corpus/indexFile.ts';
import type { TopicReport } from '../../core/corpus/topicTree.ts';
import type { BadRow, CorpusSummary, Mapping } from './contract.ts';
import { unreadable } from './fileChunks.ts';

/** Neighbouring rows are read in one piece while the gap between them is below this. */
const gapBytes = 64 << 10;
const windowBytes = 4 << 20;
const readsAtOnce = 8;
const excerptLength = 200;

export interface CorpusFile extends IndexedFile {
  readonly name: string;
  /** Size on disk as chosen; `byteLength` is that of the text the index points into. */
  readonly fileBytes: number;
  readonly mapping: Mapping;
  readonly rows: number;
  /** The text, readable at any position. */
  readonly blob: Blob;
}

export interface AddedTopics {
  readonly report: TopicReport;
  /** Of the edges and the depth. */
  readonly hash: string;
}

interface Range {
  readonly slot: number;
  /** Which row of the record at this range. */
  readonly part: number;
  readonly start: number;
  readonly end: number;
}

/** An indexed corpus and the files behind it: what the service answers from. */
export class OpenCorpus {
  readonly files: readonly CorpusFile[];
  readonly index: CorpusIndex;
  /** The rows as they are numbered now: all, or duplicates merged. */
  readonly view: RowView;
  readonly elapsedMs: number;
  readonly notes: readonly string[];
  readonly storedInOpfs: boolean;
  /** What topics above the labels were added; null where none. */
  readonly topics: AddedTopics | null;
  readonly #decoders: readonly RowDecoder[];

  constructor(
    files: readonly CorpusFile[],
    index: CorpusIndex,
    view: RowView,
    facts: Pick<OpenCorpus, 'elapsedMs' | 'notes' | 'storedInOpfs'> & { topics?: AddedTopics | null },
  ) {
    this.topics = facts.topics ?? null;
    this.files = files;
    this.index = index;
    this.view = view;
    this.elapsedMs = facts.elapsedMs;
    this.notes = facts.notes;
    this.storedInOpfs = facts.storedInOpfs;
    this.#decoders = files.map((file) => rowDecoder(file.mapping, file.columns, file.newline));
  }

  get merged(): boolean {
    return this.view.merged;
  }

  with(change: { view?: RowView; storedInOpfs?: boolean; files?: readonly CorpusFile[] }): OpenCorpus {
    const { files = this.files, view = this.view, storedInOpfs = this.storedInOpfs } = change;
    const { elapsedMs, notes, topics } = this;
    return new OpenCorpus(files, this.index, view, { elapsedMs, notes, storedInOpfs, topics });
  }

  /** The same corpus with duplicates merged or not. Breathes; throws `aborted`. */
  async whenMerged(merged: boolean, options: TaskOptions): Promise<OpenCorpus> {
    return this.with({ view: await this.index.view(merged, options) });
  }

  /** Of the unmerged rows, whatever is shown: the name under which a copy is kept. */
  get baseHash(): string {
    const hash = new ContentHash();
    for (const { contentHash, mapping } of this.files) hash.updateText(contentHash + canonical(mapping));
    if (this.topics) hash.updateText(this.topics.hash);
    return hash.digest();
  }

  /** Row numbers differ once duplicates are merged, so the data's provenance id does too. */
  get dataHash(): string {
    return this.merged ? mergedHash(this.baseHash) : this.baseHash;
  }

  summary(): CorpusSummary {
    const { builder, articleCount: articles } = this.index;
    return {
      dataHash: this.dataHash,
      files: summaryFiles(this.files),
      fileCount: this.files.length,
      rowCount: this.view.rowCount,
      labelCount: builder.labels.length,
      badRowCount: builder.bad.length,
      badRowsByCode: builder.bad.countByCode(),
      duplicateRows: this.index.duplicateRows,
      ...(articles === null ? {} : { articles }),
      droppedLabelEntries: builder.droppedLabelEntries,
      notes: this.notes,
      skipped: builder.skipped,
      ...(this.topics ? { topics: this.topics.report } : {}),
      merged: this.merged,
      textLength: this.view.textLengths,
      elapsedMs: this.elapsedMs,
      storedInOpfs: this.storedInOpfs,
    };
  }

  /** Texts of index rows (not of the merged view), in the order asked. Throws `file-unreadable`. */
  async texts(sourceRows: ArrayLike<number>): Promise<string[]> {
    const { fileIds, byteStarts, byteLengths, parts } = this.index.builder;
    const texts: string[] = Array.from({ length: sourceRows.length }, () => '');
    const ranges: Range[][] = this.files.map(() => []);
    for (let slot = 0; slot < sourceRows.length; slot++) {
      const row = sourceRows[slot] as number;
      const start = byteStarts.at(row);
      ranges[fileIds.at(row)]?.push({ slot, part: parts.at(row), start, end: start + byteLengths.at(row) });
    }
    for (const [file, wanted] of ranges.entries()) {
      const decode = this.#decoders[file];
      if (decode)
        await this.#read(file, wanted, ({ slot, part }, bytes) => (texts[slot] = decode(bytes, part)));
    }
    return texts;
  }

  async badRows(from: number, to: number): Promise<BadRow[]> {
    const { bad } = this.index.builder;
    const logged = Array.from({ length: Math.max(0, Math.min(to, bad.length) - from) }, (_, i) =>
      bad.at(from + i),
    );
    const excerpts = logged.map(() => '');
    for (const file of this.files.keys()) {
      const ranges = logged.flatMap(({ fileId, byteOffset, byteLength }, slot) =>
        fileId === file && byteLength > 0
          ? [{ slot, part: 0, start: byteOffset, end: byteOffset + Math.min(byteLength, excerptLength * 4) }]
          : [],
      );
      const utf8 = new TextDecoder();
      await this.#read(file, ranges, ({ slot }, bytes) => {
        excerpts[slot] = [...utf8.decode(bytes).trim()].slice(0, excerptLength).join('');
      });
    }
    return logged.map(({ fileId, line, byteOffset, code, reason }, i) => ({
      file: this.files[fileId]?.name ?? '',
      line,
      byteOffset,
      code,
      reason,
      excerpt: excerpts[i] ?? '',
    }));
  }

  /** Reads ranges of one file, near ones together and a few at once, and hands each on as bytes. */
  async #read(
    fileId: number,
    wanted: Range[],
    use: (range: Range, bytes: Uint8Array) => void,
  ): Promise<void> {
    const file = this.files[fileId];
    if (!file || wanted.length === 0) return;
    const sorted = wanted.sort((a, b) => a.start - b.start);
    const windows: Range[][] = [];
    let end = -1;
    for (const range of sorted) {
      const current = windows.at(-1);
      const first = current?.[0];
      if (current && first && range.start - end <= gapBytes && range.end - first.start <= windowBytes)
        current.push(range);
      else windows.push([range]);
      end = range.end;
    }
    const breathe = breather();
    for (let at = 0; at < windows.length; at += readsAtOnce) {
      await breathe();
      await Promise.all(
        windows.slice(at, at + readsAtOnce).map(async (ranges) => {
          const start = ranges[0]?.start ?? 0;
          const stop = ranges.reduce((most, range) => Math.max(most, range.end), start);
          let bytes: Uint8Array;
          try {
            bytes = new Uint8Array(await file.blob.slice(start, stop).arrayBuffer());
          } catch (error) {
            throw unreadable(new File([], file.name), error);
          }
          for (const range of ranges) use(range, bytes.subarray(range.start - start, range.end - start));
        }),
      );
    }
  }
}

/** A folder of ten thousand files would fill the notebook with their names: beyond these they are summed up. */
const listedFiles = 200;

function summaryFiles(files: readonly CorpusFile[]): CorpusSummary['files'] {
  const shown = files.map(({ name, fileBytes, rows, mapping }) => ({
    name,
    byteLength: fileBytes,
    rows,
    mapping,
  }));
  if (shown.length <= listedFiles) return shown;
  const rest = shown.splice(listedFiles - 1);
  const sum = (of: (file: (typeof rest)[number]) => number) =>
    rest.reduce((total, file) => total + of(file), 0);
  const mapping = rest[0]?.mapping as Mapping;
  return [
    ...shown,
    {
      name: `${rest.length} more files`,
      byteLength: sum((f) => f.byteLength),
      rows: sum((f) => f.rows),
      mapping,
    },
  ];
}

export function mergedHash(baseHash: string): string {
  return new ContentHash().updateText(`${baseHash} merged`).digest();
}

/** JSON with its keys in order: the same mapping gives the same hash wherever it was made. */
function canonical(mapping: Mapping): string {
  const said = Object.entries(mapping).filter(([, value]) => value !== undefined);
  return JSON.stringify(said.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Chunks of a Blob with progress, for copying. */
export async function* copied(
  blob: Blob,
  signal: AbortSignal,
  onChunk: (bytes: number) => void,
): AsyncGenerator<Uint8Array> {
  const breathe = breather();
  for (let at = 0; at < blob.size; at += windowBytes) {
    await breathe();
    throwIfAborted(signal);
    const chunk = new Uint8Array(await blob.slice(at, at + windowBytes).arrayBuffer());
    yield chunk;
    onChunk(chunk.length);
  }
}
