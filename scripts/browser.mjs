// Finds, or installs, the Chromium that tests, benchmarks and `npm start -- --headless` drive, and the software Vulkan
// driver inside it, which gives Node a WebGPU device without a graphics card.
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, realpathSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';

const quiet = [
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-quic',
  '--no-first-run',
];

/** WebGPU on: over SwiftShader where the machine has no graphics card. */
export const chromiumArgs = ['--headless=new', '--no-sandbox', '--enable-unsafe-webgpu', ...quiet];

/** WebGPU off: `navigator.gpu` has no adapter, as in a browser or on a machine that lacks it. */
export const chromiumCpuArgs = ['--headless=new', '--no-sandbox', '--disable-gpu', ...quiet];

/** An error with a code to branch on and a remedy, as src/base/errors.ts has them (scripts run before any build). */
export class ScriptError extends Error {
  /** @param {string} code @param {string} message @param {string} remedy */
  constructor(code, message, remedy) {
    super(`${message} ${remedy}`);
    this.name = 'ScriptError';
    this.code = code;
    this.remedy = remedy;
  }
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function onPath(name) {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    const path = join(folder, name);
    if (folder !== '' && isExecutable(path)) return path;
  }
  return null;
}

function installedPaths() {
  const { env, platform } = process;
  if (platform === 'darwin') {
    const apps = ['Google Chrome', 'Chromium', 'Microsoft Edge', 'Google Chrome Canary'];
    return apps.flatMap((app) => [
      `/Applications/${app}.app/Contents/MacOS/${app}`,
      `${env.HOME ?? ''}/Applications/${app}.app/Contents/MacOS/${app}`,
    ]);
  }
  if (platform === 'win32') {
    const roots = [env.PROGRAMFILES, env['PROGRAMFILES(X86)'], env.LOCALAPPDATA].filter(Boolean);
    const apps = ['Google/Chrome/Application/chrome.exe', 'Microsoft/Edge/Application/msedge.exe'];
    return roots.flatMap((root) => apps.map((app) => join(root, app)));
  }
  const names = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome', 'microsoft-edge'];
  return names.map(onPath).filter((path) => path !== null);
}

/** Path of a Chromium on this machine: CHROMIUM_PATH, then installed ones, then playwright's; null: none. */
export async function findChromium() {
  const chosen = process.env.CHROMIUM_PATH;
  if (chosen !== undefined && chosen !== '') {
    if (isExecutable(chosen)) return chosen;
    throw new ScriptError(
      'chromium-path',
      `CHROMIUM_PATH names ${chosen}, which cannot be run.`,
      'Correct it, or unset it to let Verbena search.',
    );
  }
  const installed = installedPaths().find(isExecutable);
  if (installed !== undefined) return installed;
  try {
    const { chromium } = await import('playwright-core');
    const path = chromium.executablePath();
    return isExecutable(path) ? path : null;
  } catch {
    return null; // before `npm ci`, or a platform playwright has no build for
  }
}

function run(command, args, env = {}) {
  const done = spawnSync(command, args, {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, ...env },
    shell: process.platform === 'win32',
  });
  return done.status === 0;
}

/**
 * As `findChromium`, but installs one where there is none: through apt as root on Debian, else playwright's own build.
 * Throws `chromium-missing`.
 */
export async function ensureChromium(log = (line) => console.log(line)) {
  const found = await findChromium();
  if (found !== null) return found;
  if (process.platform === 'linux' && process.getuid?.() === 0 && onPath('apt-get') !== null) {
    log('No Chromium here: installing the distribution’s (apt-get install chromium) ...');
    const env = { DEBIAN_FRONTEND: 'noninteractive' };
    if (run('apt-get', ['update'], env)) {
      run('apt-get', ['install', '-y', '--no-install-recommends', 'chromium'], env);
    }
  } else {
    log('No Chromium here: downloading playwright’s (once, about 150 MB) ...');
    run('npx', ['--no-install', 'playwright', 'install', 'chromium']);
  }
  const installed = await findChromium();
  if (installed !== null) return installed;
  throw new ScriptError(
    'chromium-missing',
    'No Chromium or Chrome was found, and none could be installed.',
    'Install Chrome or Chromium (Debian: apt-get install chromium), or set CHROMIUM_PATH to its executable.',
  );
}

/**
 * Environment under which Node's `webgpu` package (Dawn) finds a device: Chromium's Vulkan loader and SwiftShader.
 * It must be set before the process starts. Empty where none is needed (macOS, Windows), found, or already chosen.
 * @returns {Record<string, string>}
 */
export function swiftShaderEnvironment(chromiumPath = null) {
  if (process.platform !== 'linux' || process.env.VK_ICD_FILENAMES) return {};
  const folders = ['/usr/lib/chromium', '/usr/lib/chromium-browser', '/opt/google/chrome'];
  if (chromiumPath !== null && existsSync(chromiumPath)) folders.unshift(dirname(realpathSync(chromiumPath)));
  for (const folder of folders) {
    const driver = join(folder, 'vk_swiftshader_icd.json');
    if (!existsSync(driver)) continue;
    const env = { VK_ICD_FILENAMES: driver };
    if (!existsSync(join(folder, 'libvulkan.so.1'))) return env;
    const before = process.env.LD_LIBRARY_PATH;
    return { ...env, LD_LIBRARY_PATH: before ? `${folder}${delimiter}${before}` : folder };
  }
  return {};
}
