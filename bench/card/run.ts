// On a card: VERBENA_GPU=native node scripts/withGpu.mjs bench/card/run.ts [--out=DIR] [--only=products,attention,steps], or the bundle's
// `node run.mjs` where there is no checkout. With --tiny everything in minutes on a software adapter: proves the script, measures nothing.
// With --small sizes that a software adapter can be measured with: a model of two layers of 256, three tiles.
// Writes DIR/card.json and DIR/roofline.svg; reads DIR/torch.json (torchStep.py) where it is there.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import {
  matmulTiles,
  type MatmulPrecision,
  type MatmulTable,
  type MatmulTileName,
} from '../../src/engine/ops/matmul/tiles.ts';
import { keepEverything, type MemoryChoices } from '../../src/engine/plan/choices.ts';
import { memoryWords } from '../../src/models/memoryMode.ts';
import { matmulShapes } from '../../src/engine/webgpu/tuner/table.ts';
import { defineModel } from '../../src/models/create.ts';
import { measureAttention, type MeasuredAttention } from './attention.ts';
import { measureBandwidth } from './bandwidth.ts';
import { openCard } from './open.ts';
import { bestOf, measureProducts, type MeasuredProduct } from './products.ts';
import type { CardReport, TorchReport } from './report.ts';
import { rooflineSvg } from './roofline.ts';
import { labelCount, measureStep, type MeasuredStep, type StepSize } from './step.ts';

const argument = (name: string) =>
  process.argv.find((value) => value.startsWith(`--${name}=`))?.slice(name.length + 3);
const isTiny = process.argv.includes('--tiny');
const isSmall = process.argv.includes('--small');
const folder = argument('out') ?? 'bench/results/card';
const parts = new Set((argument('only') ?? 'products,attention,steps').split(','));
const say = (line: string) => console.log(line);

const base = {
  model_type: 'xlnet',
  vocab_size: 32000,
  d_model: 768,
  n_layer: 12,
  n_head: 12,
  d_inner: 3072,
  dropout: 0.1,
};
const tiny = { ...base, vocab_size: 200, d_model: 32, n_layer: 1, n_head: 2, d_head: 16, d_inner: 64 };
const small = { ...base, vocab_size: 2000, d_model: 256, n_layer: 2, n_head: 4, d_inner: 1024 };
const config = isTiny ? tiny : isSmall ? small : base;
const sizes: readonly StepSize[] = isTiny
  ? [{ sequences: 2, length: 16 }]
  : isSmall
    ? [{ sequences: 16, length: 32 }]
    : [
        { sequences: 32, length: 128 },
        { sequences: 8, length: 512 },
      ];
const tiles: readonly MatmulTileName[] = isTiny
  ? ['32x32x32/4x4', '64x64x16/4x4']
  : isSmall
    ? ['32x32x32/4x4', '64x64x16/4x4', '128x64x16/8x4']
    : (Object.keys(matmulTiles) as MatmulTileName[]);

const gpu = await openCard();
const precisions: readonly MatmulPrecision[] = gpu.features.includes('shader-f16') ? ['f32', 'f16'] : ['f32'];
say(
  `${gpu.name}: ${gpu.features.join(', ')}; subgroups of ${gpu.subgroups ? `${gpu.subgroups.least} to ${gpu.subgroups.most}` : 'no size'}`,
);

const bytesPerSecond = await measureBandwidth(gpu, isTiny ? 2 ** 20 : 2 ** 27);
say(`memory: ${(bytesPerSecond / 1e9).toFixed(1)} GB/s`);

const definition = defineModel(config);
const products: MeasuredProduct[] = [];
if (parts.has('products')) {
  for (const size of sizes.slice(0, 1)) {
    const capacity = definition.capacity({
      tokens: size.sequences * size.length,
      sequences: size.sequences,
      maxLength: size.length,
    });
    const graph = definition.graph({ labelCount, training: true, dropout: null });
    const shapes = matmulShapes([graph], capacity);
    const square = isTiny ? 64 : isSmall ? 512 : 1024;
    const plain = {
      rows: square,
      columns: square,
      inner: square,
      transposeA: false,
      transposeB: false,
      splittable: false,
    };
    const wanted = isTiny ? shapes.slice(0, 2) : [...shapes, plain];
    for (const precision of precisions)
      products.push(...(await measureProducts(gpu, wanted, precision, tiles, say)));
  }
}
const best = bestOf(products);

