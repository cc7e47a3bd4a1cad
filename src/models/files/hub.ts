import {
  etaEstimator,
  throwIfAborted,
  throttled,
  type Progress,
  type TaskOptions,
} from '../../base/progress.ts';
import { isAbort } from '../../base/errors.ts';
import { ModelFileError } from './errors.ts';
import { sha256 } from './sha256.ts';
import type { FileAppender, ModelStorage } from './storage.ts';

// Hugging Face's hub: one request for the list of files (names, sizes, SHA-256), then the files, pinned to a commit.

export interface HubProgress extends Progress {
  /** Estimated milliseconds until this file is there; null before there is evidence. */
  readonly etaMs: number | null;
}

export interface HubOptions extends Omit<TaskOptions, 'onProgress'> {
  readonly onProgress?: ((progress: HubProgress) => void) | undefined;
  /** Another hub with the same interface; tests run one of their own. */
  readonly endpoint?: string | undefined;
  /** Waits between attempts, in milliseconds: as many retries as entries. */
  readonly retryDelaysMs?: readonly number[] | undefined;
}

export interface HubFile {
  readonly name: string;
  readonly byteLength: number | null;
  /** Of files in large-file storage; null for small ones. */
  readonly sha256: string | null;
}

export interface HubRepository {
  readonly repository: string;
  /** The commit that `revision` named when it was asked. */
  readonly commit: string;
  readonly files: ReadonlyMap<string, HubFile>;
}

interface Completed {
  readonly byteLength: number;
  readonly sha256: string;
}

const defaultEndpoint = 'https://huggingface.co';

/**
 * Asks the hub which files a revision holds, and remembers the answer, so that a downloaded model opens offline.
 * Throws `hub-name`, `hub-not-found`, `hub-forbidden`, `hub-unreachable`.
 */
export async function hubRepository(
  repository: string,
  revision: string,
  storage: ModelStorage,
  options: HubOptions = {},
): Promise<HubRepository> {
  checkName(repository, revision);
  const cachePath = `${folderOf(repository)}/revision-${encodeURIComponent(revision)}.json`;
  const url = `${options.endpoint ?? defaultEndpoint}/api/models/${repository}/revision/${encodeURIComponent(revision)}?blobs=true`;
  try {
    const response = await request(url, {}, `${repository} (${revision})`, options);
    const text = await response.text();
    const listed = parseListing(repository, text);
    await storage.writeText(cachePath, text);
    return listed;
  } catch (error) {
    // Offline, or the hub is down: what was listed before is still true of that commit.
    const cached =
      error instanceof ModelFileError && error.code === 'hub-unreachable'
        ? await storage.readBlob(cachePath)
        : null;
    if (!cached) throw error;
    return parseListing(repository, await cached.text());
  }
}

/**
 * One file of a repository: from storage where it is whole, else downloaded, continuing where an earlier download
 * stopped. An abort keeps what has arrived. Throws `hub-*`, `checksum-mismatch`, `quota-exceeded`.
 */
export async function hubFile(
  repository: HubRepository,
  name: string,
  storage: ModelStorage,
  options: HubOptions = {},
): Promise<Blob> {
  const file = repository.files.get(name);
  if (!file) throw notFound(`'${name}' in ${repository.repository}`, { name });
  const path = `${folderOf(repository.repository)}/${repository.commit}/${name}`;
  const stored = await readCompleted(path, storage);
  if (stored) return stored;
  // The text worker and the trainer may want the same file at once: the second waits and finds it whole.
  return storage.exclusive(path, options.signal, async () => {
    return (await readCompleted(path, storage)) ?? fetchWhole(repository, file, path, storage, options);
  });
}

