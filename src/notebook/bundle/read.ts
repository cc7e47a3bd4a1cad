import { nextTask } from '../../base/breath.ts';
import { throttled, throwIfAborted, type TaskOptions } from '../../base/progress.ts';
import { CorpusError } from '../../core/corpus/errors.ts';
import { inflateMember } from '../../core/corpus/gunzip.ts';
import { BrokenSource } from '../../core/corpus/indexFile.ts';
import {
  entryProblem,
  memberStart,
  readZipDirectory,
  type RandomAccess,
  type ZipEntry,
} from '../../core/corpus/zip.ts';
import { sha256 } from '../../models/files/sha256.ts';
import { BundleError, damaged, invalidPart } from './errors.ts';
import { foreign, manifestPath, notebookPath, parseManifest, type Manifest } from './manifest.ts';
import { chunksOf, type PartKind } from './member.ts';

/** A notebook with everything, opened: its table of contents read, its members still in the file. */
export interface OpenBundle {
  readonly manifest: Manifest;
  /** Bytes of all members, unpacked. */
  readonly bytes: number;
  /** A member's bytes, held to its length; throws `bundle-damaged`, `aborted`. */
  chunks(path: string, signal?: AbortSignal): AsyncIterable<Uint8Array>;
  /** A small member as text. Throws `bundle-damaged`, `bundle-too-large`. */
  text(path: string): Promise<string>;
  /** A member as a blob: stored ones stay in the file. */
  blob(path: string): Promise<Blob>;
}

const mostMembers = 100_000;
const mostManifestBytes = 64 << 20;
/** A text is held as one string. */
const mostTextBytes = 256 << 20;
/** Members together may not be longer than this many times the file: weights do not shrink, and texts do so to a thirtieth. */
const highestRatio = 200;
const harmlessBytes = 64 << 20;

const isZip = async (file: Blob): Promise<boolean> => {
  const head = new Uint8Array(await file.slice(0, 4).arrayBuffer());
  return head[0] === 0x50 && head[1] === 0x4b && (head[2] === 3 || head[2] === 5);
};

/** Whether a dropped file is a notebook with everything: by its name, or by what stands in it where it was renamed. */
export async function isBundle(file: File): Promise<boolean> {
  if (/\.verbena(?:\s*\(\d+\))?\.zip$/iu.test(file.name)) return true;
  if (!/\.zip$/iu.test(file.name) || !(await isZip(file))) return false;
  const entries = await readZipDirectory(file.name, accessTo(file)).catch(() => []);
  return [manifestPath, notebookPath].every((path) => entries.some(({ name }) => name === path));
}

/**
 * Opens a notebook with everything and checks its table of contents against the zip's directory. Throws `bundle-foreign`, `bundle-newer`,
 * `bundle-torn`, `bundle-unsafe`, `bundle-encrypted`, `bundle-too-large`, `bundle-invalid`, `bundle-damaged`.
 */
export async function openBundle(file: File): Promise<OpenBundle> {
  if (!(await isZip(file))) throw foreign(file.size === 0 ? 'it is empty' : 'it is no zip archive');
  const access = accessTo(file);
  const entries = await directoryOf(file, access);
  const entry = (path: string): ZipEntry => {
    const found = entries.get(path);
    if (!found) throw torn(`${path} is missing`);
    return found;
  };
  async function* chunks(path: string, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
    const found = entry(path);
    const start = await memberStart(file.name, access, found).catch((error: unknown) => {
      throw asBundleError(error);
    });
    const packed = file.slice(start, start + found.compressedBytes);
    try {
      if (found.method === 0) yield* chunksOf(packed, signal);
      else
        for await (const chunk of inflateMember(() => chunksOf(packed, signal), found)) {
          throwIfAborted(signal);
          yield chunk;
        }
    } catch (error) {
      if (error instanceof BrokenSource) throw damaged(path, error.message.replace(/: rows.*$/u, ''), error);
      throw error;
    }
  }
  const blob = async (path: string): Promise<Blob> => {
    const found = entry(path);
    if (found.method === 0) {
      const start = await memberStart(file.name, access, found);
      return file.slice(start, start + found.byteLength);
    }
    const parts: BlobPart[] = [];
    for await (const chunk of chunks(path)) parts.push(new Uint8Array(chunk));
    return new Blob(parts);
  };
  const text = async (path: string, most = mostTextBytes): Promise<string> => {
    if (entry(path).byteLength > most)
      throw tooLarge(`${path} says it holds ${entry(path).byteLength} bytes`);
    return (await blob(path)).text();
  };

  if (!entries.has(manifestPath)) throw foreign('it has no manifest.json');
  const manifest = parseManifest(await text(manifestPath, mostManifestBytes));
  checkContents(manifest, entries);
  const bytes = manifest.members.reduce((sum, member) => sum + member.bytes, 0);
  return { manifest, bytes, chunks, text, blob };
}

