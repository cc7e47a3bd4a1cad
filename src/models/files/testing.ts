import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { appendFile, mkdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import type { ModelStorage } from './storage.ts';

// For tests: model storage in a real folder, and a hub of one's own that speaks the real one's protocol over HTTP.

/** Model storage below `folder`, and what is in it. */
export function folderStorage(folder: string, freeBytes: number | null = null): ModelStorage {
  const at = async (path: string) => {
    const full = join(folder, path);
    await mkdir(dirname(full), { recursive: true });
    return full;
  };
  const queues = new Map<string, Promise<unknown>>();
  return {
    exclusive(path, _, work) {
      const turn = (queues.get(path) ?? Promise.resolve()).then(work, work);
      queues.set(
        path,
        turn.catch(() => undefined),
      );
      return turn;
    },
    readBlob: async (path) => {
      const bytes = await readFile(await at(path)).catch(() => null);
      return bytes && new Blob([new Uint8Array(bytes)]);
    },
    writeText: async (path, text) => writeFile(await at(path), text),
    async openAppend(path) {
      const full = await at(path);
      await appendFile(full, '');
      let byteLength = (await stat(full)).size;
      return {
        get byteLength() {
          return byteLength;
        },
        async append(bytes) {
          await appendFile(full, bytes);
          byteLength += bytes.byteLength;
        },
        async truncate(length) {
          await truncate(full, length);
          byteLength = length;
        },
        close: () => undefined,
      };
    },
    remove: async (path) => rm(await at(path), { force: true }),
    freeBytes: async () => freeBytes,
  };
}

export interface TestHub {
  readonly endpoint: string;
  /** `GET path range` of every request so far. */
  readonly requests: string[];
  /** Handles the next requests for files instead of the hub; return false to let the hub answer. */
  intercept: ((request: IncomingMessage, response: ServerResponse, body: Uint8Array) => boolean) | null;
  close(): Promise<void>;
}

/** Serves one repository, `owner/model`, with ranges; files of `announced` are listed with another hash or size. */
export async function startHub(
  files: Readonly<Record<string, Uint8Array>>,
  list: (name: string, bytes: Uint8Array) => object,
): Promise<TestHub> {
  const commit = 'c0ffee'.padEnd(40, '0');
  const requests: string[] = [];
  const server = createServer((request, response) => {
    const path = request.url ?? '';
    requests.push(`${request.method ?? ''} ${path} ${request.headers.range ?? ''}`.trim());
    if (path.startsWith('/api/models/owner/model/revision/main')) {
      const siblings = Object.entries(files).map(([name, bytes]) =>
        Object.assign({ rfilename: name }, list(name, bytes)),
      );
      response.setHeader('content-type', 'application/json').end(JSON.stringify({ sha: commit, siblings }));
      return;
    }
    const body = files[path.slice(`/owner/model/resolve/${commit}/`.length)];
    if (!body) {
      response.writeHead(path.includes('/private/') ? 403 : 404).end('Not found');
      return;
    }
    if (hub.intercept?.(request, response, body)) return;
    const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
    if (from > 0)
      response.writeHead(206, { 'content-range': `bytes ${from}-${body.length - 1}/${body.length}` });
    response.end(body.subarray(from));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const hub: TestHub = {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    intercept: null,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return hub;
}
