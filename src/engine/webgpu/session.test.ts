import { describe, expect, test } from 'vitest';
import { EngineError } from '../errors.ts';
import type { AdamWStep, EngineSession } from '../session.ts';
import { openNodeGpu } from '../testing/nodeGpu.ts';
import { fillParameters, tinyCapacity, tinyFeed, tinyGraph } from '../testing/tinyModel.ts';
import { createWebGpuSession, type WebGpuSession, type WebGpuSessionOptions } from './session.ts';

const { gpu, ...why } = await openNodeGpu();
const reason = 'reason' in why ? why.reason : '';

const adamW = (step: number): AdamWStep => ({
  step,
  learningRate: 1e-2,
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
  weightDecay: 0.01,
  decay: 'no-bias-no-norm',
  clipNorm: 1,
});

async function session(
  rate = 0.1,
  capacity = tinyCapacity,
  options: Partial<WebGpuSessionOptions> = {},
): Promise<WebGpuSession> {
  if (!gpu) throw new Error(reason);
  const made = await createWebGpuSession({
    gpu,
    training: tinyGraph({ training: true, rate }),
    inference: tinyGraph({ training: false }),
    capacity,
    ...options,
  });
  await fillParameters(made);
  return made;
}

async function train(target: EngineSession, from: number, to: number): Promise<number[]> {
  const losses: number[] = [];
  for (let step = from; step <= to; step++) {
    const feeds = [tinyFeed([5, 9, 20], step, 1 / 15), tinyFeed([7, 1], step + 100, 1 / 15)];
    losses.push((await target.step(feeds, adamW(step))).loss);
  }
  return losses;
}

async function state(target: EngineSession): Promise<Map<string, Float32Array>> {
  const values = new Map<string, Float32Array>();
  for (const { tensor } of target.parameters) {
    values.set(`parameter ${tensor.name}`, await target.read('parameter', tensor.name));
    if (!target.trained.has(tensor.name)) continue;
    values.set(`first ${tensor.name}`, await target.read('firstMoment', tensor.name));
    values.set(`second ${tensor.name}`, await target.read('secondMoment', tensor.name));
  }
  return values;
}

