const lessThan = 0x3c;

/**
 * `page`: a whole `<page>...</page>`; `siteinfo`: the export's head; `unclosed`: a page that another one follows; `truncated`:
 * a page that the file ends in; `skipped`: the rest of a page that was given up; `doctype`: a document type; `more`: bytes are
 * missing from `start` on; `none`: nothing left.
 */
export interface PageToken {
  readonly kind: 'page' | 'siteinfo' | 'unclosed' | 'truncated' | 'skipped' | 'doctype' | 'more' | 'none';
  readonly start: number;
  readonly end: number;
}

const bytesOf = (text: string) => Uint8Array.from(text, (c) => c.charCodeAt(0));
const pageTag = bytesOf('<page');
const pageEnd = bytesOf('</page');
const siteinfoTag = bytesOf('<siteinfo');
const siteinfoEnd = bytesOf('</siteinfo');
const commentTag = bytesOf('<!--');
const commentEnd = bytesOf('-->');
const cdataTag = bytesOf('<![CDATA[');
const cdataEnd = bytesOf(']]>');
const doctypeTag = bytesOf('<!DOCTYPE');
/** The longest sign that is looked for: so much of the end may be the begin of one. */
const longestSign = siteinfoEnd.length + 1;

/**
 * Finds the next page at or after `from` by its tags alone. Smaller-than signs are rare (in text they are written `&lt;`), so
 * this runs at the speed of `indexOf`. `inPage`: `from` lies inside a page that is passed over.
 */
export function findPage(bytes: Uint8Array, from: number, last: boolean, inPage: boolean): PageToken {
  if (inPage) {
    const end = endOf(bytes, from, pageEnd, pageTag);
    if (end.found !== 'nothing') return { kind: 'skipped', start: from, end: end.at };
    const kept = last ? bytes.length : Math.max(from, bytes.length - longestSign);
    return { kind: last ? 'none' : 'more', start: kept, end: kept };
  }
  for (let at = from; ;) {
    const tag = bytes.indexOf(lessThan, at);
    if (tag < 0) return { kind: last ? 'none' : 'more', start: bytes.length, end: bytes.length };
    if (!last && bytes.length - tag < longestSign) return { kind: 'more', start: tag, end: tag };
    if (isTag(bytes, tag, pageTag)) return element(bytes, tag, last, 'page', pageEnd, pageTag);
    if (isTag(bytes, tag, siteinfoTag)) return element(bytes, tag, last, 'siteinfo', siteinfoEnd, pageTag);
    if (startsWith(bytes, tag, doctypeTag)) return { kind: 'doctype', start: tag, end: tag };
    const skipped = passedOver(bytes, tag);
    if (skipped === null) at = tag + 1;
    else if (skipped >= 0) at = skipped;
    else return { kind: last ? 'none' : 'more', start: last ? bytes.length : tag, end: bytes.length };
  }
}

function element(
  bytes: Uint8Array,
  tag: number,
  last: boolean,
  kind: 'page' | 'siteinfo',
  closing: Uint8Array,
  stop: Uint8Array,
): PageToken {
  const end = endOf(bytes, tag + 1, closing, stop);
  if (end.found === 'end') return { kind, start: tag, end: end.at };
  // `<page/>`, and nothing in it.
  const close = bytes.indexOf(0x3e, tag);
  if (close > 0 && bytes[close - 1] === 0x2f) return { kind, start: tag, end: close + 1 };
  if (end.found === 'stop') return { kind: 'unclosed', start: tag, end: end.at };
  return last ? { kind: 'truncated', start: tag, end: bytes.length } : { kind: 'more', start: tag, end: tag };
}

/** Behind the closing tag, or where another element opens first; comments and CDATA passed over. */
function endOf(
  bytes: Uint8Array,
  from: number,
  closing: Uint8Array,
  stop: Uint8Array,
): { readonly found: 'end' | 'stop' | 'nothing'; readonly at: number } {
  for (let at = from; ;) {
    const tag = bytes.indexOf(lessThan, at);
    if (tag < 0) return { found: 'nothing', at: bytes.length };
    if (isTag(bytes, tag, closing)) {
      const close = bytes.indexOf(0x3e, tag);
      return close < 0 ? { found: 'nothing', at: bytes.length } : { found: 'end', at: close + 1 };
    }
    if (isTag(bytes, tag, stop)) return { found: 'stop', at: tag };
    const skipped = passedOver(bytes, tag);
    if (skipped !== null && skipped < 0) return { found: 'nothing', at: bytes.length };
    at = skipped ?? tag + 1;
  }
}

/** Behind the comment or CDATA section that begins at `tag`; -1 where it is not closed, null where none begins. */
function passedOver(bytes: Uint8Array, tag: number): number | null {
  if (startsWith(bytes, tag, commentTag)) return behind(bytes, tag + commentTag.length, commentEnd);
  if (startsWith(bytes, tag, cdataTag)) return behind(bytes, tag + cdataTag.length, cdataEnd);
  return null;
}

function behind(bytes: Uint8Array, from: number, sign: Uint8Array): number {
  const first = sign[0] as number;
  for (let at = bytes.indexOf(first, from); at >= 0; at = bytes.indexOf(first, at + 1))
    if (startsWith(bytes, at, sign)) return at + sign.length;
  return -1;
}

/** Whether a tag of exactly this name begins here. */
function isTag(bytes: Uint8Array, at: number, tag: Uint8Array): boolean {
  if (!startsWith(bytes, at, tag)) return false;
  const next = bytes[at + tag.length];
  return next === 0x3e || next === 0x2f || (next !== undefined && next <= 0x20);
}

function startsWith(bytes: Uint8Array, at: number, sign: Uint8Array): boolean {
  for (let i = 0; i < sign.length; i++) if (bytes[at + i] !== sign[i]) return false;
  return true;
}
