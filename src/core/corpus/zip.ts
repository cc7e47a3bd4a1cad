import { CorpusError } from './errors.ts';

// The directory of a zip archive (APPNOTE.TXT 6.3.10, sections 4.3 and 4.5.3), read from its end: the local headers in front of
// the members may lie, and a member can be opened without reading those before it.

/** A file that can be read anywhere. */
export interface RandomAccess {
  readonly byteLength: number;
  readonly read: (start: number, end: number) => Promise<Uint8Array>;
}

export interface ZipEntry {
  readonly name: string;
  /** 0 stored, 8 deflated. */
  readonly method: number;
  readonly isEncrypted: boolean;
  readonly compressedBytes: number;
  readonly byteLength: number;
  readonly crc32: number;
  /** Where its local header begins. */
  readonly headerOffset: number;
}

export interface SkippedEntry {
  readonly name: string;
  readonly code: 'zip-encrypted' | 'zip-unsafe-name' | 'zip-nested' | 'zip-too-large' | 'format-unknown';
  readonly reason: string;
}

const endSignature = 0x0605_4b50;
const end64Signature = 0x0606_4b50;
const locatorSignature = 0x0706_4b50;
const entrySignature = 0x0201_4b50;
const localSignature = 0x0403_4b50;
const endBytes = 22;
const longestComment = 0xffff;
/** A directory of some hundred thousand names. */
const largestDirectoryBytes = 64 << 20;
/** Text deflates to a tenth or a thirtieth; nothing but repetition goes beyond this. */
const highestRatio = 200;
const harmlessBytes = 64 << 20;
const largestMemberBytes = 64 * 2 ** 30;

/**
 * The members of an archive, directories left out. Throws `zip-invalid`: no directory (cut off, not a zip), damaged, in several
 * volumes, or members that overlap (as in archives made to expand without end).
 */
export async function readZipDirectory(name: string, file: RandomAccess): Promise<ZipEntry[]> {
  const tailStart = Math.max(0, file.byteLength - endBytes - longestComment);
  const tail = viewOf(await file.read(tailStart, file.byteLength));
  let at = tail.byteLength - endBytes;
  while (
    at >= 0 &&
    !(
      tail.getUint32(at, true) === endSignature &&
      at + endBytes + tail.getUint16(at + 20, true) <= tail.byteLength
    )
  )
    at--;
  if (at < 0) throw invalidZip(name, 'its directory, which stands at the end, is missing: it was cut off');
  let count = tail.getUint16(at + 10, true);
  let size = tail.getUint32(at + 12, true);
  let offset = tail.getUint32(at + 16, true);
  let directoryEnd = tailStart + at;
  if (count === 0xffff || size === 0xffff_ffff || offset === 0xffff_ffff) {
    const locatorAt = at - 20;
    if (locatorAt >= 0 && tail.getUint32(locatorAt, true) === locatorSignature) {
      const end64At = Number(tail.getBigUint64(locatorAt + 8, true));
      const end64 = viewOf(await file.read(end64At, Math.min(file.byteLength, end64At + 56)));
      if (end64.byteLength < 56 || end64.getUint32(0, true) !== end64Signature)
        throw invalidZip(name, 'its zip64 directory is damaged');
      count = Number(end64.getBigUint64(32, true));
      size = Number(end64.getBigUint64(40, true));
      offset = Number(end64.getBigUint64(48, true));
      directoryEnd = end64At;
    }
  }
  if (tail.getUint16(at + 4, true) !== 0 && tail.getUint16(at + 4, true) !== 0xffff)
    throw invalidZip(name, 'it is one of several volumes');
  if (offset + size > directoryEnd)
    throw invalidZip(name, 'its directory points outside the file: it was cut off');
  if (size > largestDirectoryBytes) throw invalidZip(name, `its directory takes ${size} bytes`);
  const entries = parseDirectory(name, viewOf(await file.read(offset, offset + size)), count);
  refuseOverlaps(name, entries, offset);
  return entries.filter((entry) => !entry.name.endsWith('/'));
}

