import { afterAll, describe, expect, test } from 'vitest';
import type { EngineError } from '../errors.ts';
import type { Dims, Graph } from '../graph/types.ts';
import { createOnnxSession } from '../onnx/session.ts';
import type { AdamWStep, EngineSession, Feed, StateOf } from '../session.ts';
import { layeredFeed, layeredGraph } from '../testing/layeredModel.ts';
import { openNodeGpu } from '../testing/nodeGpu.ts';
import { idleTrainingGraph } from '../testing/oneOp.ts';
import { fillParameters } from '../testing/tinyModel.ts';
import { createWebGpuSession, type WebGpuSession } from '../webgpu/session.ts';
import { applyMemoryChoices, keepEverything, type MemoryChoices } from './choices.ts';

const { gpu } = await openNodeGpu();
const capacity: Dims = { T: 64, B: 8, R: 64, K: 16 };
const adamW: AdamWStep = {
  step: 1,
  learningRate: 1e-2,
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
  weightDecay: 0.1,
  decay: 'no-bias-no-norm',
  clipNorm: 0.05,
};
const byLayer = (choices: Partial<MemoryChoices> = {}): MemoryChoices => ({
  ...keepEverything,
  ...choices,
  update: 'layers',
});
// Rows of 36 numbers: places in an arena are aligned to more, so there are gaps that nothing may count.
const graph = layeredGraph({ layers: 3, width: 36 });
const sessions: EngineSession[] = [];
afterAll(() => {
  for (const session of sessions) session.dispose();
});

async function open(
  training: Graph,
  options: { readonly maxBindingBytes?: number } = {},
): Promise<WebGpuSession> {
  if (!gpu) throw new Error('no WebGPU');
  const session = await createWebGpuSession({
    gpu,
    training,
    inference: idleTrainingGraph(),
    capacity,
    ...options,
  });
  sessions.push(session);
  await fillParameters(session);
  return session;
}

/** Losses, norms and the whole state after three steps. */
async function threeSteps(session: EngineSession, clipNorm: number | null) {
  const outcomes = [];
  for (const step of [1, 2, 3])
    outcomes.push(await session.step([layeredFeed([20, 9, 13], step)], { ...adamW, step, clipNorm }));
  return { outcomes, state: await stateOf(session) };
}

async function stateOf(session: EngineSession): Promise<Map<string, Float32Array>> {
  const state = new Map<string, Float32Array>();
  for (const of of ['parameter', 'firstMoment', 'secondMoment'] as const satisfies StateOf[])
    for (const name of session.trained) state.set(`${of} ${name}`, (await session.read(of, name)).slice());
  return state;
}

async function refusal(work: Promise<unknown>): Promise<EngineError> {
  return (await work.then(
    () => expect.unreachable(),
    (error: unknown) => error,
  )) as EngineError;
}

