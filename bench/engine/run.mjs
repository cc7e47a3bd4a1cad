// `npm run bench:engine`: a training step in Verbena's engine, jax-js and tfjs, in one browser, in alternation. Options:
// --configs small,wide,square,tall  --engines ours,lean,jaxjs,tfjs (lean: ours, parameters updated by layer)  --rounds N
// --gpu (the machine's adapter instead of SwiftShader).
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { chromiumArgs, ensureChromium, ScriptError } from '../../scripts/browser.mjs';
import { serve } from '../../scripts/serve.mjs';
import { checkNode, ensureInstalled, isInstalled, repository, runCommand } from '../../scripts/setup.mjs';

const folder = import.meta.dirname;
const { values } = parseArgs({
  options: {
    configs: { type: 'string', default: 'small,wide' },
    engines: { type: 'string', default: 'ours,jaxjs,tfjs' },
    rounds: { type: 'string', default: '7' },
    gpu: { type: 'boolean', default: false },
    out: { type: 'string', default: join(repository, 'bench/results/engine.json') },
  },
});
const engines = values.engines.split(',');
const rounds = Number(values.rounds);
/** The page of an engine: ours has two rows. */
const pageOf = (name) => (name === 'lean' ? 'ours' : name);
/** Stops a slow engine from filling the hour: its remaining rounds are left out and said so. */
const engineBudgetMs = 180_000;

const stepLimitMs = 300_000;

const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];
const mega = (bytes) => `${(bytes / 2 ** 20).toFixed(1)} MiB`;

async function prepare() {
  checkNode();
  await ensureInstalled();
  if (!isInstalled(folder)) {
    console.log('Installing the peers (npm ci in bench/engine) ...');
    const code = await runCommand('npm', ['ci', '--no-audit', '--no-fund', '--ignore-scripts'], {
      cwd: folder,
    });
    if (code !== 0) {
      throw new ScriptError(
        'install-failed',
        `npm ci in bench/engine ended with code ${code}.`,
        'Read its output above.',
      );
    }
  }
  const { build } = await import('vite');
  const outDir = join(repository, 'node_modules/.cache/verbena/bench-engine');
  await build({
    configFile: false,
    root: folder,
    logLevel: 'error',
    publicDir: join(repository, 'public'),
    build: {
      outDir,
      emptyOutDir: true,
      target: 'es2023',
      chunkSizeWarningLimit: 10_000,
      rollupOptions: {
        input: Object.fromEntries(engines.map(pageOf).map((name) => [name, join(folder, `${name}.html`)])),
      },
    },
  });
  // The server asks for an index; the pages are opened by name.
  writeFileSync(join(outDir, 'index.html'), '<!doctype html><title>bench</title>');
  return outDir;
}

