import { countByte } from './csvScanner.ts';
import type { IndexBuilder } from './indexBuilder.ts';
import { jsonField, jsonRows, parseJsonRecord } from './jsonRow.ts';
import { JsonSplitter } from './jsonSplitter.ts';
import type { BadRowCode, Mapping } from './mapping.ts';
import { maxRecoveries, type ReaderState, type RecordReader } from './recordReader.ts';
import { articleHash, HashedText } from './textHash.ts';
import { strictUtf8 } from './utf8.ts';

const lineFeed = 0x0a;

export interface JsonReaderOptions {
  readonly fileId: number;
  readonly mapping: Mapping;
  readonly builder: IndexBuilder;
  readonly resumed?: ReaderState;
}

/** Turns the bytes of one JSON record into a row or a bad row. */
class JsonRows {
  readonly #options: JsonReaderOptions;
  readonly #text = new HashedText();
  readonly #article = new HashedText();

  constructor(options: JsonReaderOptions) {
    this.#options = options;
  }

  add(bytes: Uint8Array, start: number, end: number, base: number, line: number, member: boolean): void {
    const { fileId, mapping, builder } = this.#options;
    const bad = (code: BadRowCode, reason: string) =>
      builder.bad.add(fileId, line, base + start, end - start, code, reason);
    let source: string;
    try {
      source = strictUtf8.decode(bytes.subarray(start, end));
    } catch {
      return bad('invalid-utf8', 'The record holds bytes that are not UTF-8.');
    }
    let record: unknown;
    try {
      record = parseJsonRecord(source, member);
    } catch (error) {
      return bad(
        'json-syntax',
        error instanceof Error ? error.message.replace(/[\s,]*".*$/su, '') : 'Not JSON.',
      );
    }
    let dropped = 0;
    const article = this.#articleOf(record);
    for (const { part, row } of jsonRows(record, mapping)) {
      if ('code' in row) bad(row.code, row.reason);
      else {
        dropped = row.dropped;
        const text = this.#text.of(row.text);
        const ids = builder.intern(row.labels);
        builder.addRow(fileId, base + start, end - start, line, text, ids, part, article);
      }
    }
    builder.droppedLabelEntries += dropped;
  }

  #articleOf(record: unknown): number {
    const { articleColumn } = this.#options.mapping;
    if (articleColumn === undefined || typeof record !== 'object' || record === null) return 0;
    const value = jsonField(record, articleColumn);
    return typeof value === 'string' || typeof value === 'number'
      ? articleHash(this.#article.of(String(value)))
      : 0;
  }

  bad(start: number, end: number, base: number, line: number, code: BadRowCode, reason: string): void {
    this.#options.builder.bad.add(this.#options.fileId, line, base + start, end - start, code, reason);
  }
}

/** Reads JSON Lines: a record a line, blank lines passed over. */
export class JsonLinesReader implements RecordReader {
  readonly #rows: JsonRows;
  #line: number;
  #skipping: boolean;

  constructor(options: JsonReaderOptions) {
    this.#rows = new JsonRows(options);
    this.#line = (options.resumed?.['line'] as number | undefined) ?? 1;
    this.#skipping = (options.resumed?.['skipping'] as boolean | undefined) ?? false;
  }

