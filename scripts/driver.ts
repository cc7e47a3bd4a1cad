import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type BrowserContext, type Page } from 'playwright-core';
import { NotebookPage } from '../e2e/pages/notebookPage.ts';
import { chromiumArgs, chromiumCpuArgs, ensureChromium } from './browser.mjs';
import { serve } from './serve.mjs';

export interface DriverOptions {
  /** Without WebGPU. */
  readonly cpu: boolean;
  readonly width: number;
  readonly height: number;
  /** Device pixels a CSS pixel. */
  readonly scale: number;
}

export interface DrivenNotebook {
  readonly page: Page;
  readonly notebook: NotebookPage;
  /** Address of the served page, without a slash at its end. */
  readonly url: string;
  /** e.g. `Chromium 140.0.1`. */
  readonly browser: string;
}

/**
 * Serves dist/, opens it in a headless Chromium on a profile of its own, and hands it to `drive`; server, browser and profile
 * end with it, also on Ctrl+C. Throws `chromium-missing`, `serve-root`.
 */
export async function withNotebook<T>(
  { cpu, width, height, scale }: DriverOptions,
  drive: (driven: DrivenNotebook) => Promise<T>,
): Promise<T> {
  const executablePath = await ensureChromium();
  const server = await serve({ root: join(import.meta.dirname, '../dist'), port: 0 });
  const profile = mkdtempSync(join(tmpdir(), 'verbena-profile-'));
  let context: BrowserContext | null = null;
  const stop = () => {
    void (context?.close() ?? Promise.resolve()).finally(() => process.exit(130));
  };
  process.once('SIGINT', stop).once('SIGTERM', stop);
  try {
    context = await chromium.launchPersistentContext(profile, {
      executablePath,
      args: [...(cpu ? chromiumCpuArgs : chromiumArgs)],
      viewport: { width, height },
      deviceScaleFactor: scale,
      acceptDownloads: true,
      reducedMotion: 'reduce',
      handleSIGINT: false,
      handleSIGTERM: false,
    });
    const page = context.pages()[0] ?? (await context.newPage());
    const browser = `Chromium ${context.browser()?.version() ?? ''}`.trim();
    return await drive({ page, notebook: new NotebookPage(page), url: server.url, browser });
  } finally {
    process.off('SIGINT', stop).off('SIGTERM', stop);
    await context?.close();
    await server.close();
    rmSync(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }
}
