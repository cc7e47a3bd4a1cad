import { CorpusError, unknownFormat } from './errors.ts';
import { decodeAt } from './textHash.ts';

export type TextEncodingName = 'utf-8' | 'utf-16le' | 'utf-16be';

/** Files that people drop by mistake, by their first bytes. */
const signatures: readonly (readonly [bytes: readonly number[], what: string])[] = [
  [[0x50, 0x4b, 0x03, 0x04], 'a zip archive (or an Excel workbook)'],
  [[0x50, 0x41, 0x52, 0x31], 'a Parquet file'],
  [[0x25, 0x50, 0x44, 0x46], 'a PDF'],
  [[0x89, 0x50, 0x4e, 0x47], 'a picture'],
  [[0xff, 0xd8, 0xff], 'a picture'],
  [[0x53, 0x51, 0x4c, 0x69, 0x74, 0x65], 'a SQLite database'],
  [[0xd0, 0xcf, 0x11, 0xe0], 'an old Office document'],
  [[0x80, 0x04, 0x95], 'a Python pickle'],
];

/** Compressions that no kept-up library of a browser's size reads, with the command that takes them off. */
const compressions: readonly (readonly [bytes: readonly number[], what: string, command: string])[] = [
  [[0x42, 0x5a, 0x68], 'bzip2-compressed', 'bunzip2 -k file.bz2'],
  [[0xfd, 0x37, 0x7a, 0x58], 'xz-compressed', 'unxz -k file.xz'],
  [[0x28, 0xb5, 0x2f, 0xfd], 'zstd-compressed', 'unzstd file.zst'],
  [[0x37, 0x7a, 0xbc, 0xaf], 'a 7-zip archive', '7z x file.7z'],
  [[0x52, 0x61, 0x72, 0x21], 'a RAR archive', 'unrar x file.rar'],
];

export function isZip(head: Uint8Array): boolean {
  return (
    head[0] === 0x50 &&
    head[1] === 0x4b &&
    (head[2] === 3 || head[2] === 5) &&
    (head[3] === 4 || head[3] === 6)
  );
}

/** `PAR1`, or `PARE` where the footer is encrypted. */
export function isParquet(head: Uint8Array): boolean {
  return head[0] === 0x50 && head[1] === 0x41 && head[2] === 0x52 && (head[3] === 0x31 || head[3] === 0x45);
}

export function isGzip(head: Uint8Array): boolean {
  return head[0] === 0x1f && head[1] === 0x8b;
}

/** The encoding by byte-order mark; UTF-8 where there is none. */
export function encodingOf(head: Uint8Array): TextEncodingName {
  if (head[0] === 0xff && head[1] === 0xfe) return 'utf-16le';
  return head[0] === 0xfe && head[1] === 0xff ? 'utf-16be' : 'utf-8';
}

/**
 * Checks that the first bytes of a file are text that can be read, and says in which encoding. Throws `format-unknown`
 * (pictures, databases), `compression-unknown`, `file-binary`, `file-encoding` (UTF-16 without mark, Latin-1).
 */
export function checkText(name: string, head: Uint8Array): TextEncodingName {
  for (const [bytes, what, command] of compressions)
    if (bytes.every((byte, i) => head[i] === byte))
      throw new CorpusError(
        'compression-unknown',
        `${name} is ${what}.`,
        `Unpack it first (${command}); Verbena reads gzip and zip itself.`,
      );
  for (const [bytes, what] of signatures)
    if (bytes.every((byte, i) => head[i] === byte)) throw unknownFormat(name, what);
  const encoding = encodingOf(head);
  if (encoding !== 'utf-8') return encoding;
  let nulls = 0;
  let controls = 0;
  let sequences = 0;
  let invalid = 0;
  for (let i = 0; i < head.length; i++) {
    const c = head[i] as number;
    if (c === 0) nulls++;
    else if (c < 0x20 && c !== 9 && c !== 10 && c !== 13 && c !== 12) controls++;
    else if (c >= 0x80) {
      sequences++;
      const point = decodeAt(head, i, head.length);
      if (point >= 0) i += point < 0x800 ? 1 : point < 0x10000 ? 2 : 3;
      // A sequence cut by the end of the sample is no fault.
      else if (i < head.length - 4) invalid++;
    }
  }
  if (nulls > head.length * 0.2 && nulls < head.length * 0.6 && controls < head.length * 0.05)
    throw badEncoding(name, 'UTF-16 without a byte-order mark', 'UTF-16');
  if (nulls > 0 || controls > head.length * 0.05)
    throw new CorpusError(
      'file-binary',
      `${name} is not a text file.`,
      'Choose a CSV, TSV, JSON or JSON Lines file, or one of these gzipped.',
    );
  if (invalid > 2 && invalid > sequences * 0.3)
    throw badEncoding(name, 'Latin-1 or Windows-1252, not UTF-8', 'WINDOWS-1252');
  return 'utf-8';
}

function badEncoding(name: string, what: string, from: string): CorpusError {
  return new CorpusError(
    'file-encoding',
    `${name} is encoded as ${what}.`,
    `Save it as UTF-8 first, e.g. with: iconv -f ${from} -t UTF-8 < file > file-utf8`,
    { from },
  );
}
