const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;
const colon = 0x3a;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const openBracket = 0x5b;
const closeBracket = 0x5d;
const lineFeed = 0x0a;

/**
 * `record`: an element; `member`: `"key": value` of an object; `more`: bytes are missing; `done`: nothing left; `junk`: a
 * bracket or comma out of place; `unclosed`: the file ends inside a record; `trailing`: content after the end.
 */
export type JsonToken = 'record' | 'member' | 'more' | 'done' | 'junk' | 'unclosed' | 'trailing';

/**
 * Cuts JSON into records by depth alone, so that each can be given to `JSON.parse` and one bad record costs only itself.
 * Records are the elements of the outermost array; where the outermost value is an object, the elements of the arrays in
 * it (`{"data": [...]}`), and its other members as they stand.
 */
export class JsonSplitter {
  /** Bytes of what `next` found; for `more`, `end` is where to begin again and `start` where the open record begins. */
  start = 0;
  end = 0;
  /** The containers that stand open around the records: ``, `[`, `{` or `{[`. */
  containers: string;
  ended = false;

  #trailingSeen = false;

  constructor(containers = '') {
    this.containers = containers;
  }

  next(bytes: Uint8Array, from: number, last: boolean): JsonToken {
    let at = from;
    // Up to here the bytes have changed the state and must not come again.
    let done = from;
    let commas = 0;
    for (;;) {
      at = afterBlanks(bytes, at);
      if (at >= bytes.length) return last ? this.#found('done', at, at) : this.#found('more', at, done);
      const c = bytes[at] as number;
      if (this.ended) {
        const token = this.#trailingSeen ? 'done' : 'trailing';
        this.#trailingSeen = true;
        return this.#found(token, at, bytes.length);
      }
      if (this.containers === '') {
        if (c !== openBracket && c !== openBrace) {
          this.ended = true;
          return this.#found('junk', at, bytes.length);
        }
        this.containers = c === openBracket ? '[' : '{';
        done = ++at;
        continue;
      }
      if (c === comma) {
        if (++commas > 1) return this.#found('junk', at, at + 1);
        at++;
        continue;
      }
      const inArray = this.containers.endsWith('[');
      if (c === (inArray ? closeBracket : closeBrace)) {
        this.containers = this.containers.slice(0, -1);
        this.ended = this.containers === '';
        done = ++at;
        commas = 0;
        continue;
      }
      if (inArray) {
        if (c === closeBrace || c === colon || c === closeBracket) return this.#found('junk', at, at + 1);
        return this.#element('record', bytes, at, at, done, last);
      }
      if (c !== quote) return this.#found('junk', at, at + 1);
      const keyEnd = stringEnd(bytes, at);
      const separator = keyEnd < 0 ? bytes.length : afterBlanks(bytes, keyEnd);
      const value = separator < bytes.length ? afterBlanks(bytes, separator + 1) : bytes.length;
      if (value >= bytes.length)
        return this.#found(last ? 'unclosed' : 'more', at, last ? bytes.length : done);
      if (bytes[separator] !== colon) return this.#found('junk', at, keyEnd);
      if (bytes[value] === openBracket) {
        this.containers += '[';
        done = at = value + 1;
        commas = 0;
        continue;
      }
      return this.#element('member', bytes, at, value, done, last);
    }
  }

  /** After damage: where the next line begins that opens a record with at most `indent` blanks before it; -1 if none does. */
  seek(bytes: Uint8Array, from: number, indent: number): number {
    let at = from;
    for (;;) {
      const newline = bytes.indexOf(lineFeed, at);
      if (newline < 0) return -1;
      at = newline + 1;
      const opens = afterBlanks(bytes, at);
      const c = bytes[opens];
      if (opens - at <= indent && (c === openBrace || c === openBracket || c === quote)) return at;
    }
  }

  #element(
    token: JsonToken,
    bytes: Uint8Array,
    start: number,
    value: number,
    done: number,
    last: boolean,
  ): JsonToken {
    const end = valueEnd(bytes, value, last);
    if (end >= 0) return this.#found(token, start, end);
    return last ? this.#found('unclosed', start, bytes.length) : this.#found('more', start, done);
  }

  #found(token: JsonToken, start: number, end: number): JsonToken {
    this.start = start;
    this.end = end;
    return token;
  }
}

function afterBlanks(bytes: Uint8Array, from: number): number {
  let at = from;
  while (at < bytes.length && (bytes[at] as number) <= 0x20) at++;
  return at;
}

/** The position behind the string that opens at `at`, or -1. */
function stringEnd(bytes: Uint8Array, at: number): number {
  for (let i = at + 1; i < bytes.length; i++) {
    const c = bytes[i];
    if (c === backslash) i++;
    else if (c === quote) return i + 1;
  }
  return -1;
}

/** The position behind the value that begins at `at`, or -1 where the bytes end first. */
function valueEnd(bytes: Uint8Array, at: number, last: boolean): number {
  const first = bytes[at];
  if (first === quote) return stringEnd(bytes, at);
  const to = bytes.length;
  if (first !== openBrace && first !== openBracket) {
    let i = at;
    while (i < to) {
      const c = bytes[i] as number;
      if (c <= 0x20 || c === comma || c === closeBracket || c === closeBrace) return i;
      i++;
    }
    return last ? to : -1;
  }
  let depth = 0;
  for (let i = at; i < to; i++) {
    const c = bytes[i] as number;
    if (c === quote) {
      i++;
      while (i < to) {
        const inside = bytes[i] as number;
        if (inside === quote) break;
        i += inside === backslash ? 2 : 1;
      }
    } else if (c === openBrace || c === openBracket) depth++;
    else if ((c === closeBrace || c === closeBracket) && --depth === 0) return i + 1;
  }
  return -1;
}
