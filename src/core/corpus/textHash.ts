const prime1 = 0x9e3779b1;
const prime2 = 0x85ebca77;
const prime3 = 0xc2b2ae3d;
const seedA = 0x243f6a88;
const seedB = 0x85a308d3;

const space = 0x20;
const quote = 0x22;
/** Code points below this are lower-cased by table: Latin, Greek, Cyrillic, Armenian, Georgian, extended Latin and Greek. */
const foldedCodePoints = 0x2000;

// 0 marks what needs a closer look: white space, quotes, NUL and everything beyond ASCII.
const foldAscii = Uint8Array.from({ length: 256 }, (_, c) =>
  c <= space ? (isAsciiSpace(c) ? 0 : c) : c === quote || c >= 0x80 ? 0 : c >= 65 && c <= 90 ? c + 32 : c,
);

let foldTable: Uint32Array | null = null;

/**
 * Hashes a row's text as it streams by, straight from UTF-8 bytes: white space collapsed and trimmed, case folded, so that
 * texts that differ only there are duplicates. Counts code points and checks the encoding in the same pass (about 2 ns a
 * byte). Columns are fed one by one and stand joined by a newline. Composed and decomposed accents stay distinct.
 */
export class TextHash {
  /** 64 bits of hash, valid after `end`. */
  low = 0;
  high = 0;
  /** Code points of the trimmed columns and the newlines between them. */
  chars = 0;
  /** False once a byte sequence was not UTF-8. */
  valid = true;
  /** True while nothing but white space was seen. */
  blank = true;

  #a = seedA;
  #b = seedB;
  #word = 0;
  #count = 0;

  #bytes: Uint8Array | null = null;
  #view: DataView = new DataView(new ArrayBuffer(0));

  begin(): void {
    this.#a = seedA;
    this.#b = seedB;
    this.#word = 0;
    this.#count = 0;
    this.chars = 0;
    this.valid = true;
    this.blank = true;
  }

  /** Feeds one column's bytes `[from, to)`; `doubledQuotes`: a quote is written twice (CSV). */
  add(bytes: Uint8Array, from: number, to: number, doubledQuotes: boolean): void {
    let a = this.#a;
    let b = this.#b;
    let word = this.#word;
    let count = this.#count;
    let chars = this.chars;
    let i = from;
    // Blanks seen since the last visible character; written only once another one follows.
    let blanks = 0;
    let separate = !this.blank;
    let visible = false;
    const view = this.#viewOf(bytes);
    while (i < to) {
      // Four plain ASCII bytes at once: no control, no quote, no two blanks in a row, no blank that may be the last.
      if (visible && blanks === 0) {
        const begin = i;
        // So many bits wait at the top of `word`; as many of each four take their place.
        const waiting = (count & 3) << 3;
        for (; i + 4 < to; i += 4) {
          const four = view.getInt32(i, true);
          const spaces = four ^ 0x20202020;
          const spaceMarks = (spaces - 0x01010101) & ~spaces & 0x80808080;
          const quotes = four ^ 0x22222222;
          const special =
            ((four | (four - 0x20202020) | ((quotes - 0x01010101) & ~quotes)) & 0x80808080) |
            (spaceMarks & (spaceMarks << 8));
          if (special !== 0 || (spaceMarks < 0 && foldAscii[bytes[i + 4] as number] === 0)) break;
          // Bytes from 0x41 to 0x5a get their 0x20 bit.
          const folded = four | (((four + 0x3f3f3f3f) & ~(four + 0x25252525) & 0x80808080) >>> 2);
          const unit = waiting === 0 ? folded : (word >>> (32 - waiting)) | (folded << waiting);
          word = folded;
          a = Math.imul(((a << 15) | (a >>> 17)) ^ unit, prime1);
          b = Math.imul(((b << 19) | (b >>> 13)) + unit, prime2);
        }
        count += i - begin;
        chars += i - begin;
      }
      const c = bytes[i] as number;
      let unit = foldAscii[c] as number;
      if (unit === 0) {
        if (c < 0x80) {
          i++;
          if (isAsciiSpace(c)) {
            blanks++;
            continue;
          }
          if (c === quote) {
            if (doubledQuotes && i < to && bytes[i] === quote) i++;
            unit = quote;
          }
        } else {
          const point = decodeAt(bytes, i, to);
          if (point < 0) {
            this.valid = false;
            i++;
            unit = 0xfffd;
          } else {
            i += point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
            if (isWideSpace(point)) {
              blanks++;
              continue;
            }
            unit = point < foldedCodePoints ? ((foldTable ??= makeFoldTable())[point] as number) : point;
          }
        }
      } else i++;
      if (blanks > 0 || !visible) {
        if (visible ? blanks > 0 : separate) {
          word = (word >>> 8) | (space << 24);
          if ((++count & 3) === 0) {
            a = Math.imul(((a << 15) | (a >>> 17)) ^ word, prime1);
            b = Math.imul(((b << 19) | (b >>> 13)) + word, prime2);
          }
          chars += visible ? blanks : 1;
        }
        blanks = 0;
        visible = true;
        separate = false;
      }
      chars++;
      if (unit < 0x80) {
        word = (word >>> 8) | (unit << 24);
        if ((++count & 3) === 0) {
          a = Math.imul(((a << 15) | (a >>> 17)) ^ word, prime1);
          b = Math.imul(((b << 19) | (b >>> 13)) + word, prime2);
        }
        continue;
      }
      // Beyond ASCII: the rest of the word, then one word for the code point, marked by its top bit.
      word = (count & 3) === 0 ? 0 : word >>> (32 - 8 * (count & 3));
      a = Math.imul(((a << 15) | (a >>> 17)) ^ word ^ (count & 3), prime1);
      b = Math.imul(((b << 19) | (b >>> 13)) + (unit | 0x8000_0000), prime2);
      a = Math.imul(((a << 15) | (a >>> 17)) ^ (unit | 0x8000_0000), prime1);
      b = Math.imul(((b << 19) | (b >>> 13)) + (word ^ (count & 3)), prime2);
      word = 0;
      count = (count & ~3) + 4;
    }
    this.#a = a;
    this.#b = b;
    this.#word = word;
    this.#count = count;
    this.chars = chars;
    if (visible) this.blank = false;
  }