async function directoryOf(file: File, access: RandomAccess): Promise<Map<string, ZipEntry>> {
  const list = await readZipDirectory(file.name, access).catch((error: unknown) => {
    throw asBundleError(error);
  });
  if (list.length > mostMembers) throw tooLarge(`it has ${list.length} members`);
  const entries = new Map<string, ZipEntry>();
  for (const entry of list) {
    if (entries.has(entry.name)) throw invalidPart(entry.name, 'it stands twice in the archive');
    entries.set(entry.name, entry);
    const problem = entryProblem(entry);
    if (!problem) continue;
    const { code, reason } = problem;
    if (code === 'zip-unsafe-name')
      throw new BundleError(
        'bundle-unsafe',
        `A member of this file is called ${JSON.stringify(entry.name.slice(0, 120))}, which points outside of it.`,
        'Do not open this file; ask where it came from. Nothing was opened.',
        { name: entry.name },
      );
    if (code === 'zip-encrypted')
      throw new BundleError(
        'bundle-encrypted',
        `${entry.name} in this file is encrypted.`,
        'Unpack the file with its password, pack it again without one, and open that.',
      );
    if (code === 'zip-too-large') throw tooLarge(`${entry.name}: ${reason}`);
    // Archives among the members are never unpacked, and other compressions never read.
  }
  const sum = list.reduce((total, { byteLength }) => total + byteLength, 0);
  if (sum > harmlessBytes && sum > highestRatio * file.size)
    throw tooLarge(`its ${file.size} bytes say they unpack to ${sum}`);
  return entries;
}

function checkContents(manifest: Manifest, entries: ReadonlyMap<string, ZipEntry>): void {
  const listed = new Set<string>();
  for (const { path, bytes } of manifest.members) {
    if (listed.has(path)) throw invalidPart(manifestPath, `it lists ${path} twice`);
    listed.add(path);
    const entry = entries.get(path);
    if (!entry) throw torn(`${path} is missing`);
    if (entry.method !== 0 && entry.method !== 8)
      throw damaged(path, 'its compression is neither stored nor deflated');
    if (entry.byteLength !== bytes)
      throw damaged(path, `it has ${entry.byteLength} bytes where ${bytes} were saved`);
    if (entry.method === 0 && entry.compressedBytes !== entry.byteLength)
      throw damaged(path, 'its lengths contradict each other');
  }
  if (!listed.has(notebookPath)) throw torn(`${notebookPath} is missing`);
  const used = new Set<string>();
  const parts = new Set<string>();
  for (const { kind, id, members } of manifest.parts) {
    if (parts.has(`${kind}/${id}`)) throw invalidPart(manifestPath, `it lists ${kind} ${id} twice`);
    parts.add(`${kind}/${id}`);
    for (const path of members) {
      if (!listed.has(path)) throw torn(`${path} is missing`);
      if (used.has(path)) throw invalidPart(manifestPath, `${path} belongs to two parts`);
      used.add(path);
    }
  }
}

/** Parts that are only there to save work. */
const expendable: ReadonlySet<PartKind> = new Set(['scores']);

/**
 * Reads every member once and holds it against its hash; returns the damaged ones of parts that can be made again. Throws
 * `bundle-damaged`, `aborted`.
 */
export async function verifyBundle(
  bundle: OpenBundle,
  { signal, onProgress }: TaskOptions = {},
): Promise<ReadonlySet<string>> {
  const report = throttled(onProgress);
  const lost = new Set<string>();
  const canBeLost = new Set(
    bundle.manifest.parts.flatMap(({ kind, members }) => (expendable.has(kind) ? members : [])),
  );
  let done = 0;
  for (const { path, sha256: expected } of bundle.manifest.members) {
    const hash = sha256();
    for await (const chunk of bundle.chunks(path, signal)) {
      hash.update(chunk);
      done += chunk.byteLength;
      report({ phase: 'Checking the file', done, total: bundle.bytes, unit: 'bytes' });
      await nextTask();
      throwIfAborted(signal);
    }
    if (hash.hex() === expected) continue;
    if (!canBeLost.has(path)) throw damaged(path, 'its bytes are not those that were saved');
    lost.add(path);
  }
  return lost;
}

const torn = (why: string, cause?: unknown) =>
  new BundleError(
    'bundle-torn',
    `This file is not whole: ${why}.`,
    'Copy or download it again: it was probably cut off on its way. Nothing was opened.',
    {},
    cause,
  );

const tooLarge = (why: string) =>
  new BundleError(
    'bundle-too-large',
    `This file claims to unpack to more than any notebook holds: ${why}.`,
    'Do not open it unless you know where it came from; `unzip -l` lists what it claims. Nothing was opened.',
  );

/** What the zip's directory threw, in this file's words. */
function asBundleError(error: unknown): unknown {
  if (!(error instanceof CorpusError)) return error;
  return torn(error.message.replace(/^.*zip archive: /u, '').replace(/\.$/u, ''), error);
}

function accessTo(file: File): RandomAccess {
  return {
    byteLength: file.size,
    read: async (start, end) => new Uint8Array(await file.slice(start, end).arrayBuffer()),
  };
}
