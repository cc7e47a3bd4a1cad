import { createServer } from 'node:http';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { cpus, loadavg, tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { chromium } from 'playwright-core';
import { build } from 'vite';
import { findChromium } from '../../scripts/browser.mjs';

// npx tsx bench/map/run.ts
// Frames of the map at 10,000 and 100,000 points in Chromium: on a machine without a graphics card WebGL is SwiftShader, and the
// figures are a lower bound. Writes bench/results/map.json.

interface Measured {
  readonly count: number;
  readonly isChosen: boolean;
  readonly painter: string;
  readonly firstMs: number;
  /** A frame of all points. */
  readonly wholeMs: number;
  /** A frame in motion. */
  readonly frameMs: number;
  readonly worstFrameMs: number;
  readonly drawMs: number;
  readonly gridMs: number;
  readonly hoverMs: number;
  readonly lassoMs: number;
}

const types: Readonly<Record<string, string>> = { '.html': 'text/html', '.js': 'text/javascript' };

async function main(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'verbena-map-'));
  await build({
    root: import.meta.dirname,
    configFile: false,
    logLevel: 'warn',
    build: { outDir: folder, emptyOutDir: true, target: 'es2023' },
  });
  const server = createServer((request, response) => {
    const path = request.url === '/' ? '/index.html' : (request.url ?? '');
    readFile(join(folder, path)).then(
      (body) => response.setHeader('Content-Type', types[extname(path)] ?? 'text/plain').end(body),
      () => response.writeHead(404).end(),
    );
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  const executablePath = await findChromium();
  if (!executablePath) throw new Error('No Chromium here: install one, or name it in CHROMIUM_PATH.');
  const browser = await chromium.launch({
    executablePath,
    args: ['--headless=new', '--no-sandbox', '--disable-background-networking', '--no-first-run'],
  });
  try {
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    await page.goto(`http://127.0.0.1:${port}/`);
    const renderer = await page.evaluate(() => {
      const gl = document.createElement('canvas').getContext('webgl2');
      const names = gl?.getExtension('WEBGL_debug_renderer_info');
      return gl && names ? String(gl.getParameter(names.UNMASKED_RENDERER_WEBGL)) : 'none';
    });
    console.log(`WebGL by ${renderer}\n`);
    const rows: Measured[] = [];
    for (const [count, isChosen, withWebgl] of [
      [10_000, false, true],
      [100_000, false, true],
      [100_000, true, true],
      [100_000, false, false],
    ] as const) {
      const row = await page.evaluate<Measured>(`measure(${count}, ${isChosen}, ${withWebgl})`);
      rows.push(row);
      console.log(
        `${count} points, ${row.painter}${isChosen ? ', a quarter chosen' : ''}: first ${row.firstMs.toFixed(0)} ms, all points ${row.wholeMs.toFixed(1)} ms, in motion ${row.frameMs.toFixed(1)} ms (worst ${row.worstFrameMs.toFixed(0)}), of it ${row.drawMs.toFixed(1)} ms on the page's thread; grid ${row.gridMs.toFixed(0)} ms, hover ${row.hoverMs.toFixed(3)} ms, lasso ${row.lassoMs.toFixed(1)} ms`,
      );
    }
    await mkdir('bench/results', { recursive: true });
    const machine = { node: process.version, cpus: cpus().length, load: loadavg()[0], renderer };
    await writeFile('bench/results/map.json', `${JSON.stringify({ machine, rows }, null, 2)}\n`);
  } finally {
    await browser.close();
    server.close();
    await rm(folder, { recursive: true, force: true });
  }
}

void main();