// The software driver is slow where workgroups wait for each other, the more so beside other tests.
describe.skipIf(!gpu)(`WebGPU session${gpu ? '' : ` (skipped: ${reason})`}`, { timeout: 240_000 }, () => {
  test('the same seed gives the same bits, and learns', async () => {
    const [a, b] = [await session(), await session()];
    const losses = await train(a, 1, 4);
    expect(await train(b, 1, 4)).toEqual(losses);
    expect(await state(b)).toEqual(await state(a));
    expect(losses.every(Number.isFinite)).toBe(true);
    a.dispose();
    b.dispose();
  });

  test('20 steps equal 10 steps, saved state, a new session and 10 more, bit for bit', async () => {
    const whole = await session();
    await train(whole, 1, 20);
    const first = await session();
    await train(first, 1, 10);
    const resumed = await session();
    for (const { tensor } of first.parameters) {
      await resumed.write('parameter', tensor.name, await first.read('parameter', tensor.name));
      if (!first.trained.has(tensor.name)) continue;
      for (const kind of ['firstMoment', 'secondMoment'] as const) {
        await resumed.write(kind, tensor.name, await first.read(kind, tensor.name));
      }
    }
    await train(resumed, 11, 20);
    expect(await state(resumed)).toEqual(await state(whole));
    for (const used of [whole, first, resumed]) used.dispose();
  });

  test('what is allocated is within 5 % of what was planned', async () => {
    const made = await session(0.1, { T: 4096, B: 256, R: 256, K: 512 });
    await train(made, 1, 1);
    expect(made.allocatedBytes / made.plan.totalBytes).toBeGreaterThan(0.95);
    expect(made.allocatedBytes / made.plan.totalBytes).toBeLessThan(1.05);
    made.dispose();
  });

  test('a parameter without gradient is never touched', async () => {
    const made = await session();
    const before = await made.read('parameter', 'unused');
    await train(made, 1, 3);
    expect(made.trained.has('unused')).toBe(false);
    expect(await made.read('parameter', 'unused')).toEqual(before);
    made.dispose();
  });

  test('a loss that is not finite is a typed error and leaves the parameters as they were', async () => {
    const made = await session();
    await train(made, 1, 2);
    const feed = tinyFeed([4, 4], 1);
    const broken = {
      ...feed,
      tensors: new Map([...feed.tensors, ['targets', new Float32Array(6).fill(Number.NaN)]]),
    };
    const before = await state(made);
    const error: unknown = await made.step([broken], adamW(3)).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(EngineError);
    expect(error).toMatchObject({
      code: 'loss-not-finite',
      details: { tensor: 'targets', microBatch: null },
    });
    expect(await state(made)).toEqual(before);
    // The session is whole again: the next step moves.
    await train(made, 3, 3);
    expect(await state(made)).not.toEqual(before);
    made.dispose();
  });

  test('names the first activation that overflows, and steps asked for behind it change nothing', async () => {
    const made = await session();
    const huge = new Float32Array(8 * 24).fill(3e38);
    await made.write('parameter', 'qkv', huge);
    const before = await state(made);
    const failed = made.step([tinyFeed([4, 4], 1), tinyFeed([3], 2)], adamW(1)).catch((e: unknown) => e);
    const behind = made.step([tinyFeed([4, 4], 3)], adamW(2)).catch((e: unknown) => e);
    expect(await failed).toMatchObject({
      code: 'loss-not-finite',
      details: { tensor: 'qkv', microBatch: 0 },
    });
    expect(await behind).toBeInstanceOf(EngineError);
    expect(await state(made)).toEqual(before);
    made.dispose();
  });

  test('the search for that tensor is cut into submissions like a step, and finds the same', async () => {
    if (!gpu) throw new Error(reason);
    const outcome = async (submissionMs: number, isBroken: boolean) => {
      const made = await session(0.1, tinyCapacity, { submissionMs });
      if (isBroken) await made.write('parameter', 'qkv', new Float32Array(8 * 24).fill(3e38));
      const { queue } = gpu.device;
      const submit = queue.submit.bind(queue);
      let submissions = 0;
      queue.submit = (buffers) => {
        submissions += 1;
        submit(buffers);
      };
      const error: unknown = await made
        .step([tinyFeed([4, 4], 1)], adamW(1))
        .then(
          () => null,
          (caught: unknown) => caught,
        )
        .finally(() => (queue.submit = submit));
      made.dispose();
      return { submissions, details: error instanceof EngineError ? error.details : null };
    };
    const whole = await outcome(1e6, true);
    expect(whole).toMatchObject({ submissions: 2, details: { tensor: 'qkv', microBatch: 0 } });
    const [sound, cut] = [await outcome(1e-6, false), await outcome(1e-6, true)];
    expect(sound.details).toBeNull();
    expect(cut.submissions).toBeGreaterThan(2 * sound.submissions);
    expect(cut.details).toEqual(whole.details);
  });

  test('steps asked for before the last was answered give the same bits', async () => {
    const [waiting, hasty] = [await session(), await session()];
    const feeds = (step: number) => [
      tinyFeed([5, 9, 20], step, 1 / 15),
      tinyFeed([7, 1], step + 100, 1 / 15),
    ];
    const losses = await train(waiting, 1, 4);
    const asked = [1, 2, 3, 4].map((step) => hasty.step(feeds(step), adamW(step)));
    expect((await Promise.all(asked)).map(({ loss }) => loss)).toEqual(losses);
    expect(await state(hasty)).toEqual(await state(waiting));
    waiting.dispose();
    hasty.dispose();
  });

  test('a step is one submission; on a slow device it is cut into many, kernels too, with the same bits', async () => {
    if (!gpu) throw new Error(reason);
    const counted = async (options: Partial<WebGpuSessionOptions>) => {
      const made = await session(0.1, tinyCapacity, options);
      const { queue } = gpu.device;
      const submit = queue.submit.bind(queue);
      let submissions = 0;
      queue.submit = (buffers) => {
        submissions += 1;
        submit(buffers);
      };
      const losses = await train(made, 1, 1).finally(() => (queue.submit = submit));
      const after = await state(made);
      made.dispose();
      return { submissions, losses, after, dispatches: made.plan.dispatches };
    };
    const [whole, cut] = [await counted({ submissionMs: 1e6 }), await counted({ submissionMs: 1e-6 })];
    expect(whole.submissions).toBe(1);
    // More than there are kernels: long ones ran in pieces.
    expect(cut.submissions).toBeGreaterThan(cut.dispatches);
    expect(cut.losses).toEqual(whole.losses);
    expect(cut.after).toEqual(whole.after);
  });

  test('a lost device is a typed error, now and on every later call', async () => {
    const { gpu: own } = await openNodeGpu();
    if (!own) throw new Error(reason);
    const made = await createWebGpuSession({
      gpu: own,
      training: tinyGraph({ training: true }),
      inference: tinyGraph({ training: false }),
      capacity: tinyCapacity,
    });
    await fillParameters(made);
    own.device.destroy();
    const feeds = [tinyFeed([5, 9], 1)];
    await expect(made.step(feeds, adamW(1))).rejects.toMatchObject({ code: 'device-lost' });
    await expect(made.step(feeds, adamW(1))).rejects.toMatchObject({ code: 'device-lost' });
  });

  test('a micro-batch beyond the plan is refused before anything runs', async () => {
    const made = await session();
    await expect(made.step([tinyFeed([40, 40], 1)], adamW(1))).rejects.toMatchObject({
      code: 'batch-too-large',
    });
    made.dispose();
  });
});
