import { fileNameOf, type NotebookDocument } from '../../notebook/document.ts';
import { BundleError } from '../../notebook/bundle/errors.ts';
import type { Offer } from '../../notebook/bundle/member.ts';
import { blobSink, type ZipSink } from '../../models/files/zipWriter.ts';
import { writeBundle } from '../../notebook/bundle/write.ts';
import { formatBytes } from '../../notebook/format.ts';
import { saveFile } from '../files.ts';
import { version } from '../runtime.ts';
import { runExport } from '../report/exportJob.ts';
import { madeReady } from './contents.ts';

/** From here on the browser is asked where to save, and the file is written as it is made instead of being collected first. */
const streamedBytes = 32 << 20;

// Not in TypeScript's library: Chrome's file picker.
interface PickerWindow {
  readonly showSaveFilePicker?: (options: {
    readonly suggestedName: string;
    readonly types: readonly { readonly description: string; readonly accept: Record<string, string[]> }[];
  }) => Promise<FileSystemFileHandle>;
}

interface Target extends ZipSink {
  /** Ends what was written well. */
  close(): Promise<void>;
  /** Leaves nothing. */
  discard(): Promise<void>;
}

/** Saves the notebook with these parts. Call from a press: a large file asks where to first. */
export async function saveBundle(document: NotebookDocument, offers: readonly Offer[]): Promise<void> {
  const name = fileNameOf(document.title).replace(/\.json$/u, '.zip');
  const bytes = offers.reduce((sum, offer) => sum + offer.bytes, 0);
  const target = await targetFor(name, bytes);
  if (!target) return;
  let isWritten = false;
  await runExport('Notebook with everything', async ({ signal, onProgress }) => {
    const ready = await madeReady(offers, onProgress, signal);
    const length = await writeBundle({ document, offers: ready, writtenBy: `Verbena ${version}` }, target, {
      signal,
      onProgress,
    });
    await target.close();
    isWritten = true;
    return `Saved ${name} (${formatBytes(length)}). Drop it onto Verbena’s page, in any browser, to open all of it.`;
  });
  if (!isWritten) await target.discard();
}

/** Small pieces are written together: each write is a message to another process. */
const writtenBytes = 1 << 20;

function streamTarget(stream: FileSystemWritableFileStream): Target {
  let pending: Uint8Array<ArrayBuffer>[] = [];
  let pendingBytes = 0;
  const flush = async () => {
    const block = new Blob(pending);
    pending = [];
    pendingBytes = 0;
    await stream.write(block);
  };
  return {
    async write(chunk) {
      pending.push(chunk);
      pendingBytes += chunk.byteLength;
      if (pendingBytes >= writtenBytes) await told(flush);
    },
    close: () =>
      told(async () => {
        await flush();
        await stream.close();
      }),
    // What stood under the name before stays.
    discard: () => stream.abort().catch(() => undefined),
  };
}

/** The browser's failures to write, in words. */
async function told(write: () => Promise<void>): Promise<void> {
  try {
    await write();
  } catch (error) {
    if (!(error instanceof DOMException) || error.name === 'AbortError') throw error;
    throw new BundleError(
      'bundle-write-failed',
      `The file could not be written: ${error.message}`,
      'Free room on that disk, or choose another place; what stood there before is unchanged.',
      { browser: error.name },
      error,
    );
  }
}

/** Null where the user gave up choosing a place. */
async function targetFor(name: string, bytes: number): Promise<Target | null> {
  const { showSaveFilePicker } = window as PickerWindow;
  if (bytes < streamedBytes || !showSaveFilePicker) {
    const sink = blobSink();
    return {
      write: sink.write,
      close: async () => saveFile(sink.blob(), name),
      discard: async () => undefined,
    };
  }
  try {
    const types = [
      { description: 'Verbena notebook with everything', accept: { 'application/zip': ['.zip'] } },
    ];
    const handle = await showSaveFilePicker.call(window, { suggestedName: name, types });
    const stream = await handle.createWritable();
    return streamTarget(stream);
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') return null;
    throw error;
  }
}
