import { describe, expect, it } from 'vitest';
import { random } from '../../base/random.ts';
import { ContentHash } from './contentHash.ts';
import { IndexBuilder } from './indexBuilder.ts';
import { appendIndex, encodeIndex, indexStart, markIndex, type IndexMark } from './indexCodec.ts';
import { indexFile, type FilePosition } from './indexFile.ts';
import type { Mapping } from './mapping.ts';
import { csvMapping, jsonMapping, randomPieces } from './testing.ts';
import { HashedText } from './textHash.ts';

const encoder = new TextEncoder();

describe('the content hash', () => {
  const bytes = Uint8Array.from({ length: 5000 }, (_, i) => (i * 7919) % 251);

  it('is the same however the bytes are cut, also through a saved state', async () => {
    const expected = new ContentHash().update(bytes).digest();
    for (let seed = 0; seed < 50; seed++) {
      let hash = new ContentHash();
      for await (const piece of randomPieces(bytes, random(seed), 40)) {
        hash.update(piece);
        hash = ContentHash.fromState(JSON.parse(JSON.stringify(hash.state())) as number[]);
      }
      expect(hash.digest()).toBe(expected);
    }
  });

  it('changes with any bit and with the length', () => {
    const seen = new Set([new ContentHash().digest(), new ContentHash().update(new Uint8Array(1)).digest()]);
    for (let i = 0; i < 400; i++) {
      const changed = bytes.slice(0, 48);
      changed[(i >> 3) % 48] = (changed[(i >> 3) % 48] as number) ^ (1 << (i & 7));
      seen.add(new ContentHash().update(changed).digest());
      seen.add(new ContentHash().update(bytes.subarray(0, i)).digest());
    }
    // 384 single bits (400 tries wrap around) and 400 lengths, of which the first two are the empty stream and one NUL.
    expect(seen.size).toBe(384 + 400);
    expect([...seen].every((digest) => /^[0-9a-f]{32}$/u.test(digest))).toBe(true);
  });
});

const csvText = `text,labels\n${Array.from(
  { length: 3000 },
  (_, i) => `"step ${i}\nof ""many""",label ${i % 37}|all\n${i % 100 === 5 ? 'bad\n' : ''}`,
).join('')}`;
const records = Array.from({ length: 3000 }, (_, i) =>
  i % 100 === 5 ? '{"text": }' : JSON.stringify({ text: `step ${i}`, labels: [`label ${i % 37}`] }),
);
const wikiPage = (title: string, text: string, namespace: number) =>
  `<page><title>${title}</title><ns>${namespace}</ns><revision><text>${text}</text></revision></page>\n`;
