// `npm test`: sets itself up, runs checks, unit tests, the build and the browser tests, and counts them all.
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ensureChromium, ScriptError, swiftShaderEnvironment } from './browser.mjs';
import { counted, playwrightCounts, vitestCounts } from './reports.mjs';
import { build, checkNode, ensureInstalled, packageBin, repository, runCommand } from './setup.mjs';

const minute = 60_000;
/** Minutes of the unit tests, and of everything: within the hour that CI gives. A quiet run takes 10 and 40. */
const limits = { unit: 20, whole: 56 };
const phases = ['checks', 'unit', 'e2e'];
const usage = `npm test                 everything\nnpm test -- ${phases.join(' | ')}   that part only`;
const output = join(repository, 'test-results');

/** One line of the summary. */
const rows = [];
const startedAt = Date.now();
const seconds = (from) => `${((Date.now() - from) / 1000).toFixed(1)} s`;

function record(name, { passed = 0, failed = 0, skipped = 0 }, from) {
  rows.push({ name, passed, failed, skipped, time: seconds(from) });
}

/** A phase that either passes or fails as one. */
async function single(name, action) {
  const from = Date.now();
  console.log(`\n== ${name}`);
  const ok = await action();
  if (!ok) console.log(`   ${name}: FAILED`);
  record(name, ok ? { passed: 1 } : { failed: 1 }, from);
  return ok;
}

const node = async (args, options) => (await runCommand(process.execPath, args, options)) === 0;

async function vitest(name, files, env) {
  const from = Date.now();
  console.log(`\n== ${name}`);
  const file = join(output, 'vitest.json');
  rmSync(file, { force: true });
  const code = await runCommand(
    process.execPath,
    [
      packageBin('vitest'),
      'run',
      ...files,
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${file}`,
    ],
    { env, timeoutMs: limits.unit * minute },
  );
  if (code === 124) console.log(`Unit tests: stopped after ${limits.unit} minutes.`);
  record(name, counted(file, code, vitestCounts), from);
}

async function playwright(chromium) {
  const from = Date.now();
  console.log('\n== browser tests');
  const file = join(output, 'playwright.json');
  rmSync(file, { force: true });
  const code = await runCommand(
    process.execPath,
    [packageBin('@playwright/test', 'playwright'), 'test', '--reporter=list,json'],
    {
      env: { CHROMIUM_PATH: chromium, PLAYWRIGHT_JSON_OUTPUT_NAME: file },
      timeoutMs: startedAt + limits.whole * minute - from,
    },
  );
  if (code === 124) console.log(`Browser tests: stopped ${limits.whole} minutes after the start.`);
  record('browser tests', counted(file, code, playwrightCounts), from);
}

async function checks() {
  await single('types', () => node([packageBin('typescript', 'tsc'), '--noEmit']));
  await single('lint', () => node([packageBin('oxlint'), '--deny-warnings']));
  await single('format', () => node([packageBin('oxfmt'), '--check', '.']));
}

async function main(chosen) {
  checkNode();
  await ensureInstalled();
  mkdirSync(output, { recursive: true });
  const wants = (phase) => chosen === undefined || chosen === phase;
  if (wants('checks')) await checks();
  if (chosen === 'checks') await vitest('floors', ['src/floors.test.ts'], {});
  if (chosen === 'checks') return;
  const chromium = await ensureChromium();
  console.log(`\nBrowser: ${chromium}`);
  if (wants('unit')) {
    const env = swiftShaderEnvironment(chromium);
    const found = await runCommand(process.execPath, ['scripts/probeGpu.mjs'], { env, timeoutMs: minute });
    // A laptop may lack it, and the tests of kernels then say that they were skipped; CI may not.
    if (process.env.CI) await single('WebGPU in Node', () => found === 0);
    const required = process.env.CI ? { VERBENA_REQUIRE_GPU: '1' } : {};
    await vitest('unit tests', [], { ...env, ...required });
  }
  if (wants('e2e')) {
    const built = await single('build', async () => (await build({ timeoutMs: 10 * minute })) === 0);
    if (built) await playwright(chromium);
    else record('browser tests', { failed: 1 }, Date.now());
  }
}

/** The last line is the one machines read. */
function summarise() {
  const total = { passed: 0, failed: 0, skipped: 0 };
  console.log('\n== summary');
  for (const row of rows) {
    for (const key of Object.keys(total)) total[key] += row[key];
    const { name, passed, failed, skipped, time } = row;
    const mark = failed > 0 ? 'FAILED' : 'ok';
    console.log(
      `   ${name.padEnd(16)}${mark.padEnd(8)}passed ${passed}, failed ${failed}, skipped ${skipped}  (${time})`,
    );
  }
  console.log(`   ${seconds(startedAt)} in all, ${total.skipped} skipped\n`);
  console.log(`${total.passed} passed, ${total.failed} failed`);
  process.exitCode = total.failed > 0 || total.passed === 0 ? 1 : 0;
}

const chosen = process.argv[2];
if (chosen !== undefined && !phases.includes(chosen)) {
  console.error(`Unknown part '${chosen}'.\n${usage}`);
  process.exitCode = 2;
} else {
  try {
    await main(chosen);
  } catch (error) {
    console.error(error instanceof ScriptError ? `${error.code}: ${error.message}` : error);
    record('set-up', { failed: 1 }, startedAt);
  }
  summarise();
}
