// npx tsx bench/cpu/run.ts [--page] [--layers=4] [--width=768] [--tokens=1024] [--length=128] [--steps=5] [--threads=2]: the first training step
// on the CPU path beside the later ones, in Node or in a worker of a Chromium page. Processor time of the process (Node) or of
// the page's renderer (`--page`): on a machine with other work it says more than the clock. `--products`: rates of XLNet-base's products.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { measureProducts } from './products.ts';
import { measureSteps, type CpuBenchOptions } from './steps.ts';

const option = (name: string, standard: number) =>
  Number(process.argv.find((argument) => argument.startsWith(`--${name}=`))?.split('=')[1] ?? standard);
const options: CpuBenchOptions = {
  layers: option('layers', 4),
  width: option('width', 768),
  tokens: option('tokens', 1024),
  length: option('length', 128),
  steps: option('steps', 5),
  threads: option('threads', 2),
};

/** User and system seconds so far, and resident bytes. */
type Meter = () => { readonly user: number; readonly system: number; readonly bytes: number };

function printer(meter: Meter) {
  let before = meter();
  return (name: string, ms: number, note: string) => {
    const now = meter();
    const seconds = (of: 'user' | 'system') => (now[of] - before[of]).toFixed(1);
    console.log(
      `${name.padEnd(8)} ${(ms / 1000).toFixed(2).padStart(7)} s   processor ${seconds('user')} + ${seconds('system')} s   ` +
        `resident ${(now.bytes / 2 ** 30).toFixed(2)} GiB   ${note}`,
    );
    before = now;
  };
}

if (process.argv.includes('--products'))
  await measureProducts(options.tokens, options.steps, options.threads);
else if (process.argv.includes('--page')) await inPage();
else {
  const own: Meter = () => {
    const { user, system } = process.cpuUsage();
    return { user: user / 1e6, system: system / 1e6, bytes: process.memoryUsage.rss() };
  };
  await measureSteps(options, printer(own));
}
process.exit(0);

async function inPage(): Promise<void> {
  const { build } = await import('vite');
  const { chromium } = await import('playwright-core');
  const { chromiumArgs, ensureChromium } = await import('../../scripts/browser.mjs');
  const { serve } = await import('../../scripts/serve.mjs');
  const { repository } = await import('../../scripts/setup.mjs');
  const outDir = join(repository, 'node_modules/.cache/verbena/bench-cpu');
  await build({
    configFile: false,
    root: import.meta.dirname,
    logLevel: 'error',
    publicDir: false,
    worker: { format: 'es' },
    build: { outDir, emptyOutDir: true, target: 'es2023', chunkSizeWarningLimit: 10_000 },
  });
  const server = await serve({ root: outDir, port: 0 });
  const host = await chromium.launchServer({
    executablePath: await ensureChromium(),
    args: [...chromiumArgs],
  });
  const browser = await chromium.connect(host.wsEndpoint());
  const page = await browser.newPage();
  page.on('console', (message) => console.log(message.text()));
  page.on('pageerror', (error) => console.log(String(error)));
  await page.exposeFunction(
    'tell',
    printer(() => rendererMeter(host.process().pid ?? 0)),
  );
  await page.goto(server.url);
  await page.waitForFunction(() => 'measure' in globalThis);
  await page.evaluate(
    (given) => (globalThis as unknown as { measure(o: unknown): Promise<void> }).measure(given),
    options,
  );
  await host.close();
  await server.close();
}

/** Of the largest process below the browser's, which is the page's renderer: from Linux's /proc; elsewhere nothing is known. */
function rendererMeter(browser: number): ReturnType<Meter> {
  if (!existsSync('/proc/self/stat')) return { user: 0, system: 0, bytes: 0 };
  const processes = readdirSync('/proc').flatMap((name) => {
    try {
      // After the name in brackets: state, parent, ...; times in hundredths of a second, resident pages of 4 KiB (proc(5)).
      const fields =
        readFileSync(`/proc/${name}/stat`, 'utf8').split(') ').at(-1)?.split(' ').map(Number) ?? [];
      const [parent = 0, user = 0, system = 0, pages = 0] = [1, 11, 12, 21].map((at) => fields[at]);
      return [{ id: Number(name), parent, user: user / 100, system: system / 100, bytes: pages * 4096 }];
    } catch {
      // Not a process, or one that has ended.
      return [];
    }
  });
  const family = new Set([browser]);
  for (let size = 0; size < family.size;) {
    size = family.size;
    for (const { id, parent } of processes) if (family.has(parent)) family.add(id);
  }
  const [largest = { user: 0, system: 0, bytes: 0 }] = processes
    .filter(({ id }) => family.has(id))
    .sort((a, b) => b.bytes - a.bytes);
  return largest;
}
