import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { isBrowserPresent, startBrowser, type TestBrowser } from './browserTest/harness.ts';

// The real OPFS of a real Chromium, from the page's side; the corpus tests use it from a worker's.
let browser: TestBrowser;
let page: Page;

describe.skipIf(!isBrowserPresent)('storage in Chromium', () => {
  beforeAll(async () => {
    browser = await startBrowser('src/services/storage/browserTest/index.html', 'opfs');
  }, 60_000);
  afterAll(() => browser.close());
  beforeEach(async () => {
    page = await browser.freshPage();
  });
  afterEach(() => page.context().close());

  it('writes whole files of every kind of content, replaces them, and lists no temporaries', async () => {
    const result = await page.evaluate(async () => {
      const { opfs } = window;
      const lengths = [
        await opfs.writeFileAtomic('runs/a/state.json', '{"step": 1}'),
        await opfs.writeFileAtomic('runs/a/weights', new Uint8Array([1, 2, 3])),
        await opfs.writeFileAtomic('runs/a/blob', new Blob(['äb'])),
        await opfs.writeFileAtomic('runs/a/chunks', [new Uint8Array([1]), new Uint8Array([2, 3])]),
        await opfs.writeFileAtomic('runs/a/state.json', '{}'),
      ];
      return {
        lengths,
        state: await opfs.readText('runs/a/state.json'),
        chunks: [...((await opfs.readBytes('runs/a/chunks')) ?? [])],
        missing: await opfs.readFile('runs/b/none'),
        names: (await opfs.list('runs/a')).map(({ name, byteLength }) => [name, byteLength]),
        root: (await opfs.list('')).map(({ name, kind }) => [name, kind]),
        none: await opfs.list('nowhere'),
      };
    });
    expect(result).toEqual({
      lengths: [11, 3, 3, 3, 2],
      state: '{}',
      chunks: [1, 2, 3],
      missing: null,
      names: [
        ['blob', 3],
        ['chunks', 3],
        ['state.json', 2],
        ['weights', 3],
      ],
      root: [['runs', 'directory']],
      none: [],
    });
  });

  it('measures folders, and the bin that a removal fills and emptying clears', async () => {
    const sizes = await page.evaluate(async () => {
      const { opfs } = window;
      await opfs.writeFileAtomic('runs/a/deep/weights', new Uint8Array(1000));
      await opfs.writeFileAtomic('runs/b', new Uint8Array(10));
      const measure = async () => [await opfs.folderBytes('runs'), await opfs.folderBytes(opfs.binFolder)];
      const full = await measure();
      await opfs.remove('runs/a');
      const removed = await measure();
      await opfs.emptyBin();
      return { full, removed, emptied: await measure(), none: await opfs.folderBytes('nowhere') };
    });
    expect(sizes).toEqual({ full: [1010, 0], removed: [10, 1000], emptied: [10, 0], none: 0 });
  });

  it('leaves the old content where writing breaks off', async () => {
    const result = await page.evaluate(async () => {
      const { opfs } = window;
      await opfs.writeFileAtomic('a/file', 'old');
      const broken = async function* () {
        yield new Uint8Array([1, 2, 3]);
        throw new Error('cut off');
      };
      const error = await opfs.writeFileAtomic('a/file', broken()).catch((e: Error) => e.message);
      const root = await navigator.storage.getDirectory();
      const names: string[] = [];
      for await (const name of (await root.getDirectoryHandle('a')).keys()) names.push(name);
      return { error, names, text: await opfs.readText('a/file') };
    });
    expect(result).toEqual({ error: 'cut off', names: ['file'], text: 'old' });
  });

  it('sweeps what broken writes left behind, and nothing else', async () => {
    const bytes = await page.evaluate(async () => {
      const { opfs } = window;
      await opfs.writeFileAtomic('runs/a/weights', new Uint8Array(10));
      await opfs.writeFileAtomic('runs/a/weights.1f2e3d4c.part~', new Uint8Array(1000));
      const before = await opfs.folderBytes('runs/a');
      await opfs.sweep('runs/a');
      await opfs.sweep('runs/nowhere');
      return [before, await opfs.folderBytes('runs/a'), (await opfs.readBytes('runs/a/weights'))?.length];
    });
    expect(bytes).toEqual([1010, 10, 10]);
  });

  it('brings removed files and folders back from the bin', async () => {
    const result = await page.evaluate(async () => {
      const { opfs } = window;
      await opfs.writeFileAtomic('runs/a/deep/weights', 'w');
      await opfs.writeFileAtomic('runs/a/state', 's');
      await opfs.writeFileAtomic('runs/b/state', 'b');
      const removed = [await opfs.remove('runs/a'), await opfs.remove('runs/none')];
      const during = (await opfs.list('runs')).map(({ name }) => name);
      const restored = [await opfs.restore('runs/a'), await opfs.restore('runs/a')];
      const texts = [await opfs.readText('runs/a/deep/weights'), await opfs.readText('runs/a/state')];
      await opfs.remove('runs/b/state');
      await opfs.emptyBin();
      return { removed, during, restored, texts, gone: await opfs.restore('runs/b/state') };
    });
    expect(result).toEqual({
      removed: [true, false],
      during: ['b'],
      restored: [true, false],
      texts: ['w', 's'],
      gone: false,
    });
  });

  it('keeps what was binned where there is nothing to remove any more', async () => {
    const result = await page.evaluate(async () => {
      const { opfs } = window;
      await opfs.writeFileAtomic('runs/a/state', 's');
      const removed = [await opfs.remove('runs/a'), await opfs.remove('runs/a')];
      const together = await Promise.all([
        opfs.restore('runs/a'),
        opfs.remove('runs/a'),
        opfs.remove('runs/a'),
      ]);
      return {
        removed,
        together,
        restored: await opfs.restore('runs/a'),
        text: await opfs.readText('runs/a/state'),
      };
    });
    expect(result).toEqual({
      removed: [true, false],
      together: [true, true, false],
      restored: true,
      text: 's',
    });
  });

  describe('a folder whose move was cut off', () => {
    const names = ['data', 'deep/history', 'deep/weights', 'state'];
    const make = () =>
      page.evaluate(async (files) => {
        for (const name of files) await window.opfs.writeFileAtomic(`runs/a/${name}`, name);
      }, names);
    /** Moves the folder, and ends the page when two of its files have moved. */
    const cutOff = async (how: 'remove' | 'restore') => {
      await page.evaluate(async (move) => {
        type Movable = { move(folder: FileSystemDirectoryHandle, name: string): Promise<void> };
        const files = FileSystemFileHandle.prototype as unknown as Movable;
        const { move: moveFile } = files;
        let moved = 0;
        await new Promise<void>((halfway) => {
          files.move = function (this: Movable, folder, name) {
            if (moved++ < 2) return moveFile.call(this, folder, name);
            halfway();
            return new Promise(() => undefined);
          };
          void window.opfs[move]('runs/a');
        });
      }, how);
      await browser.reload(page);
    };
    const texts = () =>
      page.evaluate(
        async (files) => Promise.all(files.map((name) => window.opfs.readText(`runs/a/${name}`))),
        names,
      );
    const call = (how: 'remove' | 'restore') => page.evaluate((move) => window.opfs[move]('runs/a'), how);
    const listed = () => page.evaluate(async () => (await window.opfs.list('runs')).map(({ name }) => name));

    it('comes back whole after it was removed, also when that is asked again', async () => {
      await make();
      await cutOff('remove');
      await call('remove');
      expect(await call('restore')).toBe(true);
      expect(await texts()).toEqual(names);
    });

    it('is gone from its place, and whole in the bin, before anything is listed', async () => {
      await make();
      await cutOff('remove');
      expect(await listed()).toEqual([]);
      expect(await call('restore')).toBe(true);
      expect(await texts()).toEqual(names);
      expect(await page.evaluate(async () => (await window.opfs.list('')).map(({ name }) => name))).toEqual([
        'runs',
      ]);
    });

    it('is whole in its place where it was being brought back, and may be removed again', async () => {
      await make();
      await call('remove');
      await cutOff('restore');
      await call('remove');
      expect(await listed()).toEqual([]);
      await call('restore');
      expect(await texts()).toEqual(names);
    });

    it('loses nothing to a bin that is emptied', async () => {
      await make();
      await call('remove');
      await cutOff('restore');
      await page.evaluate(() => window.opfs.emptyBin());
      expect(await texts()).toEqual(names);
    });
  });

  it('keeps the newest of what can be made again, within its bytes', async () => {
    const result = await page.evaluate(async () => {
      const files = window.cacheFolder('vectors', 2500);
      for (const name of ['a', 'b', 'c', 'd']) {
        await files.write(name, new Uint8Array(1000).fill(name.charCodeAt(0)));
        // A file's time is told in milliseconds.
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      const few = (await window.opfs.list('vectors')).map(({ name }) => name);
      await files.write('large', new Uint8Array(9000));
      return {
        few,
        one: (await window.opfs.list('vectors')).map(({ name }) => name),
        read: (await files.read('large'))?.length,
        gone: await files.read('a'),
      };
    });
    expect(result).toEqual({ few: ['c', 'd'], one: ['large'], read: 9000, gone: null });
  });

  it('turns the browser’s quota error and a path out of the root into typed errors', async () => {
    const session = await page.context().newCDPSession(page);
    await session.send('Storage.overrideQuotaForOrigin', {
      origin: new URL(page.url()).origin,
      quotaSize: 200_000,
    });
    const result = await page.evaluate(async () => {
      const { opfs } = window;
      const codeOf = (work: Promise<unknown>) =>
        work.then(
          () => 'none',
          (error: { code?: string; remedy?: string }) => [error.code, typeof error.remedy],
        );
      await opfs.writeFileAtomic('small', 'old');
      return {
        quota: await codeOf(opfs.writeFileAtomic('small', new Uint8Array(3_000_000))),
        kept: await opfs.readText('small'),
        outside: await codeOf(opfs.writeFileAtomic('../up', 'x')),
      };
    });
    expect(result).toEqual({
      quota: ['quota-exceeded', 'string'],
      kept: 'old',
      outside: ['storage-failed', 'string'],
    });
  });
});
