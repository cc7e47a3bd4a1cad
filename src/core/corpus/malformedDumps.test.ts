import { strToU8, zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { VerbenaError } from '../../base/errors.ts';
import { random } from '../../base/random.ts';
import { crc32 } from './crc32.ts';
import { inflateMember } from './gunzip.ts';
import type { IndexFileOptions } from './indexFile.ts';
import type { BadRowCode, Mapping } from './mapping.ts';
import { sniffHead } from './sniff.ts';
import { csvMapping, indexBytes, jsonMapping, randomPieces, whole } from './testing.ts';
import { entryProblem, memberStart, readZipDirectory, type ZipEntry } from './zip.ts';

// Dumps as a person may find or make them: MediaWiki exports and zip archives, each damaged in one way. malformed.test.ts has the
// same for tables and JSON, parquet.test.ts for Parquet, topicTree.test.ts for topic trees.

const bytesOf = (content: string) => new TextEncoder().encode(content);
const methods: Mapping = {
  ...csvMapping,
  format: 'mediawiki',
  schema: 'mediawiki',
  textColumns: ['title', 'steps'],
  labelColumns: ['categories'],
  labelSeparator: null,
  rowUnit: 'method',
};
const page = (title: string, text: string, more = '<ns>0</ns>') =>
  `  <page>\n    <title>${title}</title>\n    ${more}\n    <revision><text xml:space="preserve">${text}</text></revision>\n  </page>\n`;
const good = (title: string) => page(title, '== Steps ==\n# One.\n[[Category:Food]]');
const dump = (...pages: readonly string[]) =>
  `<mediawiki version="0.11" xml:lang="de">\n<siteinfo><namespaces><namespace key="14" case="first-letter">Rubrik</namespace></namespaces></siteinfo>\n${pages.join('')}</mediawiki>\n`;

interface Case {
  readonly name: string;
  readonly content: string | Uint8Array<ArrayBuffer>;
  readonly texts: readonly string[];
  readonly bad?: readonly BadRowCode[];
  readonly labels?: readonly (readonly string[])[];
  readonly skipped?: Readonly<Record<string, number>>;
  readonly mapping?: Partial<Mapping>;
  readonly options?: Partial<IndexFileOptions>;
}

const cases: readonly Case[] = [
  {
    name: 'a sound export',
    content: dump(good('A'), good('B')),
    texts: ['A\nOne.', 'B\nOne.'],
    labels: [['Food'], ['Food']],
  },
  {
    name: 'redirects, talk, user and category pages, which are counted',
    content: dump(
      page('Old', '#REDIRECT [[A]]', '<ns>0</ns><redirect title="A"/>'),
      page('Older', '#redirect [[A]]'),
      page('Talk:A', '# no', '<ns>1</ns>'),
      page('Rubrik:Food', '[[Rubrik:Home]]', '<ns>14</ns>'),
      good('A'),
    ),
    texts: ['A\nOne.'],
    skipped: { redirects: 2, 'pages outside the main namespace': 1, 'category pages': 1 },
  },
  {
    name: 'categories under the name that the wiki gives them',
    content: dump(page('A', '# One.\n[[Rubrik:Essen|x]][[rubrik:essen]][[Category:Food]]')),
    texts: ['A\nOne.'],
    labels: [['Essen', 'Food']],
  },
  {
    name: 'entities written twice, CDATA and comments around pages',
    content: dump(
      '<!-- <page><title>no</title></page> -->',
      page('Salt &amp; pepper', '# 3 &amp;lt; 4 &amp;amp; more &#8211; so'),
      page('C', '<![CDATA[# In </page> <page> a section]]>'),
    ),
    texts: ['Salt & pepper\n3 < 4 & more – so', 'C\nIn   a section'],
  },
  {
    name: 'a page that is never closed before the next',
    content: dump('<page><title>X</title>', good('B')),
    texts: ['B\nOne.'],
    bad: ['xml-syntax'],
  },
  {
    name: 'a tag inside a page that is never closed',
    content: dump(page('X', '# a <b> c'), good('B')),
    texts: ['B\nOne.'],
    bad: ['xml-syntax'],
  },
  {
    name: 'an ampersand that is no entity',
    content: dump(page('X', '# salt & pepper'), good('B')),
    texts: ['B\nOne.'],
    bad: ['xml-syntax'],
  },
  {
    name: 'an entity that nobody defined',
    content: dump(page('X', '# &lol9;'), good('B')),
    texts: ['B\nOne.'],
    bad: ['xml-syntax'],
  },
  {
    name: 'a document type inside a page',
    content: dump('<page><!ENTITY a "aaaa"><title>X</title></page>', good('B')),
    texts: ['B\nOne.'],
    bad: ['xml-syntax'],
  },
  {
    name: 'tags that cross',
    content: dump('<page><title>X</revision></title></page>\n', good('B')),
    texts: ['B\nOne.'],
    bad: ['xml-syntax'],
  },
  {
    name: 'an export cut off inside a page',
    content: dump(good('A')).replace('</mediawiki>\n', '') + '<page><title>B</title><revision><text>cut',
    texts: ['A\nOne.'],
    bad: ['xml-truncated'],
  },
  {
    name: 'an export cut off inside a tag',
    content: `${dump(good('A')).replace('</mediawiki>\n', '')}<pa`,
    texts: ['A\nOne.'],
  },
  {
    name: 'a comment that is never closed',
    content: dump(good('A'), '<!-- ', good('B')),
    texts: ['A\nOne.'],
  },
  {
    name: 'Latin-1 bytes in one page',
    content: new Uint8Array(
      Buffer.concat([
        bytesOf(dump(good('A')).replace('</mediawiki>\n', '')),
        Buffer.from(page('B', '# caf\xe9'), 'latin1'),
        bytesOf(good('C')),
      ]),
    ),
    texts: ['A\nOne.', 'C\nOne.'],
    bad: ['invalid-utf8'],
  },
  {
    name: 'a page larger than the longest record',
    content: dump(good('A'), page('X', `# ${'x'.repeat(5000)}`), good('B')),
    texts: ['A\nOne.', 'B\nOne.'],
    bad: ['record-too-long'],
    options: { maxRecordBytes: 2000 },
  },
  {
    name: 'an article without steps',
    content: dump(page('X', 'Prose alone.'), good('B')),
    texts: ['B\nOne.'],
    bad: ['no-text'],
  },
  {
    name: 'an empty page element',
    content: dump('<page/>', good('B')),
    texts: ['B\nOne.'],
    bad: ['no-text'],
  },
  {
    name: 'several revisions, of which the last counts',
    content: dump(
      '<page><title>A</title><ns>0</ns><revision><text># Old.</text></revision><revision><text># New.</text></revision></page>\n',
    ),
    texts: ['A\nNew.'],
  },
  {
    name: 'rows of single steps',
    content: dump(page('A', '== Steps ==\n=== One ===\n# a\n#* b\n# c\n=== Two ===\n# d')),
    texts: ['One\na b', 'One\nc', 'Two\nd'],
    mapping: { rowUnit: 'step', textColumns: ['method', 'step'] },
  },
  {
    name: 'templates and tables that are never closed',
    content: dump(page('A', '{{stub|{| x\n# One {{ [[two')),
    texts: ['A\nOne  two'],
  },
];

describe('malformed MediaWiki exports', () => {
  it.each(cases)('$name', async ({ content, texts, bad = [], labels, skipped, mapping, options }) => {
    const bytes = typeof content === 'string' ? bytesOf(content) : content;
    const stream = random(bytes.length);
    for (const chunks of [whole(bytes), randomPieces(bytes, stream, 7), randomPieces(bytes, stream, 90)]) {
      const used = { ...methods, ...mapping };
      const indexed = await indexBytes(bytes, used, ['Rubrik'], chunks, { blockBytes: 16, ...options });
      expect(indexed.texts).toEqual(texts);
      expect(indexed.bad.map(({ code }) => code)).toEqual(bad);
      expect(indexed.labels).toEqual(labels ?? indexed.labels);
      expect(indexed.builder.skipped).toEqual(skipped ?? indexed.builder.skipped);
      for (const { line, byteOffset } of indexed.bad)
        expect(line).toBe(
          1 + Buffer.from(bytes.subarray(0, byteOffset)).toString('latin1').split('\n').length - 1,
        );
    }
  });

  it('collects which category stands above which', async () => {
    const content = dump(
      page('Rubrik:Bread', '[[Rubrik:Baking]][[Category:Snacks]]', '<ns>14</ns>'),
      good('A'),
    );
    const { builder } = await indexBytes(bytesOf(content), methods, ['Rubrik']);
    expect(builder.topicEdges).toEqual([
      ['Bread', 'Baking'],
      ['Bread', 'Snacks'],
    ]);
  });
});

const bomb = `<?xml version="1.0"?>\n<!DOCTYPE mediawiki [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>\n${dump(page('X', '# &b;'))}`;

describe('XML that is refused', () => {
  const sniffed = (content: string, name = 'dump.xml') => {
    const bytes = bytesOf(content);
    return sniffHead({ name, byteLength: bytes.length, bytes, isWhole: true, gzip: false });
  };

  it.each([
    ['xml-entities', bomb],
    ['xml-entities', dump(good('A')).replace('<siteinfo>', '<!DOCTYPE x SYSTEM "http://x/"><siteinfo>')],
    ['format-unknown', '<!doctype html><html><body>Download</body></html>'],
    ['format-unknown', '<?xml version="1.0"?>\n<rss><channel/></rss>'],
    ['format-unknown', '<'],
    ['header-only', dump()],
    ['header-only', dump(page('A', '#REDIRECT [[B]]'))],
  ])('%s', (code, content) => {
    let thrown: unknown;
    try {
      sniffed(content);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(VerbenaError);
    expect(thrown).toMatchObject({ code });
  });

  it('refuses a document type in the index pass too, wherever it stands', async () => {
    await expect(indexBytes(bytesOf(bomb), methods, [])).rejects.toMatchObject({ code: 'xml-entities' });
    const late = dump(good('A'), '<!DOCTYPE x [<!ENTITY a "b">]>', good('B'));
    await expect(indexBytes(bytesOf(late), methods, [])).rejects.toMatchObject({ code: 'xml-entities' });
  });

  it.each([
    ['compression-unknown', '425a68393141'],
    ['compression-unknown', 'fd377a585a00'],
    ['compression-unknown', '28b52ffd0458'],
    ['compression-unknown', '377abcaf271c'],
    ['compression-unknown', '526172211a07'],
  ])('%s: %s, whatever the name promises', (code, hex) => {
    const bytes = new Uint8Array(Buffer.from(hex.padEnd(80, '00'), 'hex'));
    expect(() => sniffHead({ name: 'dump.xml', byteLength: 40, bytes, isWhole: true, gzip: false })).toThrow(
      expect.objectContaining({ code }) as Error,
    );
  });

  it('goes by contents where the name lies', () => {
    expect(sniffed(dump(good('A')), 'rows.csv').mapping.format).toBe('mediawiki');
    expect(sniffed('{"text": "a", "labels": ["b"]}\n', 'dump.xml').mapping.format).toBe('jsonl');
    expect(sniffed('text,labels\na,b\n', 'rows.parquet').mapping.format).toBe('csv');
  });
});

describe('a list of steps, each a row', () => {
  const mapping: Mapping = { ...jsonMapping('jsonl'), textColumns: ['title', 'steps'], rowUnit: 'step' };

  it('gives a row for each entry that is not blank, with the labels of the record', async () => {
    const content = [
      '{"title": "Bake", "steps": ["Mix.", " ", {"headline": "Heat."}], "labels": ["Food"]}',
      '{"title": "Sew", "steps": [], "labels": []}',
      '{"title": "Fix", "steps": "One text.", "labels": ["Bikes"]}',
      '{"title": "Bad", "steps": [["a"]], "labels": []}',
    ].join('\n');
    const { texts, labels, bad } = await indexBytes(bytesOf(content), mapping, []);
    expect(texts).toEqual(['Bake\nMix.', 'Bake\nHeat.', 'Fix\nOne text.']);
    expect(labels).toEqual([['Food'], ['Food'], ['Bikes']]);
    expect(bad.map(({ code }) => code)).toEqual(['no-text', 'text-not-string']);
  });
});

const access = (bytes: Uint8Array) => ({
  byteLength: bytes.length,
  read: async (start: number, end: number) => bytes.slice(start, end),
});
const zipped = (files: Record<string, string>, level: 0 | 6 = 6) =>
  zipSync(Object.fromEntries(Object.entries(files).map(([name, content]) => [name, strToU8(content)])), {
    level,
  });
const archive = zipped({ 'a.csv': 'text,labels\na,b\n'.repeat(50), 'deep/b.jsonl': '{"text":"x"}\n' });

/** An archive with some bytes of every directory entry changed. */
function patched(bytes: Uint8Array, offset: number, values: readonly number[]): Uint8Array {
  const copy = bytes.slice();
  for (let at = 0; at + 46 < copy.length; at++)
    if (copy[at] === 0x50 && copy[at + 1] === 0x4b && copy[at + 2] === 1 && copy[at + 3] === 2)
      copy.set(values, at + offset);
  return copy;
}

describe('zip archives', () => {
  it('lists members, and opens them wherever they stand', async () => {
    const entries = await readZipDirectory('x.zip', access(archive));
    expect(entries.map(({ name, byteLength }) => [name, byteLength])).toEqual([
      ['a.csv', 800],
      ['deep/b.jsonl', 13],
    ]);
    const entry = entries[0] as ZipEntry;
    const start = await memberStart('x.zip', access(archive), entry);
    const packed = archive.subarray(start, start + entry.compressedBytes);
    const chunks: Uint8Array[] = [];
    for await (const chunk of inflateMember(() => whole(packed), entry)) chunks.push(chunk);
    expect(Buffer.concat(chunks).toString()).toBe('text,labels\na,b\n'.repeat(50));
    expect(crc32(Buffer.concat(chunks))).toBe(entry.crc32);
  });

  it('reads a zip64 directory, as archives over 4 GB have it', async () => {
    const end = archive.length - 22;
    const view = new DataView(archive.buffer, archive.byteOffset);
    const [count, size, offset] = [
      view.getUint16(end + 10, true),
      view.getUint32(end + 12, true),
      view.getUint32(end + 16, true),
    ];
    const record = new DataView(new ArrayBuffer(56));
    record.setUint32(0, 0x0606_4b50, true);
    record.setBigUint64(32, BigInt(count), true);
    record.setBigUint64(40, BigInt(size), true);
    record.setBigUint64(48, BigInt(offset), true);
    const locator = new DataView(new ArrayBuffer(20));
    locator.setUint32(0, 0x0706_4b50, true);
    locator.setBigUint64(8, BigInt(end), true);
    const small = archive.slice(end);
    small.set([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], 10);
    const parts = [
      archive.subarray(0, end),
      new Uint8Array(record.buffer),
      new Uint8Array(locator.buffer),
      small,
    ];
    const entries = await readZipDirectory('x.zip', access(new Uint8Array(Buffer.concat(parts))));
    expect(entries.map(({ name }) => name)).toEqual(['a.csv', 'deep/b.jsonl']);
    record.setUint32(0, 0, true);
    await expect(
      readZipDirectory('x.zip', access(new Uint8Array(Buffer.concat(parts)))),
    ).rejects.toMatchObject({ code: 'zip-invalid' });
  });

  it.each<[string, Uint8Array]>([
    ['cut off', archive.subarray(0, archive.length - 40)],
    ['its head alone', archive.subarray(0, 60)],
    ['with a damaged directory', patched(archive, 0, [0x51])],
    ['whose members overlap', patched(archive, 42, [0, 0, 0, 0])],
    ['whose directory points outside', patched(archive, 42, [0xff, 0xff, 0xff, 0x7f])],
  ])('refuses one %s', async (_, bytes) => {
    await expect(readZipDirectory('x.zip', access(bytes))).rejects.toMatchObject({ code: 'zip-invalid' });
  });

  it.each([
    ['zip-unsafe-name', '../../etc/passwd.csv'],
    ['zip-unsafe-name', '/etc/rows.csv'],
    ['zip-unsafe-name', 'C:/rows.csv'],
    ['zip-unsafe-name', 'a\\..\\rows.csv'],
    ['zip-nested', 'inner.zip'],
    ['zip-nested', 'inner.tar.gz'],
  ])('%s: %s', async (code, name) => {
    const [entry] = await readZipDirectory('x.zip', access(zipped({ [name]: 'x' })));
    expect(entryProblem(entry as ZipEntry)).toMatchObject({ code, name });
  });

  it('says which members are encrypted, compressed otherwise, or expand as no text does', async () => {
    const codeOf = async (bytes: Uint8Array) =>
      entryProblem((await readZipDirectory('x.zip', access(bytes)))[0] as ZipEntry)?.code;
    expect(await codeOf(patched(archive, 8, [1]))).toBe('zip-encrypted');
    expect(await codeOf(patched(archive, 10, [93]))).toBe('format-unknown');
    expect(await codeOf(patched(archive, 24, [0, 0, 0, 0x40]))).toBe('zip-too-large');
    expect(await codeOf(archive)).toBeUndefined();
  });

  it('stops a member that grows beyond its declared size, ends early, is damaged or has another checksum', async () => {
    const [entry] = (await readZipDirectory('x.zip', access(archive))) as [ZipEntry];
    const start = await memberStart('x.zip', access(archive), entry);
    const packed = archive.slice(start, start + entry.compressedBytes);
    const read = async (bytes: Uint8Array, declared: { byteLength: number; crc32: number }) => {
      for await (const chunk of inflateMember(() => whole(bytes), declared)) void chunk;
    };
    for (const [bytes, declared] of [
      [packed, { ...entry, byteLength: 100 }],
      [packed, { ...entry, byteLength: 900 }],
      [packed, { ...entry, crc32: 1 }],
      [packed.subarray(0, packed.length - 5), entry],
      [packed.map((byte, i) => (i > 2 ? byte ^ 0x5a : byte)), entry],
    ] as const)
      await expect(read(bytes, declared)).rejects.toMatchObject({ code: 'zip-invalid' });
  });
});
