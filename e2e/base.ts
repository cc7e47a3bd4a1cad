import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test as playwright, expect, type BrowserContext, type Page } from '@playwright/test';
import { NotebookPage } from './pages/notebookPage.ts';

// Every test runs under a watch: no request leaves the page's own host, no error reaches the console.

export interface Watch {
  /** Requests to any other host. */
  readonly foreign: string[];
  /** Console errors, page errors and refused loads. */
  readonly errors: string[];
}

interface Fixtures {
  /** Set to true where a test provokes errors on purpose. */
  readonly errorsExpected: boolean;
  readonly profile: Profile;
  readonly watch: Watch;
  readonly notebook: NotebookPage;
}

/** A browser profile on disk: it outlives the browser, as a user's does. */
export interface Profile {
  readonly context: () => BrowserContext;
  /** Kills the browser as a crash would and starts another on the same profile. */
  readonly crash: () => Promise<Page>;
}

function isOwn(url: string, baseURL: string): boolean {
  return (
    /^(?:data|blob|about|chrome|chrome-error):/u.test(url) || new URL(url).origin === new URL(baseURL).origin
  );
}

async function observe(context: BrowserContext, watch: Watch, baseURL: string): Promise<void> {
  const page = (opened: Page) => {
    opened.on('console', (message) => {
      if (message.type() === 'error') watch.errors.push(`${message.text()} (${message.location().url})`);
    });
    opened.on('pageerror', (error) => watch.errors.push(String(error.stack ?? error)));
  };
  context.pages().forEach(page);
  context.on('page', page);
  // Workers' requests are routed too; nothing foreign is let through, and each is written down.
  context.on('request', (request) => {
    if (!isOwn(request.url(), baseURL)) watch.foreign.push(request.url());
  });
  await context.route(
    (url) => !isOwn(url.href, baseURL),
    (route) => route.abort('blockedbyclient'),
  );
}

export const test = playwright.extend<Fixtures>({
  errorsExpected: [false, { option: true }],

  watch: async ({ errorsExpected }, use) => {
    const watch: Watch = { foreign: [], errors: [] };
    await use(watch);
    expect(watch.foreign, 'requests that left the page').toEqual([]);
    if (!errorsExpected) expect(watch.errors, 'errors on the console').toEqual([]);
  },

  profile: async ({ playwright, launchOptions, baseURL, viewport, colorScheme, watch }, use) => {
    const folder = mkdtempSync(join(tmpdir(), 'verbena-profile-'));
    const own = baseURL ?? '';
    const launch = async () => {
      const started = await playwright.chromium.launchPersistentContext(folder, {
        ...launchOptions,
        baseURL: own,
        viewport,
        colorScheme,
        reducedMotion: 'reduce',
        acceptDownloads: true,
      });
      await observe(started, watch, own);
      return started;
    };
    let context = await launch();
    await use({
      context: () => context,
      async crash() {
        const session = await context.browser()?.newBrowserCDPSession();
        const closed = new Promise((done) => context.once('close', done));
        // As a power cut does: no unload handlers, nothing flushed.
        await session?.send('Browser.crash').catch(() => undefined);
        await closed;
        context = await launch();
        return context.pages()[0] ?? context.newPage();
      },
    });
    await context.close();
    rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  },

  context: async ({ profile }, use) => use(profile.context()),

  page: async ({ context }, use) => use(context.pages()[0] ?? (await context.newPage())),

  notebook: async ({ page }, use) => use(new NotebookPage(page)),
});

export { expect };