/** Rejects where `promise` has not settled in `ms`: a page that hangs costs its engine a row, not the run. */
function within(promise, ms, what) {
  let timer;
  const late = new Promise((_, fail) => {
    timer = setTimeout(() => fail(new Error(`${what}: nothing after ${ms / 1000} s`)), ms);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/** Steps an engine's page once; answers with the loss, the time and what WebGPU was asked to do. */
function step(page) {
  return page.evaluate(async () => {
    const before = { ...globalThis.gpuCounts };
    const started = performance.now();
    const loss = await globalThis.engine.step();
    const ms = performance.now() - started;
    const { dispatches, submits, buffers, liveBytes, peakBytes } = globalThis.gpuCounts;
    return {
      loss,
      ms,
      dispatches: dispatches - before.dispatches,
      submits: submits - before.submits,
      buffers: buffers - before.buffers,
      liveBytes,
      peakBytes,
    };
  });
}

async function open(context, url, name, config) {
  const page = await context.newPage();
  page.on('console', (message) => {
    if (message.type() === 'error') console.log(`   ${name}: ${message.text()}`);
  });
  await page.goto(`${url}/${pageOf(name)}.html`);
  await page.waitForFunction(() => globalThis.createStep !== undefined);
  const createMs = await page.evaluate(
    async (config) => {
      const started = performance.now();
      globalThis.engine = await globalThis.createStep(config);
      return performance.now() - started;
    },
    { ...config, updatesByLayer: name === 'lean' },
  );
  return { name, page, createMs, steps: [], note: '' };
}

async function measure(context, url, config) {
  const runs = [];
  for (const name of engines) {
    try {
      runs.push(await open(context, url, name, config));
    } catch (error) {
      console.log(`   ${name}: ${error.message.split('\n')[0]}`);
      runs.push({ name, page: null, steps: [], note: error.message.split('\n')[0] });
    }
  }
  // Round 0 compiles pipelines and warms caches: it is run by all, its loss is compared, its time is not counted.
  for (let round = 0; round <= rounds; round++) {
    const order = runs.map((_, i) => runs[(i + round) % runs.length]);
    for (const run of order) {
      const spent = run.steps.reduce((sum, { ms }) => sum + ms, 0);
      if (run.page === null || (spent > engineBudgetMs && run.steps.length > 3)) continue;
      await run.page.bringToFront();
      try {
        const result = await within(step(run.page), stepLimitMs, run.name);
        run.steps.push(result);
        console.log(
          `   round ${round} ${run.name.padEnd(6)} loss ${result.loss.toFixed(6)}  ${result.ms.toFixed(1)} ms`,
        );
      } catch (error) {
        run.note = error.message.split('\n')[0];
        console.log(`   ${run.name}: ${run.note}`);
        await run.page.close();
        run.page = null;
      }
    }
  }
  for (const run of runs) {
    run.info = run.page === null ? {} : await run.page.evaluate(() => globalThis.engine.info());
    await run.page?.close();
  }
  return runs;
}

/** Worst relative difference of an engine's losses from the median engine's, over the steps both took. */
function disagreement(runs, run) {
  const worst = run.steps.map(({ loss }, at) => {
    const others = runs.map(({ steps }) => steps[at]?.loss).filter((value) => value !== undefined);
    const middle = median(others);
    return Math.abs(loss - middle) / Math.abs(middle);
  });
  return Math.max(0, ...worst);
}

/** Products: rates, beside the best that the tuner measured on this device (it leaves software adapters alone). */
function reportProducts(name, { rows, width, links }, runs) {
  console.log(`\n${name}: ${links} × [${rows}, ${width}] · [${width}, ${width}]`);
  const ours = median((runs.find((run) => run.name === 'ours')?.steps ?? []).slice(1).map(({ ms }) => ms));
  const table = runs.map((run) => {
    const timed = run.steps.slice(1);
    if (timed.length === 0) return { engine: run.name, note: run.note || 'no step' };
    const ms = median(timed.map((step) => step.ms));
    const gflops = (2 * rows * width * width * links) / ms / 1e6;
    const peak = run.info.peakGflops;
    return {
      engine: run.name,
      'ms (median)': Number(ms.toFixed(1)),
      'GFLOP/s': Number(gflops.toFixed(2)),
      'against ours': ours ? Number((ms / ours).toFixed(2)) : '-',
      'of tuned peak': peak ? Number((gflops / peak).toFixed(2)) : '-',
      dispatches: timed.at(-1).dispatches,
      submits: timed.at(-1).submits,
      'peak bytes': mega(Math.max(...run.steps.map(({ peakBytes }) => peakBytes))),
      'off by': disagreement(runs, run).toExponential(1),
    };
  });
  console.table(table);
  return table;
}

function report(name, config, runs) {
  if (config.links) return reportProducts(name, config, runs);
  const { layers, width, tokens, sequences } = config;
  console.log(`\n${name}: ${layers} layers, d ${width}, T ${tokens}, B ${sequences}, AdamW, no dropout`);
  const rows = runs.map((run) => {
    const timed = run.steps.slice(1);
    const last = timed.at(-1);
    if (!last) return { engine: run.name, note: run.note || 'no step' };
    const planned = run.info.plannedBytes;
    return {
      engine: run.name,
      'step ms (median)': Number(median(timed.map(({ ms }) => ms)).toFixed(1)),
      steps: timed.length,
      dispatches: last.dispatches,
      submits: last.submits,
      'new buffers': last.buffers,
      'peak bytes': mega(Math.max(...run.steps.map(({ peakBytes }) => peakBytes))),
      'planned bytes': planned === undefined ? '-' : mega(planned),
      'first loss': Number(run.steps[0].loss.toFixed(6)),
      'last loss': Number(last.loss.toFixed(6)),
      'loss off by': disagreement(runs, run).toExponential(1),
    };
  });
  console.table(rows);
  return rows;
}

const outDir = await prepare();
const { benchConfigs } = await import('./configs.mjs');
const executablePath = await ensureChromium();
const { chromium } = await import('playwright-core');
const server = await serve({ root: outDir, port: 0 });
const args = values.gpu
  ? [...chromiumArgs, '--enable-features=Vulkan', '--ignore-gpu-blocklist']
  : [...chromiumArgs, '--use-webgpu-adapter=swiftshader'];
const browser = await chromium.launch({ executablePath, args });
try {
  const context = await browser.newContext();
  await context.addInitScript({ content: readFileSync(join(folder, 'counters.js'), 'utf8') });
  const probe = await context.newPage();
  await probe.goto(server.url);
  const adapter = await probe.evaluate(async () => {
    const { vendor, architecture, description } = (await navigator.gpu?.requestAdapter())?.info ?? {};
    return [vendor, architecture, description].filter(Boolean).join(' ') || 'none';
  });
  await probe.close();
  console.log(`Chromium ${browser.version()}, WebGPU adapter: ${adapter}`);
  const results = { chromium: browser.version(), adapter, date: new Date().toISOString(), configs: {} };
  for (const name of values.configs.split(',')) {
    // A card forms one product in less than it takes to launch it.
    const config =
      values.gpu && benchConfigs[name]?.links ? { ...benchConfigs[name], links: 16 } : benchConfigs[name];
    if (!config)
      throw new ScriptError(
        'bad-option',
        `There is no configuration '${name}'.`,
        `Choose from ${Object.keys(benchConfigs).join(', ')}.`,
      );
    console.log(`\n== ${name}`);
    results.configs[name] = {
      config,
      rows: report(name, config, await measure(context, server.url, config)),
    };
  }
  mkdirSync(join(values.out, '..'), { recursive: true });
  writeFileSync(values.out, `${JSON.stringify(results, null, 2)}\n`);
  console.log(`Written to ${existsSync(values.out) ? values.out : ''}`);
} finally {
  await browser.close();
  await server.close();
}
