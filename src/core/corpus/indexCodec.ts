import type { IndexBuilder } from './indexBuilder.ts';

/** How long each part of an index was at a moment: what was added since is written, not the whole again. */
export interface IndexMark {
  readonly rows: number;
  readonly labelIds: number;
  readonly labels: number;
  readonly bad: number;
  readonly reasons: number;
  readonly topicEdges: number;
}

export const indexStart: IndexMark = { rows: 0, labelIds: 0, labels: 0, bad: 0, reasons: 0, topicEdges: 0 };

export function markIndex(builder: IndexBuilder): IndexMark {
  return {
    rows: builder.rowCount,
    labelIds: builder.labelIds.length,
    labels: builder.labels.length,
    bad: builder.bad.length,
    reasons: builder.bad.reasons.length,
    topicEdges: builder.topicEdges.length,
  };
}

interface Header {
  readonly magic: 'verbena-index-1';
  readonly lengths: readonly number[];
  readonly labels: readonly string[];
  readonly reasons: readonly string[];
  readonly droppedLabelEntries: number;
  /** Missing in what was written before records could be skipped. */
  readonly skipped?: Readonly<Record<string, number>>;
  readonly topicEdges?: readonly (readonly [string, string])[];
  readonly extra: unknown;
}

/** Growables in the order they are written, 8-byte elements first so that every array stays aligned. */
function columnsOf(builder: IndexBuilder) {
  const { bad } = builder;
  return {
    doubles: [builder.byteStarts, bad.byteOffsets],
    words: [
      builder.fileIds,
      builder.byteLengths,
      builder.lines,
      builder.chars,
      builder.hashLow,
      builder.hashHigh,
      builder.labelEnds,
      builder.labelIds,
      bad.fileIds,
      bad.lines,
      bad.byteLengths,
      bad.reasonIds,
      // Last: copies kept before rows had parts, or articles, lack them, and every row of theirs is part 0 of none.
      builder.parts,
      builder.articles,
    ],
  };
}

function startsOf(mark: IndexMark): number[] {
  const { rows, bad, labelIds } = mark;
  return [rows, bad, rows, rows, rows, rows, rows, rows, rows, labelIds, bad, bad, bad, bad, rows, rows];
}

/** What was added to an index since `from`, as bytes, with any JSON beside it: a 4-byte length, a JSON header, the arrays. */
export function encodeIndex(builder: IndexBuilder, from: IndexMark, extra: unknown): Uint8Array[] {
  const { doubles, words } = columnsOf(builder);
  const starts = startsOf(from);
  const arrays = [...doubles, ...words].map((column, i) => column.view.slice(starts[i]));
  const header: Header = {
    magic: 'verbena-index-1',
    lengths: arrays.map((array) => array.length),
    labels: builder.labels.slice(from.labels),
    reasons: builder.bad.reasons.slice(from.reasons),
    droppedLabelEntries: builder.droppedLabelEntries,
    skipped: builder.skipped,
    topicEdges: builder.topicEdges.slice(from.topicEdges),
    extra,
  };
  const json = new TextEncoder().encode(JSON.stringify(header));
  const jsonBytes = Math.ceil((json.length + 4) / 8) * 8 - 4;
  const head = new Uint8Array(4 + jsonBytes).fill(0x20);
  new DataView(head.buffer).setUint32(0, jsonBytes, true);
  head.set(json, 4);
  return [head, ...arrays.map((array) => new Uint8Array(array.buffer, array.byteOffset, array.byteLength))];
}

/** Appends what `encodeIndex` wrote to a builder and gives its `extra`; null where the bytes are cut short or another version's. */
export function appendIndex(
  builder: IndexBuilder,
  bytes: Uint8Array<ArrayBuffer>,
): { readonly extra: unknown } | null {
  const header = readHeader(bytes);
  if (!header) return null;
  const { doubles, words } = columnsOf(builder);
  let at = bytes.byteOffset + 4 + header.jsonBytes;
  for (const [i, column] of doubles.entries()) {
    const length = header.value.lengths[i] ?? 0;
    column.append(new Float64Array(bytes.buffer, at, length));
    at += length * 8;
  }
  for (const [i, column] of words.entries()) {
    const length = header.value.lengths[doubles.length + i] ?? 0;
    column.append(new Uint32Array(bytes.buffer, at, length));
    at += length * 4;
  }
  for (const column of [builder.parts, builder.articles])
    if (column.length < builder.rowCount) column.append(new Uint32Array(builder.rowCount - column.length));
  Object.assign(builder.skipped, header.value.skipped);
  builder.topicEdges.push(...(header.value.topicEdges ?? []));
  for (const label of header.value.labels) builder.labels.push(label);
  for (const reason of header.value.reasons) builder.bad.reasons.push(reason);
  builder.droppedLabelEntries = header.value.droppedLabelEntries;
  builder.reindexLabels();
  builder.bad.reindexReasons();
  return { extra: header.value.extra };
}

function readHeader(bytes: Uint8Array<ArrayBuffer>): { value: Header; jsonBytes: number } | null {
  if (bytes.length < 8 || bytes.byteOffset % 8 !== 0) return null;
  const jsonBytes = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  if (jsonBytes + 4 > bytes.length) return null;
  try {
    const value = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + jsonBytes))) as Header;
    const arrayBytes = value.lengths.reduce((sum, length, i) => sum + length * (i < 2 ? 8 : 4), 0);
    return value.magic === 'verbena-index-1' && 4 + jsonBytes + arrayBytes === bytes.length
      ? { value, jsonBytes }
      : null;
  } catch {
    return null;
  }
}
