import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Progress } from '../../base/progress.ts';
import { isBrowserPresent, startBrowser, type TestBrowser } from '../storage/browserTest/harness.ts';

// The real worker in a real Chromium with files of its OPFS (a File must be the same on disk after a reload).
let browser: TestBrowser;
let page: Page;

describe.skipIf(!isBrowserPresent)('an index pass over files that cannot be sought in', () => {
  beforeAll(async () => {
    browser = await startBrowser('src/services/corpus/browserTest/index.html', 'bench');
    page = await browser.freshPage();
  }, 60_000);
  afterAll(() => browser.close());

  /** Two files of about 80 MB of text, a position saved in each: gzip of UTF-8, and UTF-16. */
  const makeFiles = () =>
    page.evaluate(async () => {
      const root = await navigator.storage.getDirectory();
      const text = (first: number) => {
        let rows = '';
        for (let row = first; rows.length < 1e6; row++)
          rows += `"step ${(row * 7919) % 1_000_003} with ""some"" wörds\nand lines",label ${row % 700}\n${row % 5000 ? '' : 'bad\n'}`;
        return rows;
      };
      // Eight blocks again and again: making them all different would take longer than reading them.
      const blocks = Array.from({ length: 8 }, (_, block) => text(block * 20_000));
      const order = Array.from({ length: 80 }, (_, at) => blocks[(at * 5) % 8] ?? '');
      const write = async (name: string, content: ReadableStream<Uint8Array<ArrayBuffer>>) =>
        content.pipeTo(await (await root.getFileHandle(name, { create: true })).createWritable());
      const utf8 = new Blob(['text,labels\n', ...order]);
      await write('a.csv.gz', utf8.stream().pipeThrough(new CompressionStream('gzip')));
      const utf16 = (part: string) => Uint16Array.from({ length: part.length }, (_, i) => part.charCodeAt(i));
      const wide = blocks.map(utf16);
      const parts = order.map((block) => wide[blocks.indexOf(block)] ?? new Uint16Array(0));
      await write('b.csv', new Blob([utf16('\ufefftext,labels\n'), ...parts]).stream());
    });

  /** Opens both files; `killAt`: ends the worker, as a reload does, at this share of that file. */
  const open = (killAt: { readonly file: number; readonly share: number } | null) =>
    page.evaluate(async (kill) => {
      const root = await navigator.storage.getDirectory();
      const files = await Promise.all(
        ['a.csv.gz', 'b.csv'].map(async (name) => (await root.getFileHandle(name)).getFile()),
      );
      const service = window.bench.connect();
      const mappings = await Promise.all(files.map(async (file) => (await service.sniff(file)).mapping));
      const begins = [0, files[0]?.size ?? 0];
      const stopAt = kill ? (begins[kill.file] ?? 0) + (files[kill.file]?.size ?? 0) * kill.share : Infinity;
      const phases: string[] = [];
      let firstIndexed: number | null = null;
      let killed: (() => void) | null = null;
      const dead = new Promise<null>((resolve) => (killed = () => resolve(null)));
      const onProgress = ({ phase, done }: Progress) => {
        if (phases.at(-1) !== phase) phases.push(phase);
        if (phase === 'index') firstIndexed ??= done;
        if (done >= stopAt) killed?.();
      };
      const summary = await Promise.race([
        service.open(files, mappings, onProgress, new AbortController().signal),
        dead,
      ]);
      let found: object | null = null;
      if (summary) {
        const middle = summary.rowCount >> 1;
        const rows = Uint32Array.from([0, 1, middle - 1, middle, summary.rowCount - 1]);
        const { labels, labelIds } = await service.labelTable();
        found = {
          summary: { ...summary, elapsedMs: 0 },
          rows: await service.rows(rows),
          bad: await service.badRows(summary.badRowCount - 1, 1),
          labels,
          labelSum: labelIds.reduce((sum, id, at) => (sum * 31 + id + at) % 1_000_003, 0),
        };
      }
      service.terminate();
      return { phases, firstShare: (firstIndexed ?? 0) / (begins[1] ?? 1), found };
    }, killAt);

  it('goes on where a reload cut it off in either file, to the same rows, texts and hash', async () => {
    await makeFiles();
    const first = await open({ file: 0, share: 0.97 });
    await browser.reload(page);
    const second = await open({ file: 1, share: 0.97 });
    await browser.reload(page);
    const resumed = await open(null);
    const left = await page.evaluate(async () => (await window.bench.list('corpus/resume')).length);
    const fresh = await open(null);

    const back = 'Back to where it stopped';
    expect(first).toMatchObject({ phases: ['index'], found: null });
    // Cut off in the first file: its text is decoded again up to the saved position, then both are indexed.
    expect(second).toMatchObject({ phases: [back, 'index'], found: null });
    expect(second.firstShare).toBeGreaterThan(0.6);
    // Cut off in the second: the whole first file and most of the second are only decoded.
    expect(resumed.phases).toEqual([back, 'index']);
    expect(resumed.firstShare).toBeGreaterThan(1.5);
    expect(left).toBe(0);
    expect(fresh.phases).toEqual(['index']);
    expect(resumed.found).toEqual(fresh.found);
    expect(fresh.found).toMatchObject({
      rows: [
        { file: 'a.csv.gz', text: 'step 0 with "some" wörds\nand lines' },
        {},
        {},
        {},
        { file: 'b.csv' },
      ],
      summary: { files: [{ name: 'a.csv.gz' }, { name: 'b.csv' }] },
    });
  }, 180_000);

  it('begins anew where a file of the same name, size and time holds other text', async () => {
    const result = await page.evaluate(async () => {
      const line = 'some words to read here,label a\n';
      const wide = (text: string) => Uint16Array.from(text, (character) => character.charCodeAt(0));
      const block = wide(line.repeat(20_000));
      const other = wide(line.replace('a\n', 'b\n').repeat(20_000));
      const head = wide('\ufefftext,labels\n');
      const file = (first: Uint16Array<ArrayBuffer>) =>
        new File([head, first, ...Array.from({ length: 114 }, () => block)], 'same.csv', { lastModified: 7 });
      const open = async (given: File, stopAt: number) => {
        const service = window.bench.connect();
        const { mapping } = await service.sniff(given);
        const phases = new Set<string>();
        let end: (() => void) | null = null;
        const ended = new Promise<null>((resolve) => (end = () => resolve(null)));
        const report = ({ phase, done, total }: Progress) => {
          phases.add(phase);
          if (done > stopAt * (total ?? 0)) end?.();
        };
        const opening = service.open([given], [mapping], report, new AbortController().signal);
        const summary = await Promise.race([opening, ended]);
        const labels = summary && (await service.labelTable()).labels;
        service.terminate();
        return { phases: [...phases], rows: summary?.rowCount, labels };
      };
      await open(file(block), 0.97);
      return open(file(other), 2);
    });
    expect(result).toEqual({
      phases: ['Back to where it stopped', 'index'],
      rows: 115 * 20_000,
      labels: ['label b', 'label a'],
    });
  }, 120_000);
});