  /** Completes `low` and `high`. */
  end(): void {
    const filled = this.#count & 3;
    const rest = filled === 0 ? 0 : this.#word >>> (32 - 8 * filled);
    const a = avalanche(this.#a ^ Math.imul(rest, prime3) ^ this.#count);
    const b = avalanche(this.#b + Math.imul(rest, prime1) + a);
    this.low = avalanche(a ^ Math.imul(b, prime2));
    this.high = b;
  }

  #viewOf(bytes: Uint8Array): DataView {
    if (this.#bytes === bytes) return this.#view;
    this.#bytes = bytes;
    return (this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  }
}

function avalanche(value: number): number {
  let x = value | 0;
  x = Math.imul(x ^ (x >>> 16), 0x7feb352d);
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
  return (x ^ (x >>> 16)) >>> 0;
}

function isAsciiSpace(c: number): boolean {
  return c === space || (c >= 9 && c <= 13);
}

/** What `String.prototype.trim` calls white space, beyond ASCII. */
function isWideSpace(point: number): boolean {
  return (
    point === 0xa0 ||
    (point >= 0x1680 &&
      (point === 0x1680 ||
        (point >= 0x2000 && point <= 0x200a) ||
        point === 0x2028 ||
        point === 0x2029 ||
        point === 0x202f ||
        point === 0x205f ||
        point === 0x3000 ||
        point === 0xfeff))
  );
}

/** The code point of the sequence at `i`, or -1 where it is not strict UTF-8 (overlong, surrogate, cut off). */
export function decodeAt(bytes: Uint8Array, i: number, to: number): number {
  const lead = bytes[i] as number;
  const follow = lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : 1;
  if (lead < 0xc2 || lead > 0xf4 || i + follow >= to) return -1;
  let point = lead & (0x3f >> follow);
  for (let k = 1; k <= follow; k++) {
    const next = bytes[i + k] as number;
    if ((next & 0xc0) !== 0x80) return -1;
    point = (point << 6) | (next & 0x3f);
  }
  if (follow === 2 && (point < 0x800 || (point >= 0xd800 && point <= 0xdfff))) return -1;
  if (follow === 3 && (point < 0x10000 || point > 0x10ffff)) return -1;
  return point;
}

function makeFoldTable(): Uint32Array {
  const table = new Uint32Array(foldedCodePoints);
  for (let point = 0; point < foldedCodePoints; point++) {
    const lower = String.fromCodePoint(point).toLowerCase();
    const folded = lower.codePointAt(0) ?? point;
    // A mapping to several characters, or down into ASCII (the Kelvin sign's kind), would break the one-unit rule.
    table[point] = lower.length === 1 && folded >= 0x80 ? folded : point;
  }
  return table;
}

/** What an index keeps of the value that names a row's article; 0 for a blank one, which names none. */
export function articleHash({ low, blank }: Pick<TextHash, 'low' | 'blank'>): number {
  return blank ? 0 : Math.max(1, low);
}

/** Hashes texts that are held as strings. */
export class HashedText {
  readonly #hash = new TextHash();
  readonly #encoder = new TextEncoder();
  #scratch = new Uint8Array(1 << 16);

  /** The same object each time: read it before the next call. */
  of(text: string): TextHash {
    if (text.length * 3 > this.#scratch.length) this.#scratch = new Uint8Array(text.length * 3);
    const { written } = this.#encoder.encodeInto(text, this.#scratch);
    this.#hash.begin();
    this.#hash.add(this.#scratch, 0, written, false);
    this.#hash.end();
    return this.#hash;
  }
}
