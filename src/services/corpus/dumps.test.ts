import { gzipSync } from 'node:zlib';
import { strToU8, zipSync, type Zippable } from 'fflate';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { writeParquet } from '../../core/corpus/parquetTesting.ts';
import { isBrowserPresent, startBrowser, type TestBrowser } from '../storage/browserTest/harness.ts';
import type { Mapping } from './contract.ts';

// MediaWiki exports, Parquet, zip archives, folders and topic trees through the real worker in a real Chromium; skipped where
// there is none.
let browser: TestBrowser;
let page: Page;

interface Sent {
  readonly name: string;
  readonly content: string | Uint8Array;
}

/** Drops files as the page does: looks into them, opens what was found, and asks for everything. */
async function openDump(files: readonly Sent[], change: Partial<Mapping> = {}, topicDepth = 0) {
  const sent = files.map(({ name, content }) => ({ name, base64: Buffer.from(content).toString('base64') }));
  return page.evaluate(
    async ({ list, patch, depth }) => {
      const dropped = list.map(
        ({ name, base64 }) => new File([Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))], name),
      );
      const nobody = new AbortController().signal;
      const service = window.bench.connect();
      const looked: number[] = [];
      try {
        const { entries, skipped, skippedCount } = await service.inspect(
          dropped,
          ({ done }) => looked.push(done),
          nobody,
        );
        const pairs = entries.map(({ fileIndex, sniffed }) => ({
          file: dropped[fileIndex] as File,
          sniffed,
        }));
        const mappings = pairs.map(({ sniffed: { mapping } }) =>
          mapping.schema === 'topic-tree' ? mapping : { ...mapping, ...patch },
        );
        const opened = await service.open(
          pairs.map(({ file }) => file),
          mappings,
          () => undefined,
          nobody,
          { topicDepth: depth },
        );
        const all = Uint32Array.from({ length: Math.min(50, opened.rowCount) }, (_, i) => i);
        const rows = await service.rows(all);
        const kept = await service.keep(() => undefined, nobody);
        const again = window.bench.connect();
        const restored = await again.restore(opened.dataHash);
        const restoredRows = restored ? await again.rows(all) : null;
        return {
          names: entries.map(({ sniffed }) => sniffed.name),
          looked: looked.at(-1),
          skipped,
          skippedCount,
          mappings,
          opened,
          texts: rows.map((row) => row.text),
          labels: rows.map((row) => row.labels),
          lines: rows.map((row) => row.line),
          isSameRestored: JSON.stringify(rows) === JSON.stringify(restoredRows) && kept.storedInOpfs,
          error: null,
        };
      } catch (error) {
        const { code, message } = error as { code?: string; message: string };
        return { error: code ?? message };
      }
    },
    { list: sent, patch: change, depth: topicDepth },
  );
}

type Opened = Exclude<Awaited<ReturnType<typeof openDump>>, { error: string }>;
async function opened(...given: Parameters<typeof openDump>): Promise<Opened> {
  const result = await openDump(...given);
  if (result.error !== null) throw new Error(`Refused: ${result.error}`);
  return result;
}

const article = (title: string, text: string, ns = 0) =>
  `<page><title>${title}</title><ns>${ns}</ns><revision><text>${text}</text></revision></page>\n`;
const wiki = `<mediawiki>${[
  article(
    'Bread',
    'Anyone can.\n== Steps ==\n=== Dough ===\n# Mix.\n# Knead.\n=== Oven ===\n# Bake.\n[[Category:Baking]]',
  ),
  article('Talk:Bread', 'no', 1),
  article('Category:Baking', '[[Category:Food]]', 14),
  article('Category:Food', '[[Category:Home]]', 14),
  article('Hem', '== Steps ==\n# Sew.\n[[Category:Crafts]]'),
].join('')}</mediawiki>`;

