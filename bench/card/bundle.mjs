// node bench/card/bundle.mjs [DIR]: everything a machine with a card needs, without a checkout: run.mjs, torchStep.py, package.json (one
// dependency, the npm package `webgpu`), README.md. There: npm install && node run.mjs --out=results.
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { build } from 'rolldown';

const folder = process.argv[2] ?? 'bench/results/cardBundle';
await mkdir(folder, { recursive: true });
await build({
  input: 'bench/card/run.ts',
  platform: 'node',
  external: ['webgpu', /^node:/],
  output: { file: `${folder}/run.mjs`, format: 'esm', codeSplitting: false },
  plugins: [
    {
      // The CPU path is not measured here, and its runtime's files are the browser's.
      name: 'without-onnxruntime',
      resolveId: (id) => (id.startsWith('onnxruntime-web') ? `\0${id}` : null),
      load: (id) =>
        id.startsWith('\0onnxruntime-web') ? { code: 'export default ""', moduleSideEffects: false } : null,
    },
  ],
  logLevel: 'warn',
});
const { devDependencies = {}, dependencies = {} } = JSON.parse(await readFile('package.json', 'utf8'));
const webgpu = devDependencies.webgpu ?? dependencies.webgpu;
const own = {
  name: 'verbena-card',
  private: true,
  type: 'module',
  scripts: { start: 'node run.mjs' },
  dependencies: { webgpu },
};
await writeFile(`${folder}/package.json`, `${JSON.stringify(own, null, 2)}\n`);
await copyFile('bench/card/torchStep.py', `${folder}/torchStep.py`);
await copyFile('bench/card/README.md', `${folder}/README.md`);
console.log(`Wrote ${folder}.`);