const wiki = `<mediawiki><siteinfo><namespaces><namespace key="14">Rubrik</namespace></namespaces></siteinfo>\n${Array.from(
  { length: 900 },
  (_, i) =>
    i % 10 === 3
      ? wikiPage(`Rubrik:Topic ${i}`, `[[Rubrik:Topic ${i % 7}]]`, 14)
      : i % 10 === 5
        ? wikiPage('Bad', `a <b ${i}`, 0)
        : i % 10 === 7
          ? wikiPage(`Talk:${i}`, 'no', 1)
          : wikiPage(`Article ${i}`, `# step ${i}\n# step ${i + 1}\n[[Rubrik:Topic ${i % 37}]]`, 0),
).join('')}</mediawiki>`;
const sources: readonly (readonly [string, Mapping, string])[] = [
  ['CSV', csvMapping, csvText],
  ['JSON Lines', jsonMapping('jsonl'), records.join('\n')],
  ['a JSON array', jsonMapping('json'), `[\n${records.join(',\n')}\n]`],
  [
    'a MediaWiki export',
    {
      ...csvMapping,
      format: 'mediawiki',
      textColumns: ['step'],
      labelColumns: ['categories'],
      rowUnit: 'step',
    },
    wiki,
  ],
];

describe('an index pass that is cut off', () => {
  it.each(sources)('goes on from each saved position as if it had not been: %s', async (_, mapping, text) => {
    const bytes = encoder.encode(text);
    const whole = new IndexBuilder();
    const parts: Uint8Array<ArrayBuffer>[] = [];
    const positions: FilePosition[] = [];
    let mark: IndexMark = indexStart;
    const expected = await indexFile(randomPieces(bytes, random(4), 3000), {
      name: 'x',
      fileId: 0,
      mapping,
      builder: whole,
      blockBytes: 512,
      savePointBytes: 12_000,
      onSavePoint: async (position) => {
        const [head, ...rest] = encodeIndex(whole, mark, position);
        parts.push(new Uint8Array(await new Blob([head, ...rest] as BlobPart[]).arrayBuffer()));
        positions.push(position);
        mark = markIndex(whole);
      },
    });
    expect(positions.length).toBeGreaterThan(4);
    for (const saved of [1, positions.length >> 1, positions.length]) {
      const builder = new IndexBuilder();
      let resume: FilePosition | null = null;
      for (const part of parts.slice(0, saved)) resume = appendIndex(builder, part)?.extra as FilePosition;
      expect(resume).toEqual(positions[saved - 1]);
      const rest = bytes.subarray(resume?.byteOffset ?? 0);
      const indexed = await indexFile(randomPieces(rest, random(6), 700), {
        name: 'x',
        fileId: 0,
        mapping,
        builder,
        resume: resume ?? undefined,
      });
      expect(indexed).toEqual(expected);
      const all = (of: IndexBuilder) =>
        encodeIndex(of, indexStart, null).map((part) => Buffer.from(part).toString('base64'));
      expect(all(builder)).toEqual(all(whole));
    }
  });

  it('reads what was kept before rows had parts or articles: every row is the first of its record, of no article', () => {
    const builder = new IndexBuilder();
    for (let i = 0; i < 3; i++)
      builder.addRow(0, i * 10, 10, i + 1, new HashedText().of(`row ${i}`), builder.intern(['a']), 5, 9);
    const [head = new Uint8Array(), ...arrays] = encodeIndex(builder, indexStart, null);
    // The older format: two arrays and lengths fewer, no skipped records and no topics.
    const { skipped, topicEdges, lengths, ...header } = JSON.parse(
      new TextDecoder().decode(head.subarray(4)),
    ) as { skipped: unknown; topicEdges: unknown; lengths: number[] };
    expect([skipped, topicEdges]).toEqual([{}, []]);
    const json = encoder.encode(JSON.stringify({ ...header, lengths: lengths.slice(0, -2) }));
    const older = new Uint8Array(head.length).fill(0x20);
    new DataView(older.buffer).setUint32(0, head.length - 4, true);
    older.set(json, 4);
    const restored = new IndexBuilder();
    const bytes = Uint8Array.from(Buffer.concat([older, ...arrays.slice(0, -2)]));
    expect(appendIndex(restored, bytes)).toEqual({ extra: null });
    expect([...restored.parts.view]).toEqual([0, 0, 0]);
    expect([...restored.articles.view]).toEqual([0, 0, 0]);
    expect([...restored.lines.view]).toEqual([1, 2, 3]);
  });

  it('refuses a saved part that is cut short or not one', () => {
    const builder = new IndexBuilder();
    const [head] = encodeIndex(builder, indexStart, { any: 1 });
    const bytes = Uint8Array.from(head ?? []);
    expect(appendIndex(new IndexBuilder(), bytes)).toEqual({ extra: { any: 1 } });
    expect(appendIndex(new IndexBuilder(), bytes.slice(0, bytes.length - 8))).toBeNull();
    expect(
      appendIndex(new IndexBuilder(), encoder.encode('not an index at all, but long enough')),
    ).toBeNull();
    expect(appendIndex(new IndexBuilder(), new Uint8Array(3))).toBeNull();
  });
});

describe('huge input', () => {
  it('passes over a line of 200 MB with memory for one record', async () => {
    const mebibyte = new Uint8Array(1 << 20).fill(0x78);
    const source = async function* () {
      yield encoder.encode('text,labels\nfirst,a\n');
      for (let i = 0; i < 200; i++) yield mebibyte;
      yield encoder.encode(',b\nlast,c\n');
    };
    const builder = new IndexBuilder();
    const before = process.memoryUsage().arrayBuffers;
    let peak = 0;
    await indexFile(source(), {
      name: 'x',
      fileId: 0,
      mapping: csvMapping,
      builder,
      onBytes: () => (peak = Math.max(peak, process.memoryUsage().arrayBuffers - before)),
    });
    expect(builder.rowCount).toBe(2);
    expect(builder.bad.at(0)).toMatchObject({ code: 'record-too-long', line: 3, byteOffset: 20 });
    expect(builder.bad.length).toBe(1);
    expect([...builder.lines.view]).toEqual([2, 4]);
    expect(peak).toBeLessThan(300e6);
  });
});