describe.skipIf(!isBrowserPresent)('dumps in Chromium', () => {
  beforeAll(async () => {
    browser = await startBrowser('src/services/corpus/browserTest/index.html', 'bench');
  }, 60_000);
  afterAll(() => browser.close());
  beforeEach(async () => {
    page = await browser.freshPage();
  });
  afterEach(() => page.context().close());

  it.each<[string, Sent]>([
    ['plain', { name: 'dump.xml', content: wiki }],
    ['gzipped', { name: 'dump.xml.gz', content: gzipSync(wiki) }],
    ['zipped', { name: 'dump.zip', content: zipSync({ 'wiki/dump.xml': strToU8(wiki) }) }],
    ['stored in a zip', { name: 'dump.zip', content: zipSync({ 'dump.xml': strToU8(wiki) }, { level: 0 }) }],
  ])('reads a MediaWiki export, %s, by methods, by steps and with the topics above', async (_, file) => {
    const methods = await opened([file]);
    expect(methods.texts).toEqual(['Dough\nMix.\nKnead.', 'Oven\nBake.', 'Sew.']);
    expect(methods.labels).toEqual([['Baking'], ['Baking'], ['Crafts']]);
    expect(methods.opened.skipped).toEqual({ 'pages outside the main namespace': 1, 'category pages': 2 });
    expect(methods.isSameRestored).toBe(true);
    const steps = await opened([file], { rowUnit: 'step', textColumns: ['title', 'step'] }, 2);
    expect(steps.texts).toEqual(['Bread\nMix.', 'Bread\nKnead.', 'Bread\nBake.', 'Hem\nSew.']);
    expect(steps.labels[0]).toEqual(['Baking', 'Food', 'Home']);
    expect(steps.labels[3]).toEqual(['Crafts']);
    expect(steps.opened.topics).toMatchObject({
      depth: 2,
      addedLabels: 2,
      labelsOutside: { examples: ['Crafts'] },
    });
    expect(steps.opened.dataHash).not.toBe(methods.opened.dataHash);
    expect(steps.isSameRestored).toBe(true);
  });

  it('reads Parquet, alone and inside an archive', async () => {
    const content = writeParquet([
      [
        { name: 'text', kind: 'text', cells: ['Mix', 'Bake'] },
        { name: 'labels', kind: 'list', cells: [['Food', 'Baking'], []] },
      ],
      [
        { name: 'text', kind: 'text', cells: ['Säumen'] },
        { name: 'labels', kind: 'list', cells: [['Crafts']] },
      ],
    ]);
    for (const file of [
      { name: 'rows.parquet', content },
      { name: 'rows.zip', content: zipSync({ 'rows.parquet': content }) },
    ]) {
      const { texts, labels, lines, isSameRestored } = await opened([file]);
      expect(texts).toEqual(['Mix', 'Bake', 'Säumen']);
      expect(labels).toEqual([['Food', 'Baking'], [], ['Crafts']]);
      expect(lines).toEqual([1, 2, 3]);
      expect(isSameRestored).toBe(true);
    }
  });

  it('opens an archive with several files and a topic tree, and lists what it leaves out', async () => {
    const inner: Zippable = { 'x.csv': strToU8('text,labels\na,b\n') };
    const content = zipSync({
      'a.csv': strToU8('text,labels\nMix,Baking\nSew,Crafts\n'),
      'deep/b.jsonl.gz': gzipSync('{"text": "Bake", "labels": ["Baking"]}\n'),
      'topics.tsv': strToU8('child\tparent\nBaking\tFood\nFood\tBaking\n'),
      '../../up.csv': strToU8('text,labels\nx,y\n'),
      'inner.zip': zipSync(inner),
      'picture.png': new Uint8Array(10),
      'broken.csv': new Uint8Array(0),
      '__MACOSX/._a.csv': new Uint8Array(10),
    });
    const {
      texts,
      labels,
      skipped,
      skippedCount,
      opened: summary,
      names,
    } = await opened([{ name: 'd.zip', content }], {}, 5);
    expect(names).toEqual(['d.zip/a.csv', 'd.zip/deep/b.jsonl.gz', 'd.zip/topics.tsv']);
    expect(texts).toEqual(['Mix', 'Sew', 'Bake']);
    expect(labels).toEqual([['Baking', 'Food'], ['Crafts'], ['Baking', 'Food']]);
    expect(skippedCount).toBe(4);
    expect(Object.fromEntries(skipped.map(({ name, code }) => [name, code]))).toEqual({
      'd.zip/../../up.csv': 'zip-unsafe-name',
      'd.zip/inner.zip': 'zip-nested',
      'd.zip/picture.png': 'other-kind',
      'd.zip/broken.csv': 'file-empty',
    });
    expect(summary.topics?.cycles.count).toBe(1);
    expect((summary.notes ?? []).join(' ')).toContain('Baking > Food > Baking');
  });

  it('reads a folder of ten thousand files', async () => {
    const result = await page.evaluate(async () => {
      const files = Array.from({ length: 10_000 }, (_, i) =>
        i % 4 === 3
          ? new File(['x'], `notes-${i}.md`)
          : new File([`text,labels\nStep ${i},A\n`], `part-${i}.csv`),
      );
      const service = window.bench.connect();
      const looked: number[] = [];
      const nobody = new AbortController().signal;
      const { entries, skipped, skippedCount } = await service.inspect(
        files,
        ({ done }) => looked.push(done),
        nobody,
      );
      const opened = await service.open(
        entries.map(({ fileIndex }) => files[fileIndex] as File),
        entries.map(({ sniffed }) => sniffed.mapping),
        () => undefined,
        nobody,
      );
      const texts = await service.texts(new Uint32Array([0, 7499]));
      const stop = new AbortController();
      const stopped = service
        .inspect(files, () => stop.abort(), stop.signal)
        .then(
          () => 'went on',
          (error: { code: string }) => error.code,
        );
      return {
        found: entries.length,
        previews: entries.filter(({ sniffed }) => sniffed.preview.length > 0).length,
        listed: skipped.length,
        skippedCount,
        reports: looked.length,
        rows: opened.rowCount,
        files: opened.files.length,
        last: opened.files.at(-1)?.name,
        texts,
        stopped: await stopped,
      };
    });
    expect(result).toMatchObject({
      found: 7500,
      skippedCount: 2500,
      listed: 1000,
      rows: 7500,
      files: 200,
      last: '7301 more files',
      texts: ['Step 0', 'Step 9998'],
      stopped: 'aborted',
    });
    expect(result.reports).toBeGreaterThan(2);
    // One preview a shape; the eight that are read at once may come before the first is known.
    expect(result.previews).toBeLessThan(10);
  }, 180_000);

  it('keeps the rows before the damage of a member, and says where it ends', async () => {
    const rows = Array.from({ length: 60_000 }, (_, i) => `step ${i * 7919} of many,label ${i % 50}\n`).join(
      '',
    );
    const content = zipSync({ 'a.csv': strToU8(`text,labels\n${rows}`) });
    content.fill(0xa5, content.length * 0.7, content.length * 0.7 + 40);
    const { opened: summary } = await opened([{ name: 'd.zip', content }]);
    expect(summary.badRowsByCode['zip-invalid']).toBe(1);
    expect(summary.rowCount).toBeGreaterThan(20_000);
  });

  it.each<[string, readonly Sent[]]>([
    ['zip-invalid', [{ name: 'd.zip', content: zipSync({ 'a.csv': strToU8('text\nx\n') }).subarray(0, 60) }]],
    ['zip-nested', [{ name: 'd.zip', content: zipSync({ 'b.zip': zipSync({ 'a.csv': strToU8('x') }) }) }]],
    ['zip-unsafe-name', [{ name: 'd.zip', content: zipSync({ '../a.csv': strToU8('text\nx\n') }) }]],
    [
      'format-unknown',
      [{ name: 'd.zip', content: zipSync({ 'a.png': strToU8('x'), 'b.exe': strToU8('x') }) }],
    ],
    [
      'format-unknown',
      [
        { name: 'a.md', content: 'x' },
        { name: 'b.png', content: 'x' },
      ],
    ],
    ['parquet-invalid', [{ name: 'a.parquet', content: 'PAR1 and no more' }]],
    [
      'parquet-nested',
      [{ name: 'a.parquet', content: writeParquet([[{ name: 's', kind: 'struct', cells: ['a'] }]]) }],
    ],
    ['compression-unknown', [{ name: 'dump.xml.bz2', content: 'BZh91AY&SY and so on' }]],
    ['xml-entities', [{ name: 'dump.xml', content: `<!DOCTYPE x [<!ENTITY a "b">]>${wiki}` }]],
    ['no-rows', [{ name: 'topics.csv', content: 'child,parent\na,b\n' }]],
    [
      'file-empty',
      [
        { name: 'a.csv', content: '' },
        { name: 'b.csv', content: '' },
      ],
    ],
  ])('refuses with %s', async (code, files) => {
    expect(await openDump(files)).toEqual({ error: code });
  });
});