const attention: MeasuredAttention[] = [];
if (parts.has('attention')) {
  const lengths = isTiny ? [16] : isSmall ? [128] : [128, 512, 2048, 4096];
  for (const form of ['relative', 'absolute'] as const)
    for (const length of lengths) {
      const tokens = isTiny ? 32 : isSmall ? 512 : 4096;
      const size = {
        heads: isTiny ? 1 : 12,
        headSize: isTiny ? 16 : 64,
        sequences: Math.max(1, tokens / length),
        length,
      };
      const measured = await measureAttention(gpu, form, size, isTiny ? 1 : 9);
      attention.push(measured);
      say(
        `attention, ${form}, ${size.sequences} × ${length}: ${measured.medianMs.toFixed(2)} ms, ${measured.gflops.toFixed(0)} GFLOP/s`,
      );
    }
}

/** What the products above chose, as a run would carry it. */
function tableOf(precision: MatmulPrecision): MatmulTable | null {
  const own = best.filter((product) => product.precision === precision);
  if (own.length === 0) return null;
  return {
    version: 1,
    adapter: gpu.name,
    precision,
    choices: Object.fromEntries(own.map(({ shapes, tile, splits }) => [shapes, { tile, splits }])),
    peakGflops: Math.max(...own.map(({ gflops }) => gflops)),
  };
}

const memoryPlans: readonly MemoryChoices[] = [
  keepEverything,
  { ...keepEverything, recompute: 'layers' },
  { ...keepEverything, recompute: 'layers', update: 'layers' },
];
const steps: MeasuredStep[] = [];
if (parts.has('steps'))
  for (const size of sizes)
    for (const precision of precisions)
      for (const memory of memoryPlans) {
        const measured = await measureStep(gpu, config, size, {
          precision,
          memory,
          matmul: tableOf(precision),
          steps: isTiny ? 2 : isSmall ? 5 : 20,
        });
        steps.push(measured);
        say(
          `step ${size.sequences} × ${size.length}, ${precision}, ${memoryWords(memory).toLowerCase()}: ${measured.msPerStep.toFixed(1)} ms, ${measured.gflops.toFixed(0)} GFLOP/s, ${(measured.plannedBytes / 1e9).toFixed(2)} GB planned`,
        );
      }

const torch = await readFile(`${folder}/torch.json`, 'utf8').then(
  (text) => JSON.parse(text) as TorchReport,
  () => null,
);
const report: CardReport = {
  adapter: gpu.name,
  isSoftware: gpu.isSoftware,
  isTiny,
  isSmall,
  features: gpu.features,
  limits: gpu.limits,
  subgroups: gpu.subgroups,
  host: { node: process.version, cpu: cpus()[0]?.model ?? 'unknown', platform: process.platform },
  measuredAt: new Date().toISOString(),
  bytesPerSecond,
  products,
  best,
  attention,
  steps,
  torch,
};
await mkdir(folder, { recursive: true });
await writeFile(`${folder}/card.json`, `${JSON.stringify(report, null, 2)}\n`);
await writeFile(`${folder}/roofline.svg`, rooflineSvg(report));
for (const step of steps) {
  const peak = Math.max(...best.filter(({ precision }) => precision === 'f32').map(({ gflops }) => gflops));
  const twin = torch?.steps.find(
    (other) => other.sequences === step.sequences && other.length === step.length,
  );
  if (Number.isFinite(peak))
    say(
      `${step.sequences} × ${step.length}, ${step.precision}: ${((100 * step.gflops) / peak).toFixed(0)} % of the best f32 product`,
    );
  if (twin) say(`  ${(step.msPerStep / twin.msPerStep).toFixed(2)} × the time of ${torch?.name} in f32`);
}
say(`Wrote ${folder}/card.json and roofline.svg.`);
process.exit(0);
