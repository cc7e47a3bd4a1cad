// What `npm start` and `npm test` do first: Node checked, packages installed, dist/ built. Each only when it is stale.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ScriptError } from './browser.mjs';

export const repository = join(import.meta.dirname, '..');

/** Throws `node-too-old` below the version package.json asks for. */
export function checkNode(version = process.versions.node) {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  throw new ScriptError(
    'node-too-old',
    `Verbena needs Node 20.19 or newer; this is ${version}.`,
    'Install Node 20 or later.',
  );
}

/**
 * Runs a command to its end, output streamed through; answers with its exit code (124 past `timeoutMs`). The command
 * leads a process group of its own, so that what it started ends with it.
 */
export function runCommand(command, args, { env = {}, timeoutMs = 0, onLine, cwd = repository } = {}) {
  return new Promise((done, fail) => {
    const windows = process.platform === 'win32';
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['ignore', onLine ? 'pipe' : 'inherit', 'inherit'],
      detached: !windows,
      shell: windows,
    });
    let timedOut = false;
    const end = (signal) => {
      try {
        if (windows) child.kill(signal);
        else process.kill(-child.pid, signal);
      } catch {
        // it has ended by itself
      }
    };
    const timer =
      timeoutMs > 0 &&
      setTimeout(() => {
        timedOut = true;
        end('SIGTERM');
        setTimeout(() => end('SIGKILL'), 5000).unref();
      }, timeoutMs);
    const stop = () => {
      end('SIGTERM');
      process.exit(130);
    };
    process.once('SIGINT', stop).once('SIGTERM', stop);
    if (onLine) {
      let rest = '';
      child.stdout.setEncoding('utf8').on('data', (chunk) => {
        const lines = (rest + chunk).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) onLine(line);
      });
      child.stdout.on('end', () => rest !== '' && onLine(rest));
    }
    child.on('error', fail);
    child.on('close', (code) => {
      if (timer) clearTimeout(timer);
      process.off('SIGINT', stop).off('SIGTERM', stop);
      done(timedOut ? 124 : (code ?? 1));
    });
  });
}

/** A package's own command, run by this Node: no shell, no npx, no TTY. */
export function packageBin(name, bin = name) {
  const folder = join(repository, 'node_modules', name);
  const { bin: bins } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  return join(folder, typeof bins === 'string' ? bins : bins[bin]);
}

/** True where node_modules holds exactly what the lockfile asks of this platform. */
export function isInstalled(folder = repository) {
  try {
    const wanted = JSON.parse(readFileSync(join(folder, 'package-lock.json'), 'utf8')).packages;
    const present = JSON.parse(
      readFileSync(join(folder, 'node_modules/.package-lock.json'), 'utf8'),
    ).packages;
    return Object.entries(wanted).every(
      // Optional packages belong to other platforms when they are absent.
      ([path, entry]) =>
        path === '' || (present[path] ? present[path].version === entry.version : entry.optional === true),
    );
  } catch {
    return false;
  }
}

/**
 * `npm ci` unless node_modules already matches the lockfile; `npm install`, which bears a registry that lacks another
 * platform's optional package, where that refuses. Throws `install-failed`.
 */
export async function ensureInstalled(log = console.log) {
  if (isInstalled()) return;
  log('Installing packages (npm ci) ...');
  if (await npm('ci')) return;
  log('npm ci refused: trying npm install, which leaves the lockfile as it is ...');
  if (await npm('install', '--no-save')) return;
  throw new ScriptError(
    'install-failed',
    'The packages could not be installed.',
    'Read the output of npm above; is the network there?',
  );
}

/** Runs npm; true where node_modules then holds what the lockfile asks for. */
async function npm(...args) {
  const all = [...args, '--no-audit', '--no-fund'];
  // The npm that started this script, where there is one: it needs no shell.
  const path = process.env.npm_execpath;
  const code = path?.endsWith('.js')
    ? await runCommand(process.execPath, [path, ...all])
    : await runCommand('npm', all);
  return code === 0 && isInstalled();
}

const buildInputs = [
  'src',
  'workers',
  'public',
  'index.html',
  'vite.config.ts',
  'package-lock.json',
  'scripts/headers.mjs',
];

/** Changes with any file that the build reads: path, size and time of change. */
export function sourceFingerprint(folder = repository) {
  const hash = createHash('sha256');
  const visit = (path) => {
    const info = statSync(join(folder, path), { throwIfNoEntry: false });
    if (info?.isDirectory()) {
      for (const name of readdirSync(join(folder, path)).sort()) visit(`${path}/${name}`);
    } else if (info && !/\.test\.tsx?$/u.test(path)) {
      hash.update(`${path}\0${info.size}\0${info.mtimeMs}\n`);
    }
  };
  for (const input of buildInputs) visit(input);
  return hash.digest('hex');
}

const stampFile = join(repository, 'node_modules/.cache/verbena/built');

/** True where dist/ was built from the sources as they are now. */
export function isBuilt() {
  try {
    statSync(join(repository, 'dist/index.html'));
    return readFileSync(stampFile, 'utf8') === sourceFingerprint();
  } catch {
    return false;
  }
}

/** `vite build`; answers with its exit code and remembers what was built. */
export async function build(options = {}) {
  const before = sourceFingerprint();
  const code = await runCommand(
    process.execPath,
    [packageBin('vite'), 'build', '--logLevel', 'warn'],
    options,
  );
  if (code === 0) {
    mkdirSync(dirname(stampFile), { recursive: true });
    writeFileSync(stampFile, before);
  }
  return code;
}

/** Builds unless dist/ is current. Throws `build-failed`. */
export async function ensureBuilt(log = console.log) {
  if (isBuilt()) return;
  log('Building ...');
  const started = Date.now();
  const code = await build();
  if (code !== 0) {
    throw new ScriptError('build-failed', `The build ended with code ${code}.`, 'Read its output above.');
  }
  log(`Built in ${((Date.now() - started) / 1000).toFixed(1)} s`);
}
