import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { chromium, type Page } from 'playwright-core';
import { createServer } from 'vite';
import { isolationHeaders } from '../../../../scripts/headers.mjs';

const browserPath = process.env['CHROMIUM'] ?? '/usr/bin/chromium';
const root = fileURLToPath(new URL('../../../../', import.meta.url));

export const isBrowserPresent = existsSync(browserPath);

export interface TestBrowser {
  /** A page in a context of its own: an empty OPFS. */
  readonly freshPage: () => Promise<Page>;
  readonly reload: (page: Page) => Promise<void>;
  readonly close: () => Promise<void>;
}

/**
 * Serves the repository's sources through Vite and opens a page of them (a path from the root) in an installed Chromium.
 * The page is ready once its module has set `window[ready]`.
 */
export async function startBrowser(path: string, ready: string): Promise<TestBrowser> {
  const server = await createServer({
    root,
    configFile: false,
    logLevel: 'error',
    server: { port: 0, host: '127.0.0.1', headers: isolationHeaders, hmr: false, watch: null },
    // What is CommonJS has to be made a module first.
    optimizeDeps: { noDiscovery: true, include: ['saxes'] },
    cacheDir: 'node_modules/.vite-browser-test',
  });
  await server.listen();
  const url = new URL(path, server.resolvedUrls?.local[0]);
  const browser = await chromium.launch({
    executablePath: browserPath,
    args: [
      '--headless=new',
      '--no-sandbox',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--disable-quic',
      '--no-first-run',
    ],
  });
  const reload = async (page: Page) => {
    await page.goto(url.href);
    await page.waitForFunction((name) => name in window, ready);
  };
  const freshPage = async () => {
    const page = await (await browser.newContext()).newPage();
    await reload(page);
    return page;
  };
  return {
    freshPage,
    reload,
    close: async () => {
      await browser.close();
      await server.close();
    },
  };
}
