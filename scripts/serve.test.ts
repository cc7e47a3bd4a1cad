import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { endpointOrigin, parseRange, serve, type StaticServer } from './serve.mjs';

const base = mkdtempSync(join(tmpdir(), 'verbena-serve-'));
const root = join(base, 'dist');
let server: StaticServer;

beforeAll(async () => {
  mkdirSync(join(root, 'assets'), { recursive: true });
  mkdirSync(join(base, 'dist-secret'));
  writeFileSync(join(base, 'secret.txt'), 'secret');
  writeFileSync(join(base, 'dist-secret/secret.txt'), 'secret');
  writeFileSync(join(root, 'index.html'), '<!doctype html>');
  writeFileSync(join(root, 'assets/ort.wasm'), '0123456789');
  writeFileSync(join(root, 'empty.json'), '');
  symlinkSync(join(base, 'secret.txt'), join(root, 'link.txt'));
  server = await serve({ root, port: 0 });
});

afterAll(async () => {
  await server.close();
  rmSync(base, { recursive: true, force: true });
});

/** A request as written: `fetch` would tidy the path before the server sees it. */
function raw(path: string, method = 'GET', headers: Record<string, string> = {}) {
  return new Promise<{ status: number; headers: NodeJS.Dict<string | string[]>; body: string }>(
    (done, fail) => {
      const sent = request({ host: '127.0.0.1', port: server.port, path, method, headers }, (answer) => {
        let body = '';
        answer.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
        answer.on('end', () => done({ status: answer.statusCode ?? 0, headers: answer.headers, body }));
      });
      sent.on('error', fail).end();
    },
  );
}

describe('the static server', () => {
  it('isolates the page and forbids foreign code', async () => {
    const { status, headers } = await raw('/?sample=1');
    expect(status).toBe(200);
    expect(headers['content-type']).toContain('text/html');
    expect(headers['cross-origin-opener-policy']).toBe('same-origin');
    expect(headers['cross-origin-embedder-policy']).toBe('require-corp');
    const policy = String(headers['content-security-policy']);
    expect(policy).toContain("script-src 'self' 'wasm-unsafe-eval'");
    expect(policy).not.toContain("'unsafe-eval'");
  });

  it('lets the page reach the hub, servers on this machine, and what its owner names', async () => {
    const connect = (policy: string) =>
      policy
        .split('; ')
        .find((part) => part.startsWith('connect-src'))
        ?.split(' ');
    const usual = connect(String((await raw('/')).headers['content-security-policy']));
    expect(usual?.filter((source) => source.startsWith('http:'))).toEqual([
      'http://localhost:*',
      'http://127.0.0.1:*',
    ]);
    expect(usual?.some((source) => source === '*' || source === 'https:' || source === 'http:')).toBe(false);
    const opened = await serve({ root, port: 0, allowEndpoints: ['https://models.example.org/v1?key=1'] });
    const answer = await fetch(opened.url);
    await opened.close();
    expect(connect(answer.headers.get('content-security-policy') ?? '')).toEqual([
      ...(usual ?? []),
      'https://models.example.org',
    ]);
  });

  it('takes no address into the policy that could say more than an origin', async () => {
    expect(endpointOrigin('http://10.0.0.2:8080/v1/')).toBe('http://10.0.0.2:8080');
    for (const bad of ['models.example.org', "https://a.b; script-src 'unsafe-eval'", 'javascript:1', ''])
      expect(() => endpointOrigin(bad)).toThrow(/no address/u);
    await expect(serve({ root, port: 0, allowEndpoints: ['file:///etc'] })).rejects.toThrow(/no address/u);
  });

  it('sends WebAssembly under the type that streaming compilation asks for', async () => {
    const { headers } = await raw('/assets/ort.wasm');
    expect(headers['content-type']).toBe('application/wasm');
    expect(headers['cache-control']).toContain('immutable');
  });

  it('answers byte ranges', async () => {
    const middle = await raw('/assets/ort.wasm', 'GET', { Range: 'bytes=2-4' });
    expect([middle.status, middle.body, middle.headers['content-range']]).toEqual([
      206,
      '234',
      'bytes 2-4/10',
    ]);
    const tail = await raw('/assets/ort.wasm', 'GET', { Range: 'bytes=-3' });
    expect(tail.body).toBe('789');
    const beyond = await raw('/assets/ort.wasm', 'GET', { Range: 'bytes=10-' });
    expect([beyond.status, beyond.headers['content-range']]).toEqual([416, 'bytes */10']);
  });

  it('confirms what the browser already has', async () => {
    const { headers } = await raw('/assets/ort.wasm');
    const again = await raw('/assets/ort.wasm', 'GET', { 'If-None-Match': String(headers['etag']) });
    expect([again.status, again.body]).toEqual([304, '']);
  });

  it.each([
    '/../secret.txt',
    '/%2e%2e/secret.txt',
    '/..%2fsecret.txt',
    '/assets/../../secret.txt',
    '/..%5csecret.txt',
    '/../dist-secret/secret.txt',
    '/link.txt',
    '/%00',
    '/%zz',
    '//etc/passwd',
    '/assets',
    '/none.js',
  ])('gives nothing for %s', async (path) => {
    const { status, body } = await raw(path);
    expect(status).toBe(404);
    expect(body).not.toContain('secret');
  });

  it('answers HEAD and empty files, and refuses to be written to', async () => {
    const head = await raw('/assets/ort.wasm', 'HEAD');
    expect([head.status, head.body, head.headers['content-length']]).toEqual([200, '', '10']);
    expect((await raw('/empty.json')).status).toBe(200);
    expect((await raw('/', 'POST')).status).toBe(405);
  });

  it('takes another port where its own is taken, unless told not to', async () => {
    const second = await serve({ root, port: server.port });
    expect(second.port).not.toBe(server.port);
    await second.close();
    await expect(serve({ root, port: server.port, strictPort: true })).rejects.toMatchObject({
      code: 'port-taken',
    });
    await expect(serve({ root: join(base, 'none') })).rejects.toMatchObject({ code: 'serve-root' });
  });

  it('reads ranges as RFC 9110 has them', () => {
    expect(parseRange('bytes=0-', 5)).toEqual({ start: 0, end: 4 });
    expect(parseRange('bytes=3-99', 5)).toEqual({ start: 3, end: 4 });
    expect(parseRange('bytes=-99', 5)).toEqual({ start: 0, end: 4 });
    expect(parseRange('bytes=-0', 5)).toBe('invalid');
    expect(parseRange('bytes=4-3', 5)).toBe('invalid');
    expect(parseRange('bytes=0-1,3-4', 5)).toBeNull();
    expect(parseRange('bytes=-', 5)).toBeNull();
    expect(parseRange(undefined, 5)).toBeNull();
  });
});
