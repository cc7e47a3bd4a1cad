import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { cpus, loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { build } from 'vite';
import { chromiumArgs, ensureChromium } from '../../scripts/browser.mjs';
import { ensureBuilt } from '../../scripts/setup.mjs';
import { measure, type Timing } from './measure.ts';
import { measurePage, type PageReport } from './page.ts';

// npm run bench:labels [-- --node | --drags [--root DIST] [--profiles FOLDER]]
// What a frame of the label and evaluation cells computes, in Chromium and in Node, and what the built page does a frame
// while its sliders are dragged. Exit code 1 where a 95th percentile exceeds its budget. Writes bench/results/labels.json.

/** A frame at 60 Hz. */
const frameBudgetMs = 1000 / 60;

const here = fileURLToPath(new URL('.', import.meta.url));

async function bundle(): Promise<string> {
  const result = await build({
    configFile: false,
    logLevel: 'warn',
    build: {
      write: false,
      target: 'es2023',
      lib: { entry: `${here}measure.ts`, formats: ['iife'], name: 'labelsBench' },
    },
  });
  const [first] = Array.isArray(result) ? result : [result];
  const chunk = first && 'output' in first ? first.output.find((file) => file.type === 'chunk') : undefined;
  if (chunk?.type !== 'chunk') throw new Error('Vite built no script for the page.');
  return chunk.code;
}

async function measureInChromium(): Promise<{ version: string; measured: ReturnType<typeof measure> }> {
  const browser = await chromium.launch({ executablePath: await ensureChromium(), args: [...chromiumArgs] });
  try {
    const page = await browser.newPage();
    await page.addScriptTag({ content: await bundle() });
    const measured = await page.evaluate<ReturnType<typeof measure>>('labelsBench.measure()');
    return { version: browser.version(), measured };
  } finally {
    await browser.close();
  }
}

function print(title: string, shape: string, timings: readonly Timing[]): void {
  console.log(`\n${title}: ${shape}\n`);
  console.log(
    `${'ms'.padEnd(48)}${'min'.padStart(9)}${'median'.padStart(9)}${'p95'.padStart(9)}${'max'.padStart(9)}${'budget'.padStart(9)}`,
  );
  for (const { what, minMs, medianMs, p95Ms, maxMs, budgetMs } of timings) {
    const cells = [minMs, medianMs, p95Ms, maxMs].map((ms) => ms.toFixed(2).padStart(9)).join('');
    console.log(`${what.padEnd(48)}${cells}${(budgetMs === null ? '' : String(budgetMs)).padStart(9)}`);
  }
}

const option = (name: string): string | null => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? null : (process.argv[at + 1] ?? null);
};

interface Results {
  cpu?: string;
  load?: number;
  node?: ReturnType<typeof measure>;
  page?: Awaited<ReturnType<typeof measureInChromium>>;
  /** Sliders dragged on the production page; with its own load, since it can be measured by itself. */
  drags?: PageReport & { readonly load: number };
}

const results = fileURLToPath(new URL('../results/', import.meta.url));
const before = await readFile(`${results}labels.json`, 'utf8').then(
  (text) => JSON.parse(text) as Results,
  (): Results => ({}),
);
const only = process.argv.includes('--node') ? 'node' : process.argv.includes('--drags') ? 'drags' : null;
const load = loadavg()[0] as number;
const cpu = cpus();
// What is not measured this time keeps its numbers.
const found: Results = { ...before, cpu: `${cpu.length} × ${cpu[0]?.model ?? 'unknown'}` };
const late: string[] = [];
// On a busy machine a tail is other people's work: then the median is held against the budget, and that is said.
const busy = load > cpu.length;

if (only !== 'drags') {
  found.load = load;
  found.node = measure();
  print(`Node ${process.version}`, found.node.shape, found.node.timings);
  if (only === null) {
    found.page = await measureInChromium();
    print(`Chromium ${found.page.version}`, found.page.measured.shape, found.page.measured.timings);
  }
  if (busy) console.log('The machine is busy: medians are judged in place of 95th percentiles.');
  const measured = ({ medianMs, p95Ms }: Timing) => (busy ? medianMs : p95Ms);
  for (const timing of (only === null ? found.page?.measured : found.node)?.timings ?? [])
    if (timing.budgetMs !== null && measured(timing) > timing.budgetMs)
      late.push(`${timing.what}, ${measured(timing).toFixed(1)} ms`);
}

if (only !== 'node') {
  const root = option('root') ?? fileURLToPath(new URL('../../dist/', import.meta.url));
  if (option('root') === null) await ensureBuilt();
  console.log('');
  const report = await measurePage({ root, profiles: option('profiles'), log: (line) => console.log(line) });
  found.drags = { ...report, load };
  // Processor time of the page's own thread: waiting for others is not in it, so it holds on a busy machine as well.
  for (const { what, work } of report.drags)
    if (work.cpuMs.p95 > frameBudgetMs)
      late.push(`${what} dragged, p95 ${work.cpuMs.p95.toFixed(1)} ms a frame`);
}

await mkdir(results, { recursive: true });
await writeFile(`${results}labels.json`, JSON.stringify(found, null, 2));
console.log(`\n${cpu.length} × ${cpu[0]?.model ?? 'CPU'}, load ${load.toFixed(1)} at the start.`);
for (const line of late) console.error(`Over budget: ${line}.`);
process.exitCode = late.length > 0 ? 1 : 0;