async function fetchWhole(
  repository: HubRepository,
  file: HubFile,
  path: string,
  storage: ModelStorage,
  options: HubOptions,
): Promise<Blob> {
  const { name } = file;
  const free = await storage.freeBytes();
  if (file.byteLength !== null && free !== null && file.byteLength > free)
    throw new ModelFileError(
      'quota-exceeded',
      `'${name}' needs ${file.byteLength} bytes and the browser grants ${free} more.`,
      'Free disk space or remove old runs and models, then start the download again.',
      { needed: file.byteLength, free },
    );
  const { byteLength, hash, announced } = await download(repository, file, path, storage, options);
  const expected = file.sha256 ?? announced;
  if ((expected !== null && hash !== expected) || (file.byteLength ?? byteLength) !== byteLength) {
    await storage.remove(path);
    throw new ModelFileError(
      'checksum-mismatch',
      `'${name}' arrived damaged: its contents are not what the hub announced.`,
      'Download it again; the damaged copy is deleted.',
      { name, expected, actual: hash, expectedBytes: file.byteLength, byteLength },
    );
  }
  const done: Completed = { byteLength, sha256: hash };
  await storage.writeText(`${path}.done`, JSON.stringify(done));
  const blob = await storage.readBlob(path);
  if (!blob) throw notFound(`the stored copy of '${name}'`, { path });
  return blob;
}

async function readCompleted(path: string, storage: ModelStorage): Promise<Blob | null> {
  const marker = await storage.readBlob(`${path}.done`);
  const blob = marker && (await storage.readBlob(path));
  if (!marker || !blob) return null;
  try {
    const { byteLength } = JSON.parse(await marker.text()) as Completed;
    return byteLength === blob.size ? blob : null;
  } catch {
    return null;
  }
}

async function download(
  repository: HubRepository,
  file: HubFile,
  path: string,
  storage: ModelStorage,
  options: HubOptions,
): Promise<{ byteLength: number; hash: string; announced: string | null }> {
  const { signal, endpoint = defaultEndpoint, retryDelaysMs = [500, 2000, 5000] } = options;
  const url = `${endpoint}/${repository.repository}/resolve/${repository.commit}/${file.name}`;
  const report = reporter(file, options);
  // The commit in the path pins the contents, so bytes of an earlier visit can be continued.
  let hash = sha256();
  const partial = await storage.readBlob(path);
  let done = 0;
  let announced: string | null = null;
  if (partial && partial.size > 0 && partial.size <= (file.byteLength ?? 0)) {
    await eachBlock(partial, (bytes) => hash.update(bytes), signal);
    done = partial.size;
  }
  const out: FileAppender = await storage.openAppend(path);
  try {
    await out.truncate(done);
    for (let attempt = 0; file.byteLength === null || done < file.byteLength || done === 0;) {
      throwIfAborted(signal);
      try {
        const headers: HeadersInit = done > 0 ? { Range: `bytes=${done}-` } : {};
        const response = await request(url, headers, `'${file.name}' in ${repository.repository}`, options);
        if (done > 0 && response.status !== 206) {
          // The server ignored the range: it sends the file from its beginning.
          await out.truncate(0);
          hash = sha256();
          done = 0;
        }
        announced = announcedHash(response.headers);
        if (!response.body) break;
        for await (const bytes of response.body as unknown as AsyncIterable<Uint8Array>) {
          throwIfAborted(signal);
          await out.append(bytes);
          hash.update(bytes);
          done += bytes.byteLength;
          attempt = 0;
          report(done);
        }
        if (file.byteLength === null || file.byteLength === 0 || done >= file.byteLength) break;
        throw unreachable(url, new Error(`The connection closed after ${done} of ${file.byteLength} bytes.`));
      } catch (error) {
        throwIfAborted(signal);
        const cut = isDropped(error) ? unreachable(url, error, { done, total: file.byteLength }) : null;
        const delay = retryDelaysMs[attempt++];
        if (isAbort(error) || !cut || delay === undefined) throw cut ?? error;
        await wait(delay, signal);
      }
    }
  } finally {
    await out.close();
  }
  return { byteLength: done, hash: hash.hex(), announced };
}

/** Large-file storage names its SHA-256 in these headers; other servers' tags have other forms and say nothing. */
function announcedHash(headers: Headers): string | null {
  const tag = headers.get('x-linked-etag') ?? headers.get('etag');
  return /^"?([0-9a-f]{64})"?$/.exec(tag ?? '')?.[1] ?? null;
}

function reporter(file: HubFile, { onProgress }: HubOptions): (done: number) => void {
  const eta = etaEstimator();
  let etaMs: number | null = null;
  const throttledReport = throttled((progress) => onProgress?.({ ...progress, etaMs }));
  return (done) => {
    etaMs = eta(done, file.byteLength, performance.now());
    throttledReport({ phase: file.name, done, total: file.byteLength, unit: 'bytes' });
  };
}

