import { createReadStream } from 'node:fs';
import { mkdir, mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { cpus, loadavg, tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { build } from 'vite';
import { isolationHeaders } from '../../scripts/headers.mjs';
import { generate, type BenchFormat } from './generate.ts';
import type { Measured } from './page/page.ts';

// npm run bench:corpus [-- MEGABYTES...] [--format csv|jsonl|xml] [--rounds N] [--no-papa]
// Index pass over generated files (CSV, JSON Lines, or a MediaWiki export read by methods) in a Chromium worker, PapaParse on the same CSV in turn, and the peak memory of
// the renderer process while each runs. Writes bench/results/corpus.json (corpus-xml.json, ...).

const here = fileURLToPath(new URL('.', import.meta.url));
const types: Record<string, string> = { '.html': 'text/html', '.js': 'text/javascript' };
const browserPath = process.env['CHROMIUM'] ?? '/usr/bin/chromium';
const browserArgs = [
  '--headless=new',
  '--no-sandbox',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-quic',
  '--no-first-run',
];

interface Run extends Measured {
  readonly reader: 'verbena' | 'papaparse';
  readonly megabytesPerSecond: number;
  /** Peak proportional set size over all renderer processes, and what they had before the run. */
  readonly peakBytes: number;
  readonly idleBytes: number;
  /** CPU time of the renderer: what the run cost, however busy the machine was. */
  readonly cpuSeconds: number;
}

const numbers = process.argv.slice(2).filter((arg) => /^\d+$/u.test(arg));
const roundsAt = process.argv.indexOf('--rounds');
const rounds = roundsAt < 0 ? 3 : Number(process.argv[roundsAt + 1]);
const sizes = numbers.filter((_, i) => roundsAt < 0 || numbers[i] !== process.argv[roundsAt + 1]).map(Number);
const formatAt = process.argv.indexOf('--format');
const format = (formatAt < 0 ? 'csv' : process.argv[formatAt + 1]) as BenchFormat;
const readers =
  format !== 'csv' || process.argv.includes('--no-papa')
    ? (['verbena'] as const)
    : (['verbena', 'papaparse'] as const);

const folder = await mkdtemp(join(tmpdir(), 'verbena-bench-'));
try {
  await build({
    root: join(here, 'page'),
    configFile: false,
    logLevel: 'warn',
    worker: { format: 'es' },
    build: { outDir: join(folder, 'site'), target: 'es2023', emptyOutDir: true },
  });
  const server = createServer((request, response) => {
    const path = join(folder, 'site', request.url === '/' ? 'index.html' : (request.url ?? ''));
    response.writeHead(200, {
      ...isolationHeaders,
      'Content-Type': types[extname(path)] ?? 'application/octet-stream',
    });
    createReadStream(path)
      .on('error', () => response.end())
      .pipe(response);
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const address = server.address();
  const url = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}/`;
  const report: unknown[] = [];
  for (const megabytes of sizes.length > 0 ? sizes : [500, 1000]) {
    const path = join(folder, `wikihow-${megabytes}.${format}`);
    const rows = await generate(path, megabytes * 1e6, format);
    const { size } = await stat(path);
    console.log(`\n${(size / 1e6).toFixed(0)} MB, ${rows} rows`);
    const runs: Run[] = [];
    for (let round = 0; round < rounds; round++)
      for (const reader of readers) {
        const run = await measure(url, path, size, reader);
        if (run.rows !== rows) throw new Error(`${reader} read ${run.rows} rows of ${rows}.`);
        runs.push(run);
        console.log(
          `  ${reader.padEnd(10)} ${run.megabytesPerSecond.toFixed(0).padStart(5)} MB/s  ${(
            run.elapsedMs / 1000
          )
            .toFixed(2)
            .padStart(
              6,
            )} s  peak ${(run.peakBytes / 1e6).toFixed(0)} MB (idle ${(run.idleBytes / 1e6).toFixed(0)})  CPU ${run.cpuSeconds.toFixed(1)} s`,
        );
      }
    for (const reader of readers) {
      const own = runs.filter((run) => run.reader === reader);
      const speed = median(own.map((run) => run.megabytesPerSecond));
      const peakBytes = Math.max(...own.map((run) => run.peakBytes));
      console.log(
        `  median     ${reader}: ${speed.toFixed(0)} MB/s, worst peak ${(peakBytes / 1e6).toFixed(0)} MB`,
      );
      report.push({
        megabytes,
        format,
        rows,
        reader,
        medianMegabytesPerSecond: speed,
        worstPeakBytes: peakBytes,
        runs: own,
      });
    }
    await rm(path);
  }
  server.close();
  await mkdir(join(here, '../results'), { recursive: true });
  const machine = { cpu: cpus()[0]?.model ?? '', cores: cpus().length, loadAverage: loadavg()[0] };
  await writeFile(
    join(here, format === 'csv' ? '../results/corpus.json' : `../results/corpus-${format}.json`),
    `${JSON.stringify({ measuredAt: new Date().toISOString(), machine, results: report }, null, 2)}\n`,
  );
} finally {
  await rm(folder, { recursive: true, force: true });
}

/** One reader over one file in a browser of its own, so that no run sees another's heap. */
async function measure(url: string, path: string, size: number, reader: Run['reader']): Promise<Run> {
  const browser = await chromium.launch({ executablePath: browserPath, args: browserArgs });
  try {
    const page = await browser.newPage();
    await page.goto(url);
    await page.setInputFiles('#file', path);
    const pids = await renderers(process.pid);
    const idleBytes = await residentBytes(pids);
    let peakBytes = idleBytes;
    const run = { isOver: false };
    const sampling = (async () => {
      while (!run.isOver) {
        peakBytes = Math.max(peakBytes, await residentBytes(pids));
        await new Promise((wake) => setTimeout(wake, 50));
      }
    })();
    const cpuBefore = await cpuSeconds(pids);
    const measured = await page.evaluate((which) => window.measure(which), reader);
    const cpu = (await cpuSeconds(pids)) - cpuBefore;
    run.isOver = true;
    await sampling;
    return {
      ...measured,
      reader,
      megabytesPerSecond: size / 1e3 / measured.elapsedMs,
      peakBytes,
      idleBytes,
      cpuSeconds: cpu,
    };
  } finally {
    await browser.close();
  }
}

/** Renderer processes among the descendants of a process. */
async function renderers(root: number): Promise<number[]> {
  const parents = new Map<number, number>();
  const found: number[] = [];
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/u.test(name)) continue;
    const status = await readFile(`/proc/${name}/stat`, 'utf8').catch(() => '');
    const parent = Number(/\) \S (\d+)/u.exec(status)?.[1] ?? 0);
    parents.set(Number(name), parent);
    const command = await readFile(`/proc/${name}/cmdline`, 'utf8').catch(() => '');
    if (command.includes('--type=renderer')) found.push(Number(name));
  }
  return found.filter((pid) => {
    for (let at: number | undefined = pid; at; at = parents.get(at)) if (at === root) return true;
    return false;
  });
}

async function residentBytes(pids: readonly number[]): Promise<number> {
  let bytes = 0;
  for (const pid of pids) {
    const rollup = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8').catch(() => '');
    bytes += Number(/^Pss:\s+(\d+)/mu.exec(rollup)?.[1] ?? 0) * 1024;
  }
  return bytes;
}

/** User and system time; Linux counts it in hundredths. */
async function cpuSeconds(pids: readonly number[]): Promise<number> {
  let ticks = 0;
  for (const pid of pids) {
    const status = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
    const fields = status.slice(status.lastIndexOf(')') + 2).split(' ');
    ticks += Number(fields[11] ?? 0) + Number(fields[12] ?? 0);
  }
  return ticks / 100;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
