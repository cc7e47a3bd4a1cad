import { plural } from '../../base/counts.ts';
import { breather } from '../../base/breath.ts';
import { isAbort, toWire } from '../../base/errors.ts';
import { mapAtOnce } from '../../base/pool.ts';
import { throttled, throwIfAborted, type Progress } from '../../base/progress.ts';
import { isZip } from '../../core/corpus/encoding.ts';
import { CorpusError } from '../../core/corpus/errors.ts';
import { previewRows, sniffBytes, sniffHead, type GivenFormat } from '../../core/corpus/sniff.ts';
import { lookInto, openSource, parquetFile } from './byteSource.ts';
import type { Inspection, SkippedFile, SniffedFile } from './contract.ts';
import { listZip, zipProblem } from './zipSource.ts';

/** Names that are looked into where many files come at once; a single file is sniffed whatever it is called. */
const knownExtension = /\.(?:csv|tsv|txt|json|jsonl|ndjson|xml|parquet)(?:\.gz)?$|^[^.]+$/iu;
const atOnce = 8;
/** Of many files each is only looked into this far. */
const manyFiles = 100;
const manyFilesBytes = 32 << 10;
/** Files left out that are listed one by one; all are counted. */
const mostListed = 1000;

interface Candidate {
  readonly file: File;
  readonly fileIndex: number;
  readonly member?: string;
  readonly name: string;
}

/** Looks into one file or zip member. Throws the file-level errors of `sniffHead`, `sniffParquet`, `lookInto`, `openSource`. */
export async function sniffSource(
  file: File,
  member: string | undefined,
  given?: GivenFormat,
  limit = sniffBytes,
): Promise<SniffedFile> {
  const source = await openSource(file, member);
  const { head } = await lookInto(source, limit);
  const sniffed = head
    ? sniffHead(head, given)
    : // Parquet and its decompressors are loaded when the first such file comes.
      await (
        await import('../../core/corpus/parquet.ts')
      ).sniffParquet(source.name, source.byteLength, await parquetFile(source), previewRows);
  return member === undefined ? sniffed : { ...sniffed, mapping: { ...sniffed.mapping, member } };
}

/**
 * Looks into everything that was dropped: archives are opened, a folder's files are read where their names promise data, the
 * rest is counted with its reason. One file alone that cannot be read throws its own error, and so do many of which none can.
 * Throws `aborted`.
 */
export async function inspectFiles(
  files: readonly File[],
  onProgress: (progress: Progress) => void,
  signal: AbortSignal,
): Promise<Inspection> {
  const skipped: SkippedFile[] = [];
  let skippedCount = 0;
  let firstError: unknown = null;
  const skip = (entry: SkippedFile, error?: unknown) => {
    firstError ??= error ?? null;
    skippedCount++;
    if (skipped.length < mostListed) skipped.push(entry);
  };
  const candidates: Candidate[] = [];
  for (const [fileIndex, file] of files.entries()) {
    throwIfAborted(signal);
    // Of a large folder, names decide: ten thousand looks one after another are felt.
    if ((files.length <= manyFiles || /\.zip$/iu.test(file.name)) && (await beginsAsZip(file))) {
      try {
        throwIfOffice(file.name);
        const { members, skipped: problems } = await listZip(file);
        for (const problem of problems)
          skip(
            { name: `${file.name}/${problem.name}`, code: problem.code, reason: problem.reason },
            zipProblem(file.name, problem),
          );
        for (const { name } of members)
          if (members.length === 1 || knownExtension.test(baseName(name)))
            candidates.push({ file, fileIndex, member: name, name: `${file.name}/${name}` });
          else skip(otherKind(`${file.name}/${name}`));
      } catch (error) {
        if (files.length === 1 || isAbort(error)) throw error;
        skip(skippedBy(file.name, error), error);
      }
    } else if (files.length === 1 || knownExtension.test(file.name))
      candidates.push({ file, fileIndex, name: file.name });
    else skip(otherKind(file.name));
  }
  const found = await sniffAll(
    candidates,
    { onProgress, signal },
    skip,
    files.length === 1 && candidates.length === 1,
  );
  if (found.length === 0) throw firstError ?? nothingToRead(files);
  return { entries: found, skipped, skippedCount };
}

async function sniffAll(
  candidates: readonly Candidate[],
  { onProgress, signal }: { onProgress: (progress: Progress) => void; signal: AbortSignal },
  skip: (entry: SkippedFile, error: unknown) => void,
  isAlone: boolean,
): Promise<Inspection['entries'][number][]> {
  const report = throttled(onProgress);
  const breathe = breather();
  const limit = candidates.length > manyFiles ? manyFilesBytes : sniffBytes;
  const shapes = new Set<string>();
  let done = 0;
  const found = await mapAtOnce(
    candidates,
    atOnce,
    async ({ file, fileIndex, member, name }): Promise<Inspection['entries'][number] | null> => {
      throwIfAborted(signal);
      await breathe();
      try {
        const sniffed = await sniffSource(file, member, undefined, limit);
        const shape = JSON.stringify([sniffed.columns, sniffed.mapping.format, sniffed.mapping.delimiter]);
        // Ten thousand previews of the same table are four hundred megabytes that nobody looks at.
        const isSeen = shapes.has(shape) && candidates.length > manyFiles;
        shapes.add(shape);
        return { fileIndex, sniffed: isSeen ? { ...sniffed, preview: [] } : sniffed };
      } catch (error) {
        if (isAlone || isAbort(error)) throw error;
        skip(skippedBy(name, error), error);
        return null;
      } finally {
        report({ phase: 'Looking into the files', done: ++done, total: candidates.length, unit: 'elements' });
      }
    },
  );
  return found.filter((entry) => entry !== null);
}

async function beginsAsZip(file: File): Promise<boolean> {
  try {
    return isZip(new Uint8Array(await file.slice(0, 4).arrayBuffer()));
  } catch {
    // The sniffing that follows says what is wrong with it.
    return false;
  }
}

/** Office documents are zip archives of XML inside: their parts are nobody's data. Throws `format-unknown`. */
function throwIfOffice(name: string): void {
  const [, extension] = /\.(docx|odt|xlsx|ods|pptx|odp)$/iu.exec(name) ?? [];
  if (extension === undefined) return;
  const isSheet = /^(?:xlsx|ods)$/iu.test(extension);
  throw new CorpusError(
    'format-unknown',
    `${name} is ${isSheet ? 'a spreadsheet' : 'an Office document'}.`,
    isSheet
      ? 'Save its sheet as CSV in the program that made it, and drop that file.'
      : 'Save its text as a plain text file, a text a line, or its table as CSV, and drop that file.',
  );
}

const baseName = (path: string) => path.slice(path.lastIndexOf('/') + 1);

const otherKind = (name: string): SkippedFile => ({
  name,
  code: 'other-kind',
  reason: 'Its name promises no data (CSV, TSV, TXT, JSON, JSONL, XML, Parquet, also .gz).',
});

function skippedBy(name: string, error: unknown): SkippedFile {
  const { code, message } = toWire(error);
  return { name, code, reason: message };
}

function nothingToRead(files: readonly File[]): CorpusError {
  return new CorpusError(
    'format-unknown',
    files.length === 1
      ? `${files[0]?.name ?? 'The archive'} holds no data files.`
      : `None of ${plural(files.length, 'file')} is data by its name.`,
    'Verbena reads CSV, TSV, JSON, JSON Lines, MediaWiki XML and Parquet files, also gzipped or zipped.',
  );
}
