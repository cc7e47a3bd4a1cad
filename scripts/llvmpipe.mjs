// The engine on a second implementation of WebGPU that also computes what SwiftShader cannot: halves, subgroups of eight, matrix
// instructions. It is Mesa's software driver (llvmpipe), new enough for Dawn: the machine's own, else that of a Debian sid in a folder of its
// own, made by debootstrap once (about 700 MB; needs Linux and root).
//
//   npm run test:llvmpipe [-- FILES...]       tests that open WebGPU in Node; last line `N passed, N failed`
//   npm run llvmpipe -- SCRIPT.ts ARGS...     a script, as scripts/withGpu.mjs runs one
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { ScriptError } from './browser.mjs';
import { counted, vitestCounts } from './reports.mjs';
import { checkNode, ensureInstalled, packageBin, repository, runCommand } from './setup.mjs';

const minute = 60_000;
const icdFolder = 'usr/share/vulkan/icd.d';
/** Outside node_modules, which npm empties: a folder into which the repository gets bound must not lie where somebody deletes. */
const root = process.env.VERBENA_LLVMPIPE_ROOT ?? join(tmpdir(), 'verbena-llvmpipe');

/** Prints the adapter's name where Dawn opens one with halves. */
const probe = `import { create, globals } from 'webgpu';
Object.assign(globalThis, globals);
const adapter = await create([]).requestAdapter();
if (!adapter?.features.has('shader-f16')) process.exit(1);
console.log(adapter.info.description);
process.exit(0);`;

/** @returns {string | null} Path of llvmpipe's description below `folder`, as a process whose root that is sees it. */
function icdBelow(folder) {
  const path = join(folder, icdFolder);
  const name = existsSync(path) && readdirSync(path).find((file) => /^lvp_icd.*\.json$/u.test(file));
  return name ? `/${icdFolder}/${name}` : null;
}

/** What the Vulkan loader reads: the name of today and the one of old. */
const loaderEnvironment = (icd) => ({ VK_DRIVER_FILES: icd, VK_ICD_FILENAMES: icd });

/** How to run `node ARGS` in the repository on the machine's own llvmpipe; null where Dawn refuses it. */
function onSystem() {
  const icd = icdBelow('/');
  if (icd === null) return null;
  const environment = loaderEnvironment(icd);
  return {
    describe: () => adapterOf(process.execPath, [], environment),
    command: process.execPath,
    before: [],
    environment,
  };
}

function adapterOf(command, before, environment) {
  const done = spawnSync(command, [...before, '--input-type=module', '-e', probe], {
    cwd: repository,
    encoding: 'utf8',
    env: { ...process.env, ...environment },
  });
  return done.status === 0 ? done.stdout.trim() : null;
}

function has(tool) {
  return spawnSync('sh', ['-c', `command -v ${tool}`], { env: withSbin() }).status === 0;
}

const withSbin = () => ({ ...process.env, PATH: `${process.env.PATH ?? ''}:/usr/sbin:/sbin` });

/** Where this machine's apt gets Debian from; Debian's own address elsewhere. */
function mirror() {
  const folder = '/etc/apt/sources.list.d';
  const files = [
    '/etc/apt/sources.list',
    ...(existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : []),
  ];
  const isDebian =
    existsSync('/etc/os-release') && /^ID=debian$/mu.test(readFileSync('/etc/os-release', 'utf8'));
  for (const file of isDebian ? files.filter((name) => existsSync(name)) : []) {
    const found = /^(?:URIs:|deb(?: \[[^\]]*\])?)\s+(https?:\/\/\S+\/debian)\/?(?:\s|$)/mu.exec(
      readFileSync(file, 'utf8'),
    );
    if (found?.[1]) return found[1];
  }
  return 'http://deb.debian.org/debian';
}

/** Throws `llvmpipe-missing`, with all that is missing. */
function checkTools() {
  const missing = [];
  if (process.platform !== 'linux') missing.push('Linux');
  else {
    if (process.getuid?.() !== 0) missing.push('root (sudo)');
    for (const tool of ['unshare', 'chroot', ...(icdBelow(root) ? [] : ['debootstrap'])])
      if (!has(tool)) missing.push(`the command ${tool}`);
  }
  if (missing.length > 0)
    throw new ScriptError(
      'llvmpipe-missing',
      `This machine has no llvmpipe that Dawn accepts, and to make a root folder with one is missing: ${missing.join(', ')}.`,
      'Install a current mesa-vulkan-drivers and libvulkan1, or what is missing; kernels are also tested on SwiftShader by npm test.',
    );
}

