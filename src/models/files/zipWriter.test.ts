import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { strFromU8, unzipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { memberStart, readZipDirectory } from '../../core/corpus/zip.ts';
import { blobSink, createZipBlob, createZipWriter } from './zipWriter.ts';

const bytesOf = (text: string) => new TextEncoder().encode(text);
async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

/** What Python's zipfile says of a zip: its number of members, or what it complains about. */
function python(zip: Uint8Array): string {
  const folder = mkdtempSync(join(tmpdir(), 'verbena-zip-'));
  try {
    const path = join(folder, 'a.zip');
    writeFileSync(path, zip);
    const script =
      'import zipfile, sys; z = zipfile.ZipFile(sys.argv[1]); print(z.testzip(), len(z.namelist()))';
    return execFileSync('python3', ['-c', script, path], { encoding: 'utf8' }).trim();
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe('a zip written as a stream', () => {
  it('holds members of every kind, also such as may pass four gigabytes', async () => {
    const sink = blobSink();
    const zip = createZipWriter(sink, new Date(2026, 10, 21, 12, 30, 40));
    const text = bytesOf('soup '.repeat(10_000));
    const written = await zip.add('ä/text.txt', once(text), { deflate: true, mostBytes: text.length });
    await zip.add('empty', once(new Uint8Array(0)), { deflate: false, mostBytes: 0 });
    // Its sizes follow in 64 bits, because they might have needed them.
    await zip.add('large', once(bytesOf('weights')), { deflate: false, mostBytes: 5 * 2 ** 32 });
    await zip.add('large text', once(text), { deflate: true, mostBytes: 5 * 2 ** 32 });
    const length = await zip.finish();
    const blob = sink.blob();
    expect(length).toBe(blob.size);
    expect(written).toBe(text.length);

    const bytes = new Uint8Array(await blob.arrayBuffer());
    const access = {
      byteLength: bytes.length,
      read: async (start: number, end: number) => bytes.slice(start, end),
    };
    const entries = await readZipDirectory('a.zip', access);
    expect(entries.map(({ name, byteLength }) => [name, byteLength])).toEqual([
      ['ä/text.txt', text.length],
      ['empty', 0],
      ['large', 7],
      ['large text', text.length],
    ]);
    const large = entries[2];
    const start = large ? await memberStart('a.zip', access, large) : 0;
    expect(new TextDecoder().decode(bytes.slice(start, start + 7))).toBe('weights');
    expect(python(bytes)).toBe('None 4');
  });

  it('holds more members than sixteen bits count', async () => {
    const bytes = new Uint8Array(12 << 20);
    let length = 0;
    const zip = createZipWriter({
      async write(chunk) {
        bytes.set(chunk, length);
        length += chunk.length;
      },
    });
    const count = 66_000;
    for (let at = 0; at < count; at++)
      await zip.add(`f${at}`, once(new Uint8Array(1)), { deflate: false, mostBytes: 1 });
    await zip.finish();
    const whole = bytes.slice(0, length);
    const access = {
      byteLength: length,
      read: async (start: number, end: number) => whole.slice(start, end),
    };
    expect(await readZipDirectory('a.zip', access)).toHaveLength(count);
    expect(python(whole)).toBe(`None ${count}`);
  });

  it('ends with what its source or its sink throws', async () => {
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield bytesOf('begin');
      throw new Error('the source is gone');
    }
    for (const deflate of [false, true]) {
      const zip = createZipWriter(blobSink());
      await expect(zip.add('a', broken(), { deflate, mostBytes: 10 })).rejects.toThrow('the source is gone');
    }
    const full = createZipWriter({ write: () => Promise.reject(new Error('disk full')) });
    await expect(full.add('a', once(bytesOf('x')), { deflate: true, mostBytes: 1 })).rejects.toThrow(
      'disk full',
    );
    await expect(
      createZipWriter(blobSink()).add('a', once(bytesOf('x'.repeat(9))), { deflate: false, mostBytes: 1 }),
    ).resolves.toBe(9);
  });

  it('as a blob takes texts, files and chunks of which nobody knows how many come', async () => {
    const zip = createZipBlob();
    await zip.add('config.json', '{"a": "ä"}');
    await zip.add('file.bin', new Blob(['dropped']));
    await zip.add('model.safetensors', [bytesOf('wei'), bytesOf('ghts')]);
    await zip.add('lines.jsonl', once(bytesOf('{}')));
    const bytes = new Uint8Array(await (await zip.finish()).arrayBuffer());
    const texts = Object.entries(unzipSync(bytes)).map(([name, content]) => [name, strFromU8(content)]);
    expect(Object.fromEntries(texts)).toEqual({
      'config.json': '{"a": "ä"}',
      'file.bin': 'dropped',
      'model.safetensors': 'weights',
      'lines.jsonl': '{}',
    });
    expect(python(bytes)).toBe('None 4');
  });
});
