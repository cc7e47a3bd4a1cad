import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isBrowserPresent, startBrowser, type TestBrowser } from './storage/browserTest/harness.ts';

const lost = {
  code: 'worker-lost',
  message:
    'Counting broke off: the browser ended the part of Verbena that does it, most often for want of memory. Numbers are lost.',
  remedy: 'Count again.',
};

// What a page is told of a real worker's end in a real browser: nothing by the worker itself.
describe.skipIf(!isBrowserPresent)('a worker that is lost in Chromium', () => {
  let browser: TestBrowser;
  let page: Page;
  beforeAll(async () => {
    browser = await startBrowser('src/services/browserTest/index.html', 'rpcBench');
    page = await browser.freshPage();
  }, 60_000);
  afterAll(() => browser.close());

  it('ends every call that waits for it, and the next call starts it anew', async () => {
    const result = await page.evaluate(async () => {
      const { remote, started } = window.rpcBench.connect();
      const failure = (call: Promise<unknown>) =>
        call.then(
          () => 'answered',
          ({ code, message, remedy }) => ({ code, message, remedy }),
        );
      const before = [await remote.count(), await remote.count()];
      const ended = await Promise.all([failure(remote.never()), failure(remote.close())]);
      const after = [await remote.count(), started()];
      remote.terminate();
      return { before, ended, after };
    });
    expect(result).toEqual({ before: [1, 2], ended: [lost, lost], after: [1, 2] });
  });

  it('is found when it had no time to speak', async () => {
    const result = await page.evaluate(async () => {
      const { remote, worker } = window.rpcBench.connect();
      // From its first call on.
      const busy = remote.busy(60_000).catch(({ code }) => code as unknown);
      setTimeout(() => worker().terminate(), 1000);
      const code = await busy;
      const next = await remote.count();
      remote.terminate();
      return { code, next };
    });
    expect(result).toEqual({ code: 'worker-lost', next: 1 });
  });

  it('costs nothing where nobody waited for it', async () => {
    const result = await page.evaluate(async () => {
      const { remote, worker, started } = window.rpcBench.connect();
      await remote.count();
      worker().terminate();
      while ((await navigator.locks.query()).held?.some(({ name }) => name?.startsWith('verbena/worker/')))
        await new Promise((resolve) => setTimeout(resolve, 20));
      const counted = await remote.count();
      remote.terminate();
      return { counted, started: started() };
    });
    expect(result).toEqual({ counted: 1, started: 2 });
  });

  it('never was one where its script cannot be loaded: each call tries again', async () => {
    const result = await page.evaluate(async () => {
      const { remote, started } = window.rpcBench.connect('missing.ts');
      const codeOf = (call: Promise<unknown>) => call.catch(({ code }) => code as unknown);
      return [
        await Promise.all([codeOf(remote.count()), codeOf(remote.count())]),
        await codeOf(remote.count()),
        started(),
      ];
    });
    expect(result).toEqual([['worker-unavailable', 'worker-unavailable'], 'worker-unavailable', 2]);
  });

  it('is told from one that lives on after an uncaught error', async () => {
    const result = await page.evaluate(async () => {
      const { remote, worker, started } = window.rpcBench.connect();
      await remote.count();
      const uncaught = new Promise((resolve) => worker().addEventListener('error', resolve, { once: true }));
      await remote.throwLater();
      await uncaught;
      const next = await remote.count();
      remote.terminate();
      return { next, started: started() };
    });
    expect(result).toEqual({ next: 2, started: 1 });
  });

  it('is told from one that was ended on purpose: a stop, and no worker after it', async () => {
    const codes = await page.evaluate(async () => {
      const { remote, started } = window.rpcBench.connect();
      const codeOf = (call: Promise<unknown>) => call.catch(({ code }) => code as unknown);
      const waiting = codeOf(remote.never());
      remote.terminate();
      return [await waiting, await codeOf(remote.count()), started()];
    });
    expect(codes).toEqual(['aborted', 'aborted', 1]);
  });
});