describe.skipIf(!gpu)('update by layer', { timeout: 240_000 }, () => {
  test.each([
    ['nothing', 'f32'],
    ['activations', 'f32'],
    ['layers', 'f16'],
  ] as const)(
    'recomputing %s, stored in %s: three clipped steps are those of an update at the end, bit for bit',
    async (recompute, storage) => {
      const choices = { recompute, storage };
      const atEnd = await threeSteps(await open(applyMemoryChoices(graph, choices)), 0.05);
      // Clipping takes hold.
      expect(atEnd.outcomes.every(({ gradientNorm }) => gradientNorm > 0.1)).toBe(true);
      expect(await threeSteps(await open(applyMemoryChoices(graph, byLayer(choices))), 0.05)).toEqual(atEnd);
    },
  );

  test('without clipping the backward pass runs once, to the same bits', async () => {
    const atEnd = await open(graph);
    const once = await open(applyMemoryChoices(graph, byLayer(), false));
    const twice = await open(applyMemoryChoices(graph, byLayer()));
    const expected = await threeSteps(atEnd, null);
    expect(await threeSteps(once, null)).toEqual(expected);
    expect(await threeSteps(twice, null)).toEqual(expected);
    expect(twice.plan.dispatches).toBeGreaterThan(once.plan.dispatches);
  });

  test('frozen groups stay, and a group of several arenas is updated like one', async () => {
    const trained = layeredGraph({ layers: 2, width: 64, trains: ({ group }) => group !== 'layer.0' });
    const expected = await threeSteps(await open(trained), 0.05);
    const dealt = await open(applyMemoryChoices(trained, byLayer()), { maxBindingBytes: 64 * 64 * 8 });
    expect(await threeSteps(dealt, 0.05)).toEqual(expected);
  });

  test('no gradient is kept, and what is allocated was planned', async () => {
    const atEnd = await open(graph);
    const lean = await open(applyMemoryChoices(graph, byLayer(), false));
    const of = (session: EngineSession, category: string) => session.plan.byCategory[category] ?? Number.NaN;
    expect(of(lean, 'gradients')).toBeLessThan(of(atEnd, 'gradients') / 2);
    expect(lean.plan.totalBytes - of(lean, 'gradients')).toBe(atEnd.plan.totalBytes - of(atEnd, 'gradients'));
    await threeSteps(lean, null);
    expect(Math.abs(lean.allocatedBytes / lean.plan.totalBytes - 1)).toBeLessThan(0.05);
  });

  const tooSteep: Feed = { ...layeredFeed([20, 9], 1), lossScale: 1e16 };
  const steepen = async (session: EngineSession) => {
    const head = await session.read('parameter', 'head.weight');
    await session.write(
      'parameter',
      'head.weight',
      head.map((value) => 1e5 * value),
    );
    return stateOf(session);
  };

  test('measured, nothing moves where the gradient is not finite', async () => {
    const session = await open(applyMemoryChoices(graph, byLayer()));
    const before = await steepen(session);
    const error = await refusal(session.step([tooSteep], adamW));
    expect(error).toMatchObject({ code: 'loss-not-finite' });
    expect(await stateOf(session)).toEqual(before);
    // The next step finds everything as it was.
    await session.step([layeredFeed([5, 3], 2)], adamW);
  });

  test('unmeasured, the group with the first gradient that is not finite is named, and it and those below stand still', async () => {
    const session = await open(applyMemoryChoices(graph, byLayer(), false));
    const before = await steepen(session);
    const error = await refusal(session.step([tooSteep], { ...adamW, clipNorm: null }));
    expect(error).toMatchObject({
      code: 'loss-not-finite',
      details: { tensor: 'the gradient of layer.2' },
    });
    const after = await stateOf(session);
    const moved = [...before].filter(
      ([name, values]) =>
        !Buffer.from(values.buffer).equals(Buffer.from(after.get(name)?.buffer ?? new ArrayBuffer())),
    );
    expect(moved.map(([name]) => name)).toEqual([
      'parameter head.weight',
      'firstMoment head.weight',
      'secondMoment head.weight',
    ]);
    await session.step([layeredFeed([5, 3], 2)], { ...adamW, clipNorm: null });
  });

  test('a loss that is not finite moves nothing, measured or not, and its first tensor is named', async () => {
    for (const measures of [true, false]) {
      const session = await open(applyMemoryChoices(graph, byLayer(), measures));
      const bias = await session.read('parameter', 'layer.1.bias');
      await session.write('parameter', 'layer.1.bias', bias.with(3, Number.NaN));
      const before = await stateOf(session);
      const error = await refusal(
        session.step([layeredFeed([5, 3], 2)], { ...adamW, clipNorm: measures ? 1 : null }),
      );
      expect(error).toMatchObject({ code: 'loss-not-finite', details: { tensor: 'layer.1.bias' } });
      expect(await stateOf(session)).toEqual(before);
    }
  });

  test('what it cannot do is refused by name', async () => {
    const session = await open(applyMemoryChoices(graph, byLayer(), false));
    const feed = layeredFeed([5, 3], 2);
    const unclipped = { ...adamW, clipNorm: null };
    expect(await refusal(session.step([feed, feed], unclipped))).toMatchObject({
      code: 'batch-too-large',
      details: { microBatches: 2 },
    });
    expect((await refusal(session.step([feed], adamW))).message).toMatch(/cannot clip/);
    expect((await refusal(session.step([feed], null))).message).toMatch(/without an update/);
    expect((await refusal(session.read('gradient', 'head.weight'))).message).toMatch(/No gradient outlives/);
  });
});

test('the CPU path updates at the end whatever the plan says', { timeout: 120_000 }, async () => {
  const options = { inference: idleTrainingGraph(), capacity };
  const run = async (training: Graph) => {
    const session = await createOnnxSession({ ...options, training });
    sessions.push(session);
    await fillParameters(session);
    return threeSteps(session, 0.05);
  };
  expect(await run(applyMemoryChoices(graph, byLayer()))).toEqual(await run(graph));
});
