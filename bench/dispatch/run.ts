// npm run bench:dispatch: what the host spends on a training step of a 12-layer XLNet with tiny tensors: the time until `step` has
// recorded and submitted everything, in Node over Dawn. Also counts kernels and submissions. Writes bench/results/dispatch.json.
import { mkdir, writeFile } from 'node:fs/promises';
import { openNodeGpu } from '../../src/engine/testing/nodeGpu.ts';
import { applyMemoryChoices } from '../../src/engine/plan/choices.ts';
import { createWebGpuSession } from '../../src/engine/webgpu/session.ts';
import { defineModel } from '../../src/models/create.ts';
import { adamw } from '../adamw.ts';

const steps = Number(process.argv.find((argument) => argument.startsWith('--steps='))?.split('=')[1] ?? 40);
const opened = await openNodeGpu();
if (!opened.gpu) throw new Error(opened.reason);
const { gpu } = opened;
const config = {
  model_type: 'xlnet',
  vocab_size: 64,
  d_model: 16,
  n_layer: 12,
  n_head: 2,
  d_head: 8,
  d_inner: 32,
  dropout: 0.1,
};
const definition = defineModel(config);
const labelCount = 4;
const capacity = definition.capacity({ tokens: 16, sequences: 2, maxLength: 8 });
const results = [];
for (const recompute of ['nothing', 'layers'] as const) {
  const training = definition.graph({ labelCount, training: true, dropout: null });
  const session = await createWebGpuSession({
    gpu,
    training: applyMemoryChoices(training, { recompute, storage: 'f32' }),
    inference: definition.graph({ labelCount, training: false, dropout: null }),
    capacity,
    submissionMs: 1e9,
  });
  let submissions = 0;
  const { queue } = gpu.device;
  const submit = queue.submit.bind(queue);
  queue.submit = (buffers) => {
    submissions += 1;
    submit(buffers);
  };
  const ids = Int32Array.from({ length: 16 }, (_, i) => 1 + (i % 60));
  const feed = definition.feed(
    {
      ids,
      segments: definition.segmentIds(ids),
      offsets: Uint32Array.of(0, 8, 16),
      targets: new Float32Array(2 * labelCount),
    },
    { seed: 1, lossScale: 1 / (2 * labelCount), lengthMultiple: 16 },
  );
  const hostMs: number[] = [];
  for (let step = 1; step <= steps; step++) {
    const startedAt = performance.now();
    const answer = session.step([{ ...feed, seed: step }], {
      step,
      learningRate: 1e-4,
      ...adamw,
    });
    // Everything before the first wait is the host's: recording, encoding, the submission.
    hostMs.push(performance.now() - startedAt);
    await answer;
  }
  queue.submit = submit;
  const sorted = [...hostMs].sort((a, b) => a - b);
  const result = {
    recompute,
    dispatches: session.plan.dispatches,
    submissionsPerStep: submissions / steps,
    hostMsMedian: sorted[Math.floor(sorted.length / 2)],
    hostMsMinimum: sorted[0],
  };
  console.log(JSON.stringify(result));
  results.push(result);
  session.dispose();
}
await mkdir('bench/results', { recursive: true });
await writeFile(
  'bench/results/dispatch.json',
  `${JSON.stringify({ adapter: gpu.name, steps, results }, null, 2)}\n`,
);
process.exit(0);