function parseDirectory(name: string, view: DataView, count: number): ZipEntry[] {
  const entries: ZipEntry[] = [];
  let at = 0;
  for (let i = 0; i < count; i++) {
    if (at + 46 > view.byteLength || view.getUint32(at, true) !== entrySignature)
      throw invalidZip(name, `entry ${i + 1} of ${count} of its directory is damaged`);
    const flags = view.getUint16(at + 8, true);
    const nameLength = view.getUint16(at + 28, true);
    const extraLength = view.getUint16(at + 30, true);
    const next = at + 46 + nameLength + extraLength + view.getUint16(at + 32, true);
    if (next > view.byteLength) throw invalidZip(name, 'its directory is cut off');
    const sizes = [
      view.getUint32(at + 24, true),
      view.getUint32(at + 20, true),
      view.getUint32(at + 42, true),
    ];
    readZip64(view, at + 46 + nameLength, extraLength, sizes);
    entries.push({
      // Names without the UTF-8 flag are mostly ASCII or UTF-8 all the same.
      name: new TextDecoder().decode(new Uint8Array(view.buffer, view.byteOffset + at + 46, nameLength)),
      method: view.getUint16(at + 10, true),
      isEncrypted: (flags & 1) === 1,
      byteLength: sizes[0] as number,
      compressedBytes: sizes[1] as number,
      headerOffset: sizes[2] as number,
      crc32: view.getUint32(at + 16, true),
    });
    at = next;
  }
  return entries;
}

/** Replaces sizes that do not fit 32 bits by those of the zip64 field. */
function readZip64(view: DataView, from: number, length: number, sizes: number[]): void {
  for (let at = from; at + 4 <= from + length;) {
    const id = view.getUint16(at, true);
    const fieldEnd = at + 4 + view.getUint16(at + 2, true);
    at += 4;
    if (id === 1)
      for (const [i, size] of sizes.entries())
        if (size === 0xffff_ffff && at + 8 <= Math.min(fieldEnd, from + length)) {
          sizes[i] = Number(view.getBigUint64(at, true));
          at += 8;
        }
    at = fieldEnd;
  }
}

function refuseOverlaps(name: string, entries: readonly ZipEntry[], directoryOffset: number): void {
  let end = 0;
  for (const entry of [...entries].sort((a, b) => a.headerOffset - b.headerOffset)) {
    if (entry.headerOffset < end || entry.headerOffset + 30 + entry.compressedBytes > directoryOffset)
      throw invalidZip(name, `the bytes of ${entry.name} overlap with other members`);
    end = entry.headerOffset + 30 + entry.compressedBytes;
  }
}

/** Why a member is not read; null where it can be. Names are never used as paths, but one that climbs is a sign of ill will. */
export function entryProblem(entry: ZipEntry): SkippedEntry | null {
  const { name, method, byteLength, compressedBytes } = entry;
  const problem = (code: SkippedEntry['code'], reason: string) => ({ name, code, reason });
  if (isUnsafeName(name)) return problem('zip-unsafe-name', 'The name points outside the archive.');
  if (entry.isEncrypted)
    return problem('zip-encrypted', 'It is encrypted: unpack the archive with its password first.');
  if (method !== 0 && method !== 8)
    return problem(
      'format-unknown',
      `Its compression (method ${method}) is neither stored nor deflated: pack it again with zip.`,
    );
  if (/\.(?:zip|7z|rar|tar|tgz|bz2|xz|zst)$/iu.test(name) || /\.tar\.gz$/iu.test(name))
    return problem('zip-nested', 'An archive inside an archive is not opened: unpack the outer one first.');
  if (
    byteLength > largestMemberBytes ||
    (byteLength > harmlessBytes && byteLength > highestRatio * compressedBytes)
  )
    return problem(
      'zip-too-large',
      `It says it expands from ${compressedBytes} to ${byteLength} bytes, as no text does.`,
    );
  return null;
}

function isUnsafeName(name: string): boolean {
  return (
    name === '' ||
    name.includes('\0') ||
    name.includes('\\') ||
    /^(?:\/|[a-z]:)/iu.test(name) ||
    name.split('/').includes('..')
  );
}

/** Where a member's compressed bytes begin. Throws `zip-invalid`. */
export async function memberStart(name: string, file: RandomAccess, entry: ZipEntry): Promise<number> {
  const header = viewOf(
    await file.read(entry.headerOffset, Math.min(file.byteLength, entry.headerOffset + 30)),
  );
  if (header.byteLength < 30 || header.getUint32(0, true) !== localSignature)
    throw invalidZip(name, `${entry.name} does not begin where the directory says`);
  return entry.headerOffset + 30 + header.getUint16(26, true) + header.getUint16(28, true);
}

export const invalidZip = (name: string, why: string) =>
  new CorpusError(
    'zip-invalid',
    `${name} cannot be opened as a zip archive: ${why}.`,
    'Download or pack it again; `zip -T file.zip` checks it.',
  );

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
