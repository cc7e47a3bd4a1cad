import { jsonFile } from '../../base/json.ts';
import { throttled, throwIfAborted, type TaskOptions } from '../../base/progress.ts';
import { nextTask } from '../../base/breath.ts';
import { sha256 } from '../../models/files/sha256.ts';
import { createZipWriter, type ZipSink } from '../../models/files/zipWriter.ts';
import { serialiseDocument, type NotebookDocument } from '../document.ts';
import { BundleError } from './errors.ts';
import { manifestPath, notebookPath, type Manifest, type ManifestPart } from './manifest.ts';
import { chunksOf, contentBytes, isWorthDeflating, type Member, type Offer } from './member.ts';
import { readmeOf } from './readme.ts';

export interface BundleInput {
  readonly document: NotebookDocument;
  readonly offers: readonly Offer[];
  /** In the manifest, e.g. `Verbena 0.1.0`. */
  readonly writtenBy: string;
  readonly now?: Date;
}

/**
 * Writes a notebook with the chosen parts as one zip, a block at a time; returns its length. The table of contents comes last, with the
 * hash of every member. Throws `aborted`, and what the sink throws.
 */
export async function writeBundle(
  { document, offers, writtenBy, now = new Date() }: BundleInput,
  sink: ZipSink,
  { signal, onProgress }: TaskOptions = {},
): Promise<number> {
  const zip = createZipWriter(sink, now);
  const report = throttled(onProgress);
  const notebook = { path: notebookPath, content: serialiseDocument(document) };
  const total = offers.reduce((sum, { bytes }) => sum + bytes, contentBytes(notebook.content));
  const written = new Map<string, Manifest['members'][number]>();
  let done = 0;
  const add = async ({ path, content, isText = false }: Member, phase: string) => {
    throwIfAborted(signal);
    const deflate = typeof content === 'string' || (isText && (await isWorthDeflating(content)));
    const hash = sha256();
    async function* told(): AsyncGenerator<Uint8Array> {
      for await (const chunk of chunksOf(content, signal)) {
        hash.update(chunk);
        yield chunk;
        done += chunk.byteLength;
        report({ phase, done: Math.min(done, total), total, unit: 'bytes' });
        // Hashing a block takes milliseconds: the page answers between two.
        await nextTask();
      }
    }
    try {
      const bytes = await zip.add(path, told(), { deflate, mostBytes: contentBytes(content) });
      written.set(path, { path, bytes, sha256: hash.hex() });
    } catch (error) {
      throw gone(path, error);
    }
  };

  await add({ path: 'README.md', content: readmeOf(document, offers) }, 'Writing');
  await add(notebook, 'Writing the notebook');
  const parts: ManifestPart[] = [];
  for (const offer of offers) {
    const paths: string[] = [];
    for (const member of await offer.members()) {
      await add(member, `Writing ${offer.name}`);
      paths.push(member.path);
    }
    parts.push({ kind: offer.kind, id: offer.id, name: offer.name, members: paths });
  }
  const manifest: Manifest = {
    format: 'verbena-bundle',
    version: 1,
    writtenBy,
    savedAt: now.toISOString(),
    title: document.title,
    parts,
    members: [...written.values()],
  };
  await add({ path: manifestPath, content: jsonFile(manifest) }, 'Writing');
  return zip.finish();
}

/** A file that changed while it was read, such as a checkpoint of a run that goes on, in words; anything else as it is. */
function gone(path: string, error: unknown): unknown {
  const isGone =
    error instanceof DOMException && (error.name === 'NotFoundError' || error.name === 'NotReadableError');
  if (!isGone) return error;
  return new BundleError(
    'bundle-write-failed',
    `${path} changed while it was being written into the file.`,
    'Wait until what is running has ended, or stop it; then save again.',
    { path },
    error,
  );
}
