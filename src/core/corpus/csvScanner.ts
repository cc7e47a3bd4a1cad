const quote = 0x22;
const lineFeed = 0x0a;
const carriageReturn = 0x0d;
const blank = 0x20;

/**
 * Finds one CSV record at a time in a block of bytes and keeps where its cells stand; nothing is decoded. Rules as
 * PapaParse's: a cell that begins with a quote ends at a quote followed by a delimiter or line end (blanks between are
 * dropped); quotes anywhere else are text. Lines end with LF or CRLF, or with CR alone in a file that has no LF.
 */
export class CsvScanner {
  /** Cell i is bytes `[starts[i], ends[i])`, outer quotes left out. */
  starts = new Int32Array(64);
  ends = new Int32Array(64);
  /** 1 where the cell holds doubled quotes. */
  doubled = new Uint8Array(64);
  cellCount = 0;
  /** Physical lines that the record spans. */
  lines = 1;
  /** True when the record holds a quote inside a quoted cell that is neither doubled nor closing. */
  hasStrayQuote = false;
  /** After `scan` gave -1: whether the bytes end inside quotes. */
  isQuoteOpen = false;

  readonly #delimiter: number;
  readonly #newline: number;
  #bytes: Uint8Array | null = null;
  #view: DataView = new DataView(new ArrayBuffer(0));

  constructor(delimiter: number, newline: 'lf' | 'cr') {
    this.#delimiter = delimiter;
    this.#newline = newline === 'cr' ? carriageReturn : lineFeed;
  }

  /** Scans the record that begins at `from`; gives the next record's begin, or -1 where `bytes` end before the record does. */
  scan(bytes: Uint8Array, from: number, last: boolean): number {
    const delimiter = this.#delimiter;
    const newline = this.#newline;
    const to = bytes.length;
    let at = from;
    if (this.#bytes !== bytes) {
      this.#bytes = bytes;
      this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    }
    this.cellCount = 0;
    this.lines = 1;
    this.hasStrayQuote = false;
    this.isQuoteOpen = false;
    for (;;) {
      if (at < to && bytes[at] === quote) {
        const next = this.#quoted(bytes, at, last);
        if (next < 0) return -1;
        at = next;
      } else {
        const start = at;
        let c = -1;
        while (at < to && (c = bytes[at] as number) !== delimiter && c !== newline) at++;
        if (at === to && !last) return -1;
        const isLineEnd = at === to || c === newline;
        const dropsReturn =
          isLineEnd && newline === lineFeed && at > start && bytes[at - 1] === carriageReturn;
        this.#cell(start, dropsReturn ? at - 1 : at, 0);
      }
      if (at >= to) return to;
      if (bytes[at++] === newline) return at;
    }
  }

  /** Reads the quoted cell at `at`; gives the position of the delimiter or newline behind it, `to` at the end, -1 where it is open. */
  #quoted(bytes: Uint8Array, at: number, last: boolean): number {
    const to = bytes.length;
    const view = this.#view;
    const newline = this.#newline;
    const newlines = newline * 0x01010101;
    const start = at + 1;
    let doubled = 0;
    let lines = 0;
    let i = start;
    for (;;) {
      // Four bytes at once while none is a quote or a newline: a call of `indexOf` costs more than most cells do.
      while (i + 4 <= to) {
        const four = view.getInt32(i, true);
        const quotes = four ^ 0x22222222;
        const ends = four ^ newlines;
        if ((((quotes - 0x01010101) & ~quotes) | ((ends - 0x01010101) & ~ends)) & 0x80808080) break;
        i += 4;
      }
      while (i < to && bytes[i] !== quote && bytes[i] !== newline) i++;
      if (i >= to) break;
      const found = i++;
      if (bytes[found] === newline) {
        lines++;
        continue;
      }
      if (i === to && !last) break;
      if (i < to && bytes[i] === quote) {
        doubled = 1;
        i++;
        continue;
      }
      const next = this.#afterClosing(bytes, i);
      if (next === to && !last) break;
      if (next === to || bytes[next] === this.#delimiter || bytes[next] === newline) {
        this.lines += lines;
        this.#cell(start, found, doubled);
        return next;
      }
      this.hasStrayQuote = true;
    }
    this.isQuoteOpen = true;
    return -1;
  }

  /** Past the blanks behind a closing quote, and past the CR of a CRLF. */
  #afterClosing(bytes: Uint8Array, from: number): number {
    const to = bytes.length;
    let next = from;
    while (next < to && bytes[next] === blank && this.#delimiter !== blank) next++;
    const isReturn = this.#newline === lineFeed && next < to && bytes[next] === carriageReturn;
    return isReturn && (next + 1 === to || bytes[next + 1] === lineFeed) ? next + 1 : next;
  }

  #cell(start: number, end: number, doubled: number): void {
    const index = this.cellCount++;
    if (index === this.starts.length) {
      this.starts = grown(this.starts, new Int32Array(index * 2));
      this.ends = grown(this.ends, new Int32Array(index * 2));
      this.doubled = grown(this.doubled, new Uint8Array(index * 2));
    }
    this.starts[index] = start;
    this.ends[index] = end;
    this.doubled[index] = doubled;
  }
}

/** How often `value` stands in `bytes[from, to)`. */
export function countByte(bytes: Uint8Array, from: number, to: number, value: number): number {
  let count = 0;
  for (let i = from; i < to; i++) if (bytes[i] === value) count++;
  return count;
}

function grown<A extends Int32Array | Uint8Array>(from: A, into: A): A {
  into.set(from);
  return into;
}

/**
 * How the lines of a file end, by its first bytes: with CR alone only where none outside quotes ends with LF. Null where no
 * LF was seen and more bytes may come (`isAll` false).
 */
export function guessNewline(head: Uint8Array, isAll: boolean): 'lf' | 'cr' | null {
  let isQuoted = false;
  let sawReturn = false;
  for (const c of head) {
    if (c === quote) isQuoted = !isQuoted;
    else if (!isQuoted && c === lineFeed) return 'lf';
    else if (!isQuoted && c === carriageReturn) sawReturn = true;
  }
  if (!isAll) return null;
  return sawReturn ? 'cr' : 'lf';
}
