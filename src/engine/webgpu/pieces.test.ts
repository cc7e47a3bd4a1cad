import { describe, expect, test } from 'vitest';
import type { Feed } from '../session.ts';
import { layeredFeed, layeredGraph } from '../testing/layeredModel.ts';
import { openNodeGpu } from '../testing/nodeGpu.ts';
import { idleTrainingGraph } from '../testing/oneOp.ts';
import { fillParameters, tinyCapacity, tinyGraph } from '../testing/tinyModel.ts';
import { lowerToWebGpu } from './lower.ts';
import { Pacer } from './pacing.ts';
import { codeInPieces, cutGrid, type Workgroups } from './pieces.ts';
import { createWebGpuSession } from './session.ts';

const { gpu, ...why } = await openNodeGpu();
const reason = 'reason' in why ? why.reason : '';

test('pieces cover a grid once, along its longest side', () => {
  const grid: Workgroups = [3, 7, 2];
  const pieces = cutGrid(grid, 3);
  expect(pieces.map(({ begin }) => begin)).toEqual([
    [0, 0, 0],
    [0, 2, 0],
    [0, 4, 0],
  ]);
  expect(pieces.map(({ count }) => count)).toEqual([
    [3, 2, 2],
    [3, 2, 2],
    [3, 3, 2],
  ]);
  expect(cutGrid([1, 1, 1], 9)).toHaveLength(1);
  expect(cutGrid([40_000, 2, 1], 1000)).toHaveLength(64);
});

test('every kernel of more than one workgroup can run in pieces, in both families', () => {
  for (const avoidsBarriers of [true, false]) {
    const environment = { capacity: tinyCapacity, avoidsBarriers };
    const { nodes } = lowerToWebGpu(tinyGraph({ training: true }), environment);
    const calls = nodes.flatMap((node) => node.operation.kernels(node, environment));
    const cut = calls.map(({ code }) => codeInPieces(code, 9));
    const whole = calls.filter((_, i) => cut[i] === null);
    expect(whole.map(({ workgroups }) => workgroups(tinyCapacity))).toEqual(whole.map(() => [1, 1, 1]));
    const changed = cut.filter((code) => code !== null);
    expect(changed.length).toBeGreaterThan(20);
    expect(changed.every((code) => code.includes('@binding(9) var<uniform> range'))).toBe(true);
    expect(changed.some((code) => code.includes('num_workgroups'))).toBe(false);
  }
});

test('extensions stay in front, and the names of the code are kept', () => {
  const changed = codeInPieces(
    'enable subgroups;\n// x\n@compute @workgroup_size(64)\nfn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {\n  return;\n}',
    3,
  );
  expect(changed?.startsWith('enable subgroups;\nstruct Range')).toBe(true);
  expect(changed).toContain(
    'fn main(@builtin(workgroup_id) groupOfPiece: vec3u, @builtin(local_invocation_index) lane: u32) {\n  let group = groupOfPiece + range.begin.xyz; let groups = range.whole.xyz;\n  return;',
  );
});

test('the pacer believes a slow step at once, a fast one by half, a small one not at all', () => {
  const pacer = new Pacer();
  // Until something is measured: a weak integrated GPU.
  expect(pacer.predict(0.01)).toBeCloseTo(300);
  pacer.observe(20, 0.01);
  expect(pacer.predict(0.01)).toBeCloseTo(20);
  pacer.observe(80, 0.01);
  expect(pacer.predict(0.01)).toBeCloseTo(80);
  pacer.observe(20, 0.01);
  expect(pacer.predict(0.01)).toBeCloseTo(50);
  pacer.observe(50, 0.001);
  expect(pacer.predict(0.01)).toBeCloseTo(50);
});

test('a step in which the machine slept is not taken for its speed, a device that has become slow is found out', () => {
  const pacer = new Pacer();
  pacer.observe(20, 0.01);
  pacer.observe(8 * 3.6e6, 0.01);
  expect(pacer.predict(0.01)).toBeLessThan(16.1 * 20);
  for (let step = 0; step < 5; step++) pacer.observe(20, 0.01);
  expect(pacer.predict(0.01)).toBeLessThan(40);
  for (let step = 0; step < 2; step++) pacer.observe(4000, 0.01);
  expect(pacer.predict(0.01)).toBeCloseTo(4000);
});

describe.skipIf(!gpu)(`kernels in pieces${gpu ? '' : ` (skipped: ${reason})`}`, { timeout: 240_000 }, () => {
  // The tiled family: products, norms and reductions through workgroup memory. Attention runs in pieces in session.test.ts.
  test('the tiled kernels give the same bits whole and in pieces, over several micro-batches', async () => {
    if (!gpu) return;
    const run = async (submissionMs: number, feeds: readonly Feed[]) => {
      const session = await createWebGpuSession({
        gpu,
        training: layeredGraph({ layers: 1 }),
        inference: idleTrainingGraph(),
        capacity: { T: 64, B: 8, R: 64, K: 16 },
        avoidsBarriers: false,
        submissionMs,
      });
      const { queue } = gpu.device;
      const submit = queue.submit.bind(queue);
      let submissions = 0;
      try {
        await fillParameters(session);
        queue.submit = (buffers) => {
          submissions += 1;
          submit(buffers);
        };
        const { loss } = await session.step(feeds, null);
        queue.submit = submit;
        const gradients = new Map<string, Float32Array>();
        for (const name of session.trained) gradients.set(name, await session.read('gradient', name));
        return { loss, gradients, submissions, dispatches: session.plan.dispatches };
      } finally {
        queue.submit = submit;
        session.dispose();
      }
    };
    const feeds = [layeredFeed([20, 9, 13], 3), layeredFeed([7, 1], 4)];
    const whole = await run(1e6, feeds);
    const cut = await run(1e-6, feeds);
    expect(whole.submissions).toBe(1);
    expect(cut.submissions).toBeGreaterThan(2 * cut.dispatches);
    expect(cut.loss).toBe(whole.loss);
    expect(cut.gradients).toEqual(whole.gradients);

    // However many there are: a long step's last kernels are cut like its first.
    const many = Array.from({ length: 6 }, () => feeds).flat();
    const long = await run(1e-6, many);
    expect(long.submissions).toBeGreaterThan(5 * cut.submissions);
    expect(long.gradients).toEqual((await run(1e6, many)).gradients);
  });
});
