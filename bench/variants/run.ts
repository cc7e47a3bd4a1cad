// node scripts/withGpu.mjs bench/variants/run.ts [--rounds=5] [--only=product,step] [--kernels=registers], or
// npm run llvmpipe -- bench/variants/run.ts: the kernels that a device can choose between, beside each other on one device. Processor time of the whole process, driver's threads included: on a
// software adapter that is what a kernel costs, whatever else the machine does. On a card, read the wall time.
import { GraphBuilder } from '../../src/engine/graph/builder.ts';
import { matmul } from '../../src/engine/ops/matmul/op.ts';
import { oneSize } from '../../src/engine/webgpu/subgroups.ts';
import { openExperimentalGpu } from '../../src/engine/testing/nodeGpu.ts';
import { idleTrainingGraph } from '../../src/engine/testing/oneOp.ts';
import { normals } from '../../src/engine/testing/packed.ts';
import {
  createWebGpuSession,
  type WebGpuSession,
  type WebGpuSessionOptions,
} from '../../src/engine/webgpu/session.ts';
import { SessionClassifier } from '../../src/models/classifier.ts';
import { defineModel } from '../../src/models/create.ts';
import { adamw } from '../adamw.ts';
import { median } from '../card/open.ts';

const argument = (name: string) =>
  process.argv.find((value) => value.startsWith(`--${name}=`))?.slice(name.length + 3);
const rounds = Number(argument('rounds') ?? 5);
const parts = new Set((argument('only') ?? 'product,step').split(','));

const opened = await openExperimentalGpu();
const gpu = opened.gpu ?? fail('reason' in opened ? opened.reason : 'no adapter');
const hasHalves = gpu.features.includes('shader-f16');

function fail(reason: string): never {
  console.error(reason);
  process.exit(1);
}

type Variant = readonly [string, Partial<WebGpuSessionOptions>];
const sharedSize = oneSize(gpu.subgroups);
const alone = { ...gpu, subgroups: null };
const variants: readonly Variant[] = [
  ['f32, registers', { avoidsBarriers: true, gpu: alone }],
  ...(sharedSize
    ? ([[`f32, registers, reads shared in subgroups of ${sharedSize}`, { avoidsBarriers: true }]] as const)
    : []),
  ['f32, tiles', { avoidsBarriers: false, gpu: alone }],
  ...(gpu.subgroups ? ([['f32, tiles, norms by subgroups', { avoidsBarriers: false }]] as const) : []),
  hasHalves
    ? ['f16, tiles', { avoidsBarriers: false, precision: 'f16' }]
    : ['f16 emulated, tiles', { avoidsBarriers: false, precision: 'f16', emulatesHalf: true }],
  ...(gpu.subgroupMatrix
    ? ([
        [
          `f16, matrix instructions of ${gpu.subgroupMatrix.size}`,
          { avoidsBarriers: false, precision: 'f16', usesSubgroupMatrices: true },
        ],
      ] as const)
    : []),
];

interface Timed {
  readonly wallMs: number;
  readonly cpuMs: number;
}

async function timed(run: () => Promise<unknown>, times: number): Promise<Timed> {
  const begin = performance.now();
  const before = process.cpuUsage();
  for (let i = 0; i < times; i++) await run();
  const { user, system } = process.cpuUsage(before);
  return { wallMs: (performance.now() - begin) / times, cpuMs: (user + system) / 1000 / times };
}

/** Medians of `rounds` rounds, each of which runs every variant in turn. */
async function compare(
  name: string,
  operations: number,
  times: number,
  open: (
    options: Partial<WebGpuSessionOptions>,
  ) => Promise<{ run: () => Promise<unknown>; close: () => void }>,
): Promise<void> {
  const all = [];
  for (const [label, options] of variants.filter(([name]) => name.includes(argument('kernels') ?? '')))
    all.push({ label, ...(await open(options)), taken: [] as Timed[] });
  for (const { run } of all) await run();
  for (let round = 0; round < rounds; round++)
    for (const { run, taken } of all) taken.push(await timed(run, times));
  console.log(
    `\n| ${name} | processor ms | wall ms | GFLOP per processor second |\n| --- | --- | --- | --- |`,
  );
  for (const { label, taken, close } of all) {
    const cpuMs = median(taken.map((one) => one.cpuMs));
    const wallMs = median(taken.map((one) => one.wallMs));
    console.log(
      `| ${label} | ${cpuMs.toFixed(1)} | ${wallMs.toFixed(1)} | ${operations === 0 ? '' : (operations / cpuMs / 1e6).toFixed(1)} |`,
    );
    close();
  }
}

