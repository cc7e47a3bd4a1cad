import { mkdir, writeFile } from 'node:fs/promises';
import { cpus, loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { build } from 'vite';
import { chromiumArgs, ensureChromium } from '../../scripts/browser.mjs';
import { measure, type Timing } from './measure.ts';

// npm run bench:labels [-- --node]
// What a frame of the label and evaluation cells computes, in Chromium and in Node. Exit code 1 where a 95th percentile
// exceeds its budget in Chromium. Writes bench/results/labels.json.

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

const load = loadavg()[0] as number;
const onlyNode = process.argv.includes('--node');
const node = measure();
print(`Node ${process.version}`, node.shape, node.timings);
const page = onlyNode ? null : await measureInChromium();
if (page) print(`Chromium ${page.version}`, page.measured.shape, page.measured.timings);

const results = fileURLToPath(new URL('../results/', import.meta.url));
await mkdir(results, { recursive: true });
const cpu = cpus();
await writeFile(
  `${results}labels.json`,
  JSON.stringify({ cpu: `${cpu.length} × ${cpu[0]?.model ?? 'unknown'}`, load, node, page }, null, 2),
);
console.log(`\n${cpu.length} × ${cpu[0]?.model ?? 'CPU'}, load ${load.toFixed(1)} at the start.`);
// On a busy machine a tail is other people's work: then the median is held against the budget, and that is said.
const busy = load > cpu.length;
if (busy) console.log('The machine is busy: medians are judged in place of 95th percentiles.');
const measured = ({ medianMs, p95Ms }: Timing) => (busy ? medianMs : p95Ms);
const late = (page?.measured ?? node).timings.filter(
  (timing) => timing.budgetMs !== null && measured(timing) > timing.budgetMs,
);
for (const timing of late) console.error(`Over budget: ${timing.what}, ${measured(timing).toFixed(1)} ms.`);
process.exitCode = late.length > 0 ? 1 : 0;