/** A dropped connection: fetch rejects with TypeError, and so does a body that breaks off. */
function isDropped(error: unknown): boolean {
  return error instanceof TypeError || (error instanceof ModelFileError && error.code === 'hub-unreachable');
}

async function request(
  url: string,
  headers: HeadersInit,
  what: string,
  { signal }: HubOptions,
): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(url, { headers, signal: signal ?? null, credentials: 'omit' });
  } catch (error) {
    if (isAbort(error) || signal?.aborted) {
      throwIfAborted(signal);
      throw error;
    }
    throw unreachable(url, error);
  }
  if (response.ok) return response;
  await response.body?.cancel();
  // The hub answers 401 for repositories that do not exist as well as for private and gated ones.
  const { status } = response;
  const isGated = status === 403 || response.headers.get('x-error-code') === 'GatedRepo';
  if (isGated)
    throw new ModelFileError(
      'hub-forbidden',
      `The hub does not hand out ${what} without signing in.`,
      'Download its files yourself with your account, then drop the folder here.',
      { url },
    );
  if (status === 404 || status === 401) throw notFound(what, { url, status });
  throw unreachable(url, new Error(`Status ${response.status}`));
}

function unreachable(url: string, cause: unknown, details: Record<string, unknown> = {}): ModelFileError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new ModelFileError(
    'hub-unreachable',
    `The model hub could not be reached or broke off (${reason}).`,
    'Check the connection and try again: the download continues where it stopped. A model folder can be dropped instead.',
    { url, reason, ...details },
    cause,
  );
}

function notFound(what: string, details: Record<string, unknown>): ModelFileError {
  return new ModelFileError(
    'hub-not-found',
    `The hub has no ${what}.`,
    'Check the spelling of repository and revision. Verbena reads model.safetensors and pytorch_model.bin.',
    details,
  );
}

function parseListing(repository: string, text: string): HubRepository {
  const fault = (cause: unknown) =>
    unreachable(repository, new Error('The answer is no list of files.', { cause }));
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw fault(error);
  }
  const { sha, siblings } = (value ?? {}) as { sha?: unknown; siblings?: unknown };
  if (typeof sha !== 'string' || !/^[0-9a-f]{40}$/.test(sha) || !Array.isArray(siblings)) throw fault(value);
  const files = new Map<string, HubFile>();
  for (const item of siblings as {
    rfilename?: unknown;
    size?: unknown;
    lfs?: { sha256?: unknown } | null;
  }[]) {
    const name = item.rfilename;
    if (typeof name !== 'string' || !/^[\w.-]+(?:\/[\w.-]+)*$/.test(name) || name.includes('..')) continue;
    const hash = item.lfs?.sha256;
    files.set(name, {
      name,
      byteLength: typeof item.size === 'number' ? item.size : null,
      sha256: typeof hash === 'string' && /^[0-9a-f]{64}$/.test(hash) ? hash : null,
    });
  }
  return { repository, commit: sha, files };
}

/** Names become part of addresses and paths. Throws `hub-name`. */
function checkName(repository: string, revision: string): void {
  const part = String.raw`(?!.*\.\.)[\w][\w.-]{0,95}`;
  const isName = new RegExp(`^${part}(?:/${part})?$`).test(repository);
  if (isName && /^(?!.*\.\.)[\w][\w./-]{0,199}$/.test(revision)) return;
  throw new ModelFileError(
    'hub-name',
    `'${repository}' at '${revision}' is no name of a model.`,
    'Write it as on the hub: owner/name, e.g. xlnet/xlnet-base-cased, with a revision such as main.',
    { repository, revision },
  );
}

function folderOf(repository: string): string {
  return `models/hub/${repository.replace('/', '--')}`;
}

async function eachBlock(
  blob: Blob,
  use: (bytes: Uint8Array) => void,
  signal: AbortSignal | undefined,
): Promise<void> {
  const block = 4 << 20;
  for (let at = 0; at < blob.size; at += block) {
    throwIfAborted(signal);
    use(new Uint8Array(await blob.slice(at, at + block).arrayBuffer()));
  }
}

function wait(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal?.addEventListener('abort', end);
  });
}
