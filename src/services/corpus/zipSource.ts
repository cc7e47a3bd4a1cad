import { CorpusError } from '../../core/corpus/errors.ts';
import { inflateMember } from '../../core/corpus/gunzip.ts';
import {
  entryProblem,
  invalidZip,
  memberStart,
  readZipDirectory,
  type RandomAccess,
  type SkippedEntry,
  type ZipEntry,
} from '../../core/corpus/zip.ts';
import { fileChunks, unreadable, type ByteSource } from './fileChunks.ts';

/** Directories read already: an archive of ten thousand members is asked for each of them. */
const directories = new WeakMap<File, Promise<Map<string, ZipEntry>>>();

/** Files that systems put into archives for themselves. */
const litter = /(?:^|\/)(?:__MACOSX\/|\.|Thumbs\.db$|desktop\.ini$)/u;

/** What can be read of an archive, and what cannot with the reason. Throws `zip-invalid`, `file-unreadable`. */
export async function listZip(file: File): Promise<{ members: ZipEntry[]; skipped: SkippedEntry[] }> {
  const members: ZipEntry[] = [];
  const skipped: SkippedEntry[] = [];
  for (const entry of (await directoryOf(file)).values()) {
    const problem = entryProblem(entry);
    if (problem) skipped.push(problem);
    else if (!litter.test(entry.name)) members.push(entry);
  }
  return { members, skipped };
}

/** One member as a source of bytes. Throws `zip-invalid` and the codes of `entryProblem`. */
export async function zipMember(file: File, name: string): Promise<ByteSource> {
  const entry = (await directoryOf(file)).get(name);
  if (!entry) throw invalidZip(file.name, `it has no member ${name}`);
  const problem = entryProblem(entry);
  if (problem) throw zipProblem(file.name, problem);
  const start = await memberStart(file.name, accessTo(file), entry);
  const packed = file.slice(start, start + entry.compressedBytes);
  const shared = { name: `${file.name}/${name}`, byteLength: entry.compressedBytes };
  if (entry.method === 0)
    return { ...shared, blob: packed, chunks: (...args) => fileChunks(packed, 0, ...args) };
  return {
    ...shared,
    blob: null,
    chunks: (...args) => inflateMember(() => fileChunks(packed, 0, ...args), entry),
  };
}

export const zipProblem = (archive: string, { name, code, reason }: SkippedEntry) =>
  new CorpusError(
    code,
    `${archive}/${name} is not read. ${reason}`,
    'Unpack the archive and drop the files that you want.',
  );

function directoryOf(file: File): Promise<Map<string, ZipEntry>> {
  let known = directories.get(file);
  if (!known) {
    known = readZipDirectory(file.name, accessTo(file)).then(
      (entries) => new Map(entries.map((entry) => [entry.name, entry])),
    );
    directories.set(file, known);
  }
  return known;
}

function accessTo(file: File): RandomAccess {
  return {
    byteLength: file.size,
    read: async (start, end) => {
      try {
        return new Uint8Array(await file.slice(start, end).arrayBuffer());
      } catch (error) {
        throw unreadable(file, error);
      }
    },
  };
}
