import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Progress } from '../../base/progress.ts';
import { isBrowserPresent, startBrowser, type TestBrowser } from '../storage/browserTest/harness.ts';

// The real worker in a real Chromium, over Comlink, with real File objects and the real OPFS; skipped where there is none.
let browser: TestBrowser;
let page: Page;

describe.skipIf(!isBrowserPresent)('the corpus service in Chromium', () => {
  beforeAll(async () => {
    browser = await startBrowser('src/services/corpus/browserTest/index.html', 'bench');
  }, 60_000);
  afterAll(() => browser.close());
  beforeEach(async () => {
    page = await browser.freshPage();
  });
  afterEach(() => page.context().close());

  const openPage = () => browser.reload(page);

  it('opens several files of different kinds, answers about rows, labels, duplicates and bad rows', async () => {
    const result = await page.evaluate(async () => {
      const gzip = async (text: string) =>
        new Response(new Blob([text]).stream().pipeThrough(new CompressionStream('gzip'))).blob();
      const utf16 = (text: string) => Uint16Array.from([0xfeff, ...[...text].map((c) => c.charCodeAt(0))]);
      const files = [
        new File(['text,labels\r\n"Bake a\r\ncake",Food|Baking\r\nbad\r\nÄpfel schälen,Food\r\n'], 'a.csv'),
        new File(
          [
            await gzip(
              '{"text": "Sew a hem", "labels": ["Crafts"]}\n{"text": "  bake A cake", "labels": ["Ovens", null]}\n',
            ),
          ],
          'b.jsonl.gz',
        ),
        new File([utf16('text\tlabels\nFix a bike 日本\tBikes\n')], 'c.tsv'),
      ];
      const service = window.bench.connect();
      const nobody = new AbortController().signal;
      const sniffed = await Promise.all(files.map((file) => service.sniff(file)));
      const progress: Progress[] = [];
      const looking: Progress[] = [];
      const opened = await service.open(
        files,
        sniffed.map(({ mapping }) => mapping),
        (p) => progress.push(p),
        nobody,
      );
      const all = Uint32Array.from({ length: opened.rowCount }, (_, i) => opened.rowCount - 1 - i);
      const rows = await service.rows(all);
      const badRows = await service.badRows(0, 10);
      const csv = await (await service.badRowsCsv()).text();
      const duplicates = await service.duplicates(10, (p) => looking.push(p), nobody);
      const groups = [...(await service.textGroups(Uint32Array.from([4, 3, 1, 0])))];
      const merged = await service.setMerged(true, () => undefined, nobody);
      const mergedRows = await service.rows(new Uint32Array([0, 1, 2, 3]));
      const table = await service.labelTable();
      const missing = await service.texts(new Uint32Array([4])).catch((e: Error) => e.message);
      const unmerged = await service.setMerged(false, () => undefined, nobody);
      return {
        recognised: sniffed.map((s) => s.recognised),
        last: progress.at(-1),
        looked: looking.at(-1),
        total: files.reduce((sum, file) => sum + file.size, 0),
        opened,
        rows,
        badRows,
        csv,
        duplicates,
        groups,
        merged,
        mergedRows,
        labels: table.labels,
        mergedLabels: Array.from(table.labelIds.slice(0, table.rowOffsets[1]), (id) => table.labels[id]),
        missing,
        unmergedHash: unmerged.dataHash,
      };
    });
    expect(result.recognised).toEqual([true, true, true]);
    expect(result.last).toEqual({ phase: 'index', done: result.total, total: result.total, unit: 'bytes' });
    expect(result.looked).toEqual({ phase: 'Collecting duplicates', done: 5, total: 5, unit: 'rows' });
    expect(result.opened).toMatchObject({
      rowCount: 5,
      labelCount: 5,
      badRowCount: 1,
      badRowsByCode: { 'ragged-row': 1 },
      duplicateRows: 1,
      droppedLabelEntries: 1,
      merged: false,
      storedInOpfs: false,
      textLength: { min: 9, max: 13 },
    });
    expect(result.opened.files.map((file) => file.rows)).toEqual([2, 2, 1]);
    expect(result.rows.map((row) => [row.row, row.file, row.line, row.text, row.labels])).toEqual([
      [4, 'c.tsv', 2, 'Fix a bike 日本', ['Bikes']],
      [3, 'b.jsonl.gz', 2, 'bake A cake', ['Ovens']],
      [2, 'b.jsonl.gz', 1, 'Sew a hem', ['Crafts']],
      [1, 'a.csv', 5, 'Äpfel schälen', ['Food']],
      [0, 'a.csv', 2, 'Bake a\r\ncake', ['Food', 'Baking']],
    ]);
    expect(result.badRows).toEqual([
      {
        file: 'a.csv',
        line: 4,
        byteOffset: 41,
        code: 'ragged-row',
        reason: '1 cells where 2 are expected.',
        excerpt: 'bad',
      },
    ]);
    expect(result.csv).toBe(
      'file,line,byte offset,code,reason,excerpt\r\na.csv,4,41,ragged-row,1 cells where 2 are expected.,bad\r\n',
    );
    expect(result.groups).toEqual([4, 0, 1, 0]);
    expect(result.duplicates).toEqual([{ rows: [0, 3], text: 'Bake a\r\ncake' }]);
    expect(result.merged).toMatchObject({ rowCount: 4, merged: true });
    expect(result.merged.dataHash).not.toBe(result.opened.dataHash);
    expect(result.unmergedHash).toBe(result.opened.dataHash);
    expect(result.mergedLabels).toEqual(['Food', 'Baking', 'Ovens']);
    expect(result.mergedRows.map((row) => row.text)).toEqual([
      'Bake a\r\ncake',
      'Äpfel schälen',
      'Sew a hem',
      'Fix a bike 日本',
    ]);
    expect(result.missing).toContain('Row 4 does not exist');
  });

  it('keeps a copy that a reload opens again, merged as it was', async () => {
    const before = await page.evaluate(async () => {
      const service = window.bench.connect();
      const file = new File(['text,labels\none,a\ntwo,b\nOne,c\nragged\n'], 'kept.csv');
      const { mapping } = await service.sniff(file);
      const stop = new AbortController().signal;
      await service.open([file], [mapping], () => undefined, stop);
      await service.setMerged(true, () => undefined, stop);
      return service.keep(() => undefined, stop);
    });
    expect(before).toMatchObject({ storedInOpfs: true, merged: true, rowCount: 2 });
    await openPage();
    const after = await page.evaluate(async (hash) => {
      const service = window.bench.connect();
      const unknown = await service.restore('0'.repeat(32));
      const summary = await service.restore(hash);
      const rows = await service.rows(new Uint32Array([0, 1]));
      const bad = await service.badRows(0, 5);
      const plain = await service.setMerged(false, () => undefined, new AbortController().signal);
      return { unknown, summary, texts: rows.map((row) => row.text), labels: rows[0]?.labels, bad, plain };
    }, before.dataHash);
    expect(after.unknown).toBeNull();
    expect(after.summary).toEqual(before);
    expect(after).toMatchObject({ texts: ['one', 'two'], labels: ['a', 'c'], plain: { rowCount: 3 } });
    expect(after.bad).toMatchObject([{ line: 5, code: 'ragged-row', excerpt: 'ragged' }]);
  });

  it('says of a copy what is open when it is made, also where duplicates were merged meanwhile', async () => {
    const { kept, merged } = await page.evaluate(async () => {
      const service = window.bench.connect();
      const file = new File(['text,labels\none,a\ntwo,b\nOne,c\n'], 'meanwhile.csv');
      const { mapping } = await service.sniff(file);
      const stop = new AbortController().signal;
      await service.open([file], [mapping], () => undefined, stop);
      const keeping = service.keep(() => undefined, stop);
      const merged = await service.setMerged(true, () => undefined, stop);
      return { kept: await keeping, merged };
    });
    expect(kept).toMatchObject({ storedInOpfs: true, merged: true, rowCount: 2, dataHash: merged.dataHash });
  });

  it('lists kept copies, refuses to remove the open one, and brings a removed one back from the bin', async () => {
    const result = await page.evaluate(async () => {
      const service = window.bench.connect();
      const stop = new AbortController().signal;
      const keep = async (name: string, text: string) => {
        const file = new File([text], name);
        const { mapping } = await service.sniff(file);
        await service.open([file], [mapping], () => undefined, stop);
        return (await service.keep(() => undefined, stop)).dataHash;
      };
      const first = await keep('first.csv', 'text,labels\none,a\n');
      const second = await keep('second.csv', 'text,labels\ntwo,b\n');
      const names = async () =>
        (await service.kept()).map((copy) => [copy.fileNames.join(), copy.isOpen, copy.byteLength > 20]);
      const listed = await names();
      const inUse = await service.removeKept(second).catch((error: { code?: string }) => error.code);
      const removed = await service.removeKept(first);
      const afterRemoval = await names();
      const gone = await service.restore(first);
      const broughtBack = await service.restoreKept(first);
      const again = await service.restore(first);
      const texts = await service.texts(new Uint32Array([0]));
      return { listed, inUse, removed, afterRemoval, gone, broughtBack, rows: again?.rowCount, texts };
    });
    expect(result.listed).toHaveLength(2);
    expect(result.listed).toEqual(
      expect.arrayContaining([
        ['second.csv', true, true],
        ['first.csv', false, true],
      ]),
    );
    expect(result).toMatchObject({
      inUse: 'copy-in-use',
      removed: true,
      afterRemoval: [['second.csv', true, true]],
      gone: null,
      broughtBack: true,
      rows: 1,
      texts: ['one'],
    });
  });

  it('keeps the open corpus when another is stopped or fails', async () => {
    const result = await page.evaluate(async () => {
      const service = window.bench.connect();
      const small = new File(['text,labels\none,a\n'], 'small.csv');
      const large = new File(['text,labels\n', 'some words to read,label\n'.repeat(3_000_000)], 'large.csv');
      const { mapping } = await service.sniff(small);
      const stop = new AbortController();
      await service.open([small], [mapping], () => undefined, stop.signal);
      const codeOf = (work: Promise<unknown>) =>
        work.then(
          () => 'none',
          (error: { code?: string }) => error.code,
        );
      const stopped = codeOf(service.open([large], [mapping], () => stop.abort(), stop.signal));
      const codes = [
        await stopped,
        await codeOf(service.sniff(new File([], 'empty.csv'))),
        await codeOf(
          service.open(
            [new File(['text,labels\n'], 'h.csv')],
            [mapping],
            () => undefined,
            new AbortController().signal,
          ),
        ),
        await codeOf(
          service.open(
            [new File(['text,labels\n ,a\n'], 'b.csv')],
            [mapping],
            () => undefined,
            new AbortController().signal,
          ),
        ),
        await codeOf(service.sniff(new File([new Uint8Array([0x1f, 0x8b, 1, 2, 3])], 'x.gz'))),
      ];
      return { codes, texts: await service.texts(new Uint32Array([0])) };
    });
    expect(result.codes).toEqual(['aborted', 'file-empty', 'header-only', 'no-rows', 'gzip-invalid']);
    expect(result.texts).toEqual(['one']);
  });

  it('stops and answers within a moment while 100 MB of buffered text are indexed, plain and gzipped', async () => {
    const result = await page.evaluate(async () => {
      const block = Array.from(
        { length: 40_000 },
        (_, i) => `"step ${i} of some length",label ${i % 50}\n`,
      ).join('');
      const text = new Blob(['text,labels\n', ...Array.from({ length: 75 }, () => block)]);
      const zipped = await new Response(text.stream().pipeThrough(new CompressionStream('gzip'))).blob();
      const measure = async (file: File) => {
        const service = window.bench.connect();
        const small = new File(['text,labels\none,a\n'], 'small.csv');
        const { mapping } = await service.sniff(small);
        await service.open([small], [mapping], () => undefined, new AbortController().signal);
        const stop = new AbortController();
        const marks = { asked: 0, answered: 0, share: 0 };
        let begun: (() => void) | null = null;
        const running = new Promise<void>((resolve) => (begun = resolve));
        const opening = service
          .open(
            [file],
            [mapping],
            ({ done, total }) => {
              marks.share = done / (total ?? 1);
              if (done > 0) begun?.();
            },
            stop.signal,
          )
          .then(
            () => 'finished',
            (error: { code?: string }) => error.code,
          );
        await running;
        marks.asked = performance.now();
        const texts = await service.texts(new Uint32Array([0]));
        marks.answered = performance.now();
        const shareAtStop = marks.share;
        const stopped = performance.now();
        stop.abort();
        const outcome = await opening;
        return {
          megabytes: Math.round(text.size / 1e6),
          outcome,
          texts,
          shareAtStop,
          answerMs: marks.answered - marks.asked,
          stopMs: performance.now() - stopped,
        };
      };
      return [
        await measure(new File([text], 'large.csv')),
        await measure(new File([zipped], 'large.csv.gz')),
      ];
    });
    for (const { megabytes, outcome, texts, shareAtStop, answerMs, stopMs } of result) {
      expect(megabytes).toBeGreaterThan(90);
      expect([outcome, texts]).toEqual(['aborted', ['one']]);
      expect(shareAtStop).toBeLessThan(0.9);
      // Measured 40 and 90 ms, 770 with three test runs beside it: the limits only tell a breath from none, which arrives at the end.
      expect(stopMs).toBeLessThan(5000);
      expect(answerMs).toBeLessThan(5000);
    }
  }, 120_000);

  it('keeps the rows of a truncated gzip file, and of one with a long header', async () => {
    const result = await page.evaluate(async () => {
      const text = `text,labels\n${Array.from({ length: 60_000 }, (_, i) => `step ${(i * 48_271) % 65_537},label ${i % 9}\n`).join('')}`;
      const stream = new Blob([text]).stream().pipeThrough(new CompressionStream('gzip'));
      const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
      // The file-name field that gzip writes, here of 300 letters.
      const named = [bytes.slice(0, 10), new TextEncoder().encode(`${'n'.repeat(300)}\0`), bytes.slice(10)];
      (named[0] as Uint8Array)[3] = 8;
      const read = async (file: File) => {
        const service = window.bench.connect();
        const { mapping } = await service.sniff(file);
        const summary = await service.open([file], [mapping], () => undefined, new AbortController().signal);
        const [last] = await service.texts(new Uint32Array([summary.rowCount - 1]));
        return { rows: summary.rowCount, codes: summary.badRowsByCode, last };
      };
      const cut = bytes.slice(0, bytes.length * 0.7);
      return {
        whole: await read(new File(named as BlobPart[], 'whole.csv.gz')),
        cut: await read(new File([cut], 'cut.csv.gz')),
      };
    });
    expect(result.whole).toEqual({ rows: 60_000, codes: {}, last: `step ${(59_999 * 48_271) % 65_537}` });
    expect(result.cut.rows).toBeGreaterThan(35_000);
    expect(result.cut.codes['gzip-truncated']).toBe(1);
    expect(result.cut.last).toMatch(/^step \d+$/u);
  });

  it('goes on where a reload cut the index pass off, to the same rows and hash', async () => {
    // About 170 MB: two saved positions. The File must be the same on disk, so it lives in the OPFS here.
    await page.evaluate(async () => {
      const worker = `onmessage = async () => {
        const root = await navigator.storage.getDirectory();
        const handle = await (await root.getFileHandle('big.csv', { create: true })).createSyncAccessHandle();
        let row = 0, at = 0;
        at += handle.write(new TextEncoder().encode('text,labels\\n'));
        for (let block = 0; block < 170; block++) {
          let text = '';
          while (text.length < 1e6) text += '"step ' + (row++ * 2654435761 % 2e9) + ' with ""some"" wörds\\nand lines",label ' + row % 700 + '\\n' + (row % 5000 ? '' : 'bad\\n');
          at += handle.write(new TextEncoder().encode(text), { at });
        }
        handle.flush(); handle.close(); postMessage(at);
      }`;
      const made = new Worker(URL.createObjectURL(new Blob([worker])));
      await new Promise((resolve) => {
        made.addEventListener('message', resolve);
        made.postMessage(0);
      });
    });
    const open = () =>
      page.evaluate(async () => {
        const root = await navigator.storage.getDirectory();
        const file = await (await root.getFileHandle('big.csv')).getFile();
        const service = window.bench.connect();
        const { mapping } = await service.sniff(file);
        let first: number | null = null;
        const summary = await service.open(
          [file],
          [mapping],
          (p) => (first ??= p.done),
          new AbortController().signal,
        );
        const rows = await service.rows(
          Uint32Array.from([0, 1, summary.rowCount >> 1, summary.rowCount - 1]),
        );
        const table = await service.labelTable();
        const bad = await service.badRows(summary.badRowCount - 1, 1);
        return { first, summary: { ...summary, elapsedMs: 0 }, rows, labels: table.labels.length, bad };
      });
    // The reload: the worker is terminated when two thirds are done.
    await page.evaluate(async () => {
      const root = await navigator.storage.getDirectory();
      const file = await (await root.getFileHandle('big.csv')).getFile();
      const service = window.bench.connect();
      const { mapping } = await service.sniff(file);
      await new Promise<void>((resolve) => {
        void service.open(
          [file],
          [mapping],
          (p) => p.done > (p.total ?? 0) * 0.8 && resolve(),
          new AbortController().signal,
        );
      });
      service.terminate();
    });
    await openPage();
    const saved = await page.evaluate(async () => (await window.bench.list('corpus/resume')).length);
    const resumed = await open();
    const left = await page.evaluate(async () => (await window.bench.list('corpus/resume')).length);
    const fresh = await open();
    expect([saved, left]).toEqual([1, 0]);
    expect(resumed.first).toBeGreaterThan(60e6);
    expect(fresh.first).toBeLessThan(60e6);
    expect({ ...resumed, first: 0 }).toEqual({ ...fresh, first: 0 });
    expect(fresh.summary.badRowCount).toBeGreaterThan(100);
  }, 120_000);
});