const layouts = { NN: [false, false], NT: [false, true], TN: [true, false] } as const;
const [m, n, k] = [256, 768, 768];

async function openProduct(layout: keyof typeof layouts, options: Partial<WebGpuSessionOptions>) {
  const [transposeA, transposeB] = layouts[layout];
  const g = new GraphBuilder();
  const T = transposeA ? k : m;
  const a = g.input('a', transposeA ? ['T', m] : ['T', k], 'f32');
  const b = g.input('b', transposeB ? [n, k] : transposeA ? ['T', n] : [k, n], 'f32');
  g.output('c', g.one(matmul({ transposeA, transposeB }), [a, b], 'c'));
  const dims = { T, B: 1, R: 2, K: 1 };
  const session: WebGpuSession = await createWebGpuSession({
    gpu,
    training: idleTrainingGraph(),
    inference: g.build(),
    capacity: dims,
    ...options,
  });
  const tensors = new Map([
    ['a', normals(m * k, 1)],
    ['b', normals(k * n, 2)],
  ]);
  const feed = { dims, tensors, seed: 1, lossScale: 1, gradientScale: 1 };
  const run = async () => {
    await session.infer(feed, []);
    // With nothing to read back, the answer does not wait for the device.
    await gpu.device.queue.onSubmittedWorkDone();
  };
  return { run, close: () => session.dispose() };
}

// As in src/models/halfPrecision.test.ts, whose kernels a driver may have kept: those of halves take seconds each to compile.
const labelCount = 5;
const config = {
  model_type: 'xlnet',
  vocab_size: 60,
  d_model: 64,
  n_layer: 2,
  n_head: 2,
  d_inner: 130,
};
const size = { sequences: 12, length: 26 };
const capacity = { tokens: 320, sequences: size.sequences, maxLength: 40 };

async function openStep(options: Partial<WebGpuSessionOptions>) {
  const tokens = size.sequences * size.length;
  const definition = defineModel(config);
  const session = await createWebGpuSession({
    gpu,
    training: definition.graph({ labelCount, training: true, dropout: 0.1 }),
    inference: definition.graph({ labelCount, training: false, dropout: null }),
    capacity: definition.capacity(capacity),
    ...options,
  });
  const model = new SessionClassifier(definition, session, labelCount);
  await model.load(null, 1);
  const batch = {
    ids: Int32Array.from({ length: tokens }, (_, i) => 10 + ((7919 * i) % 50)),
    segments: new Int32Array(tokens),
    offsets: Uint32Array.from({ length: size.sequences + 1 }, (_, b) => b * size.length),
    targets: Float32Array.from({ length: size.sequences * labelCount }, (_, i) => (i % 9 === 0 ? 1 : 0)),
  };
  let step = 0;
  const scale = model.scalesGradients ? { gradientScale: 1024 } : {};
  return {
    run: () => model.trainStep([batch], { step: ++step, learningRate: 1e-5, ...adamw, seed: 1, ...scale }),
    close: () => model.dispose(),
  };
}

console.log(`${gpu.name}; medians of ${rounds} alternated rounds`);
if (parts.has('product'))
  for (const layout of ['NN', 'NT', 'TN'] as const)
    await compare(`product ${layout}, ${m} × ${n} × ${k}`, 2 * m * n * k, 4, (options) =>
      openProduct(layout, options),
    );
if (parts.has('step'))
  await compare(
    `AdamW step, XLNet of 2 layers, d 64, ${size.sequences} × ${size.length} tokens`,
    0,
    4,
    openStep,
  );
process.exit(0);
