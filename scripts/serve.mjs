// A static file server for dist/: cross-origin isolated, with the Content-Security-Policy, on this machine only.
import { createReadStream } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join, resolve, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ScriptError } from './browser.mjs';
import { policyWith, productionHeaders } from './headers.mjs';

const mimeTypes = {
  '.css': 'text/css; charset=utf-8',
  '.csv': 'text/csv; charset=utf-8',
  '.gz': 'application/gzip',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.jpg': 'image/jpeg',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.jsonl': 'application/x-ndjson; charset=utf-8',
  '.map': 'application/json; charset=utf-8',
  '.md': 'text/markdown; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.wasm': 'application/wasm',
  '.webmanifest': 'application/manifest+json',
  '.woff2': 'font/woff2',
};

/** Saved notebooks belong to an origin, port included: always the same one, unless it is taken. */
export const defaultPort = 5417;

/** `bytes=a-b`, `bytes=a-` or `bytes=-n` against a size: the range, null for none, 'invalid' for one out of bounds. */
export function parseRange(header, size) {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header ?? '');
  if (!match || (match[1] === '' && match[2] === '')) return null; // absent, malformed or several: send the whole
  const [, first, last] = match;
  const start = first === '' ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === '' || last === '' ? size - 1 : Math.min(Number(last), size - 1);
  return start > end || start >= size ? 'invalid' : { start, end };
}

/** The file a URL path names inside `root`, following no link out of it; null where there is none. */
async function locate(root, pathname) {
  let path;
  try {
    path = decodeURIComponent(pathname);
  } catch {
    return null;
  }
  if (path.includes('\0') || path.includes('\\')) return null;
  const inside = (file) => file === root || file.startsWith(root + sep);
  const wanted = resolve(root, `.${path}`);
  if (!inside(wanted)) return null;
  for (const candidate of path.endsWith('/') ? [join(wanted, 'index.html')] : [wanted]) {
    try {
      const file = await realpath(candidate);
      const info = await stat(file);
      if (info.isFile() && inside(file)) return { file, size: info.size, modified: info.mtime };
    } catch (error) {
      if (error.code !== 'ENOENT' && error.code !== 'ENOTDIR') throw error;
    }
  }
  return null;
}

async function respond(root, ownHeaders, request, response) {
  const send = (status, headers, body = '') => {
    response.writeHead(status, { ...ownHeaders, ...headers });
    response.end(request.method === 'HEAD' ? undefined : body);
  };
  const text = { 'Content-Type': 'text/plain; charset=utf-8' };
  if (request.method !== 'GET' && request.method !== 'HEAD')
    return send(405, { ...text, Allow: 'GET, HEAD' });
  // Not `new URL`: it would fold `..` away before the check has seen it.
  const pathname = (request.url ?? '/').split(/[?#]/u, 1)[0];
  const found = await locate(root, pathname);
  if (!found) return send(404, text, 'Not found');
  const { file, size, modified } = found;
  const etag = `"${size.toString(36)}-${modified.getTime().toString(36)}"`;
  const headers = {
    'Content-Type': mimeTypes[extname(file)] ?? 'application/octet-stream',
    'Accept-Ranges': 'bytes',
    ETag: etag,
    // Built assets carry a content hash in their name; everything else is asked for again.
    'Cache-Control': pathname.startsWith('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache',
  };
  if (request.headers['if-none-match'] === etag) return send(304, headers);
  const range = parseRange(request.headers.range, size);
  if (range === 'invalid') return send(416, { ...headers, 'Content-Range': `bytes */${size}` });
  const { start, end } = range ?? { start: 0, end: size - 1 };
  response.writeHead(range ? 206 : 200, {
    ...ownHeaders,
    ...headers,
    'Content-Length': end - start + 1,
    ...(range && { 'Content-Range': `bytes ${start}-${end}/${size}` }),
  });
  if (request.method === 'HEAD' || size === 0) return response.end();
  const stream = createReadStream(file, { start, end });
  stream.on('error', () => response.destroy());
  response.on('close', () => stream.destroy());
  stream.pipe(response);
}

function listen(server, port) {
  return new Promise((done, fail) => {
    server.once('error', fail);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', fail);
      done(server.address().port);
    });
  });
}

/** The origin of an endpoint that the page may talk to: nothing that could say more in a header. Throws `bad-endpoint`. */
export function endpointOrigin(written) {
  let url = null;
  try {
    url = new URL(written);
  } catch {
    // Said below.
  }
  if (!url || !/^https?:$/.test(url.protocol) || url.username || url.password) {
    throw new ScriptError(
      'bad-endpoint',
      `${written} is no address of a server.`,
      'Write it like https://models.example.org',
    );
  }
  return url.origin;
}

/**
 * Serves the folder `root` on 127.0.0.1. Tries `port`, then, unless `strictPort`, any free one. Answers with the
 * address and a `close`. `allowEndpoints`: further servers that the page may talk to. Throws `serve-root` (no index.html there), `port-taken`
 * and `bad-endpoint`.
 */
export async function serve({ root, port = defaultPort, strictPort = false, allowEndpoints = [] }) {
  const folder = await realpath(root).catch(() => null);
  if (folder === null || !(await locate(folder, '/index.html'))) {
    throw new ScriptError('serve-root', `There is no index.html in ${root}.`, 'Run `npm run build` first.');
  }
  const ownHeaders = {
    ...productionHeaders,
    'Content-Security-Policy': policyWith(allowEndpoints.map(endpointOrigin)),
  };
  const server = createServer((request, response) => {
    respond(folder, ownHeaders, request, response).catch((error) => {
      console.error(`serve: ${request.url}: ${error.message}`);
      if (!response.headersSent) response.writeHead(500, ownHeaders);
      response.end();
    });
  });
  let actual;
  try {
    actual = await listen(server, port);
  } catch (error) {
    if (error.code !== 'EADDRINUSE' && error.code !== 'EACCES') throw error;
    if (strictPort) {
      throw new ScriptError(
        'port-taken',
        `Port ${port} is taken.`,
        'Stop what uses it, or name another with --port.',
      );
    }
    actual = await listen(server, 0);
  }
  const close = () =>
    new Promise((done) => {
      server.close(() => done());
      server.closeAllConnections();
    });
  return { url: `http://localhost:${actual}`, port: actual, close };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const option = (name, fallback) => {
    const at = process.argv.indexOf(`--${name}`);
    return at < 0 ? fallback : (process.argv[at + 1] ?? fallback);
  };
  const root = resolve(option('root', join(import.meta.dirname, '..', 'dist')));
  const port = Number(option('port', String(defaultPort)));
  try {
    const allowed = process.argv.flatMap((word, at) =>
      word === '--allow-endpoint' ? [process.argv[at + 1] ?? ''] : [],
    );
    const { url } = await serve({
      root,
      port,
      strictPort: process.argv.includes('--strict-port'),
      allowEndpoints: allowed,
    });
    console.log(`Verbena: ${url}`);
  } catch (error) {
    console.error(error instanceof ScriptError ? error.message : error);
    process.exitCode = 1;
  }
}