async function ensureRoot() {
  checkTools();
  if (icdBelow(root) !== null) return;
  const from = mirror();
  console.log(`Making ${root}: Debian sid with Mesa's Vulkan drivers from ${from} (once, about 700 MB) ...`);
  // What an interrupted attempt left behind; nothing is bound here outside a run's own name space.
  rmSync(root, { recursive: true, force: true });
  mkdirSync(root, { recursive: true });
  const code = await runCommand(
    'debootstrap',
    ['--variant=minbase', '--include=mesa-vulkan-drivers,libvulkan1', 'sid', root, from],
    { env: { PATH: withSbin().PATH }, timeoutMs: 20 * minute },
  );
  if (code !== 0 || icdBelow(root) === null)
    throw new ScriptError(
      'llvmpipe-failed',
      `debootstrap ended with code ${code}.`,
      `Its log, where it came so far: ${join(root, 'debootstrap/debootstrap.log')}.`,
    );
}

/**
 * The same in the root folder. Repository, test data beside it, Node, /proc and /dev are bound in a mount name space that ends with the
 * command: nothing stays mounted, whatever ends it.
 */
function inRoot() {
  const icd = icdBelow(root);
  const shared = join(dirname(repository), 'shared');
  const folders = [repository, ...(existsSync(shared) ? [shared] : []), '/proc', '/dev'];
  const node = '/usr/local/bin/node';
  for (const folder of folders) mkdirSync(join(root, folder), { recursive: true });
  mkdirSync(dirname(join(root, node)), { recursive: true });
  if (!existsSync(join(root, node))) writeFileSync(join(root, node), '');
  const script = [
    'set -e',
    'root=$1; node=$2; repository=$3; count=$4; shift 4',
    `mount --bind "$node" "$root${node}"`,
    'while [ "$count" -gt 0 ]; do mount --rbind "$1" "$root$1"; shift; count=$((count - 1)); done',
    `exec chroot "$root" /bin/sh -c 'cd "$0" && exec ${node} "$@"' "$repository" "$@"`,
  ].join('\n');
  const before = [
    '--mount',
    '--propagation',
    'private',
    'sh',
    '-c',
    script,
    'sh',
    root,
    process.execPath,
    repository,
    String(folders.length),
    ...folders,
  ];
  const environment = {
    ...loaderEnvironment(icd),
    HOME: '/root',
    PATH: withSbin().PATH,
    TMPDIR: '/tmp',
    LD_LIBRARY_PATH: '',
  };
  return {
    describe: () => adapterOf('unshare', before, environment),
    command: 'unshare',
    before,
    environment,
  };
}

/** The first way that Dawn accepts, with the adapter's name. */
async function findWay() {
  const system = process.platform === 'linux' ? onSystem() : null;
  const name = system?.describe() ?? null;
  if (system && name !== null) return { ...system, name };
  await ensureRoot();
  const way = inRoot();
  const described = way.describe();
  if (described === null)
    throw new ScriptError(
      'llvmpipe-failed',
      `Dawn opens no adapter with halves in ${root}.`,
      `Remove the folder to have it made anew. It runs this machine's Node (${process.execPath}), which must not depend on libraries of its own.`,
    );
  return { ...way, name: described };
}

/** Test files that open WebGPU in Node. */
function testFiles(folder = join(repository, 'src')) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return testFiles(path);
    const isOne =
      entry.name.endsWith('.test.ts') && readFileSync(path, 'utf8').includes('testing/nodeGpu.ts');
    return isOne ? [relative(repository, path)] : [];
  });
}

async function test(way, files) {
  const report = join(repository, 'test-results/llvmpipe.json');
  mkdirSync(dirname(report), { recursive: true });
  rmSync(report, { force: true });
  const vitest = [packageBin('vitest'), 'run', ...(files.length > 0 ? files : testFiles())];
  const code = await runCommand(
    way.command,
    [...way.before, ...vitest, '--reporter=default', '--reporter=json', `--outputFile.json=${report}`],
    { env: { ...way.environment, VERBENA_REQUIRE_GPU: '1' }, timeoutMs: 90 * minute },
  );
  const { passed, failed, skipped } = counted(report, code, vitestCounts);
  console.log(`\nOn ${way.name}: ${skipped} skipped\n${passed} passed, ${failed} failed`);
  return failed > 0 || passed === 0 ? 1 : 0;
}

async function main([mode, ...rest]) {
  if (mode !== 'test' && (mode !== 'run' || rest.length === 0)) {
    console.error('npm run test:llvmpipe [-- FILES...]\nnpm run llvmpipe -- SCRIPT.ts ARGS...');
    return 2;
  }
  checkNode();
  await ensureInstalled();
  const way = await findWay();
  console.log(`WebGPU: ${way.name}`);
  if (mode === 'test') return test(way, rest);
  return runCommand(way.command, [...way.before, '--import', 'tsx', ...rest], {
    env: { ...way.environment, VERBENA_REQUIRE_GPU: '1' },
  });
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof ScriptError ? `${error.code}: ${error.message}` : error);
  process.exitCode = 1;
}