  state(): ReaderState {
    return { line: this.#line, skipping: this.#skipping };
  }

  read(bytes: Uint8Array, base: number, last: boolean): number {
    let at = bomLength(bytes, base);
    while (at < bytes.length) {
      let end = bytes.indexOf(lineFeed, at);
      if (end < 0) {
        if (this.#skipping) return bytes.length;
        if (!last) return at;
        end = bytes.length;
      }
      if (this.#skipping) this.#skipping = false;
      else {
        const [from, to] = trimmed(bytes, at, end);
        if (from < to) this.#rows.add(bytes, from, to, base, this.#line, false);
      }
      this.#line++;
      at = end + 1;
    }
    return bytes.length;
  }

  overflow(bytes: Uint8Array, base: number): number {
    this.#rows.bad(
      0,
      bytes.length,
      base,
      this.#line,
      'record-too-long',
      `The line exceeds ${bytes.length} bytes.`,
    );
    this.#skipping = true;
    return bytes.length;
  }
}

/** Reads the elements of a JSON array, of the arrays in an object, or an object's members, one record each. */
export class JsonReader implements RecordReader {
  readonly #rows: JsonRows;
  readonly #splitter: JsonSplitter;
  #line: number;
  #recoveries: number;
  /** After damage: the indent at which the next record is looked for; null while all is well. */
  #seekIndent: number | null;

  constructor(options: JsonReaderOptions) {
    this.#rows = new JsonRows(options);
    const { resumed } = options;
    this.#splitter = new JsonSplitter((resumed?.['containers'] as string | undefined) ?? '');
    this.#line = (resumed?.['line'] as number | undefined) ?? 1;
    this.#recoveries = (resumed?.['recoveries'] as number | undefined) ?? 0;
    this.#seekIndent = (resumed?.['seekIndent'] as number | null | undefined) ?? null;
    if (resumed?.['ended']) this.#splitter.ended = true;
  }

  state(): ReaderState {
    return {
      line: this.#line,
      recoveries: this.#recoveries,
      seekIndent: this.#seekIndent,
      containers: this.#splitter.containers,
      ended: this.#splitter.ended,
    };
  }

  read(bytes: Uint8Array, base: number, last: boolean): number {
    const splitter = this.#splitter;
    let at = bomLength(bytes, base);
    for (;;) {
      if (this.#seekIndent !== null) {
        const found = splitter.seek(bytes, at, this.#seekIndent);
        if (found < 0) {
          // The tail may hold the begin of the line that is sought.
          const keep = last ? bytes.length : Math.max(at, bytes.length - this.#seekIndent - 2);
          return this.#advance(bytes, at, keep);
        }
        this.#seekIndent = null;
        at = this.#advance(bytes, at, found);
      }
      const token = splitter.next(bytes, at, last);
      if (token === 'more') return this.#advance(bytes, at, splitter.end);
      const { start, end } = splitter;
      if (token === 'done') {
        if (last && !splitter.ended)
          this.#rows.bad(
            bytes.length,
            bytes.length,
            base,
            this.#line,
            'json-truncated',
            'The file ends inside the array.',
          );
        return this.#advance(bytes, at, bytes.length);
      }
      at = this.#advance(bytes, at, start);
      if (token === 'record' || token === 'member')
        this.#rows.add(bytes, start, end, base, this.#line, token === 'member');
      else if (token === 'trailing') {
        this.#rows.bad(
          start,
          end,
          base,
          this.#line,
          'json-trailing',
          'Content stands behind the end of the array.',
        );
      } else if (token === 'junk')
        this.#rows.bad(
          start,
          end,
          base,
          this.#line,
          'json-syntax',
          'A comma or a bracket stands where it cannot.',
        );
      else at = this.#damaged(bytes, start, base, 'json-truncated', 'The record is not closed.');
      if (token !== 'unclosed') at = this.#advance(bytes, at, end);
    }
  }

  overflow(bytes: Uint8Array, base: number): number {
    if (this.#splitter.next(bytes, 0, false) !== 'more') return 0;
    const { start } = this.#splitter;
    this.#advance(bytes, 0, start);
    const reason = `The record is not closed within ${bytes.length} bytes.`;
    return this.#damaged(bytes, start, base, 'record-too-long', reason);
  }

  /** Logs a record without an end and looks for the next one on a later line, at the same indent. */
  #damaged(bytes: Uint8Array, start: number, base: number, code: BadRowCode, reason: string): number {
    let indent = 0;
    while (indent < start && bytes[start - indent - 1] !== lineFeed) indent++;
    const end = bytes.indexOf(lineFeed, start);
    if (end < 0 || ++this.#recoveries > maxRecoveries) {
      this.#rows.bad(start, bytes.length, base, this.#line, code, `${reason} The rest is passed over.`);
      if (this.#recoveries > maxRecoveries) this.#splitter.ended = true;
      this.#seekIndent = indent;
      return this.#advance(bytes, start, bytes.length);
    }
    this.#rows.bad(start, end, base, this.#line, code, reason);
    this.#seekIndent = indent;
    return this.#advance(bytes, start, end);
  }

  #advance(bytes: Uint8Array, from: number, to: number): number {
    this.#line += countByte(bytes, from, to, lineFeed);
    return to;
  }
}

function bomLength(bytes: Uint8Array, base: number): number {
  return base === 0 && bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
}

function trimmed(bytes: Uint8Array, from: number, to: number): [number, number] {
  let start = from;
  let end = to;
  while (start < end && (bytes[start] as number) <= 0x20) start++;
  while (end > start && (bytes[end - 1] as number) <= 0x20) end--;
  return [start, end];
}
