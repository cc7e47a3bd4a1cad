import { afterAll, describe, expect, test } from 'vitest';
import type { AdamWStep, EngineSession } from '../session.ts';
import { relativeError } from '../testing/compare.ts';
import { fillParameters, mergeFeeds, tinyCapacity, tinyFeed, tinyGraph } from '../testing/tinyModel.ts';
import { createOnnxSession } from './session.ts';

const optimizer: AdamWStep = {
  step: 1,
  learningRate: 0.01,
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
  weightDecay: 0.01,
  decay: 'all',
  clipNorm: 1,
};

const sessions: EngineSession[] = [];

async function tinySession(rate = 0): Promise<EngineSession> {
  const session = await createOnnxSession({
    training: tinyGraph({ training: true, rate }),
    inference: tinyGraph({ training: false }),
    capacity: tinyCapacity,
  });
  sessions.push(session);
  await fillParameters(session);
  return session;
}

afterAll(() => sessions.forEach((session) => session.dispose()));

async function allOf(
  session: EngineSession,
  of: 'parameter' | 'gradient' | 'secondMoment',
): Promise<Map<string, Float32Array>> {
  const states = new Map<string, Float32Array>();
  for (const name of session.trained) states.set(name, await session.read(of, name));
  return states;
}

describe('a step', () => {
  test('over micro-batches is the step over one batch of all their sequences', async () => {
    const session = await tinySession();
    const [first, second] = [tinyFeed([5, 3], 1, 1 / 15), tinyFeed([4, 17, 1], 2, 1 / 15)];
    const split = await session.step([first, second], null);
    const gradients = await allOf(session, 'gradient');
    const merged = await session.step([mergeFeeds([first, second], [5, 3, 4, 17, 1])], null);
    expect(merged.loss).toBeCloseTo(split.loss, 6);
    const differing = [...(await allOf(session, 'gradient'))].filter(
      ([name, gradient]) => !(relativeError(gradient, gradients.get(name) ?? []) < 2e-6),
    );
    expect(differing).toEqual([]);
    const one = await session.step([first], null);
    const other = await session.step([second], null);
    expect(one.loss + other.loss).toBeCloseTo(split.loss, 6);
  });

  test('without an optimizer changes nothing but the gradients', async () => {
    const session = await tinySession();
    const before = await allOf(session, 'parameter');
    await session.step([tinyFeed([5, 3], 1)], null);
    expect(await allOf(session, 'parameter')).toEqual(before);
  });

  test('lowers the loss when repeated, and leaves what has no gradient alone', async () => {
    const session = await tinySession();
    const unused = await session.read('parameter', 'unused');
    const feed = tinyFeed([6, 2, 9, 4], 3);
    const first = await session.step([feed], optimizer);
    let last = first;
    for (let step = 2; step <= 40; step++) last = await session.step([feed], { ...optimizer, step });
    expect(last.loss).toBeLessThan(0.5 * first.loss);
    expect(session.trained.has('unused')).toBe(false);
    expect(await session.read('parameter', 'unused')).toEqual(unused);
  });

  test('reports the norm over every gradient', async () => {
    const session = await tinySession();
    const { gradientNorm } = await session.step([tinyFeed([5, 3], 1)], null);
    let squares = 0;
    for (const gradient of (await allOf(session, 'gradient')).values())
      for (const g of gradient) squares += g * g;
    expect(gradientNorm).toBeCloseTo(Math.sqrt(squares), 6);
  });
});

test('a sequence gives the same logits alone and packed with others', async () => {
  const session = await tinySession();
  const packed = tinyFeed([7, 23, 12], 4);
  const logits = (await session.infer(packed)).get('logits') as Float32Array;
  const alone = { ...tinyFeed([12], 4), tensors: new Map(tinyFeed([12], 4).tensors) };
  for (const name of ['ids', 'segments'] as const)
    alone.tensors.set(name, (packed.tensors.get(name) as Int32Array).slice(30));
  expect(relativeError((await session.infer(alone)).get('logits') ?? [], logits.subarray(6))).toBeLessThan(
    1e-6,
  );
});

test('the same seed gives the same bits, in this session and in a new one resumed from its state', async () => {
  const run = async (session: EngineSession, from: number, to: number) => {
    for (let step = from; step <= to; step++) {
      await session.step([tinyFeed([20, 9, 30], step, 1 / 15), tinyFeed([5, 6], 50 + step, 1 / 15)], {
        ...optimizer,
        step,
      });
    }
  };
  const whole = await tinySession(0.2);
  await run(whole, 1, 6);

  const interrupted = await tinySession(0.2);
  await run(interrupted, 1, 3);
  const resumed = await tinySession(0.2);
  for (const name of resumed.trained) {
    for (const of of ['parameter', 'firstMoment', 'secondMoment'] as const) {
      await resumed.write(of, name, await interrupted.read(of, name));
    }
  }
  await run(resumed, 4, 6);
  expect(await allOf(resumed, 'parameter')).toEqual(await allOf(whole, 'parameter'));
  expect(await allOf(resumed, 'secondMoment')).toEqual(await allOf(whole, 'secondMoment'));
});

test('dropout is drawn in training only, and another seed draws another mask', async () => {
  const session = await tinySession(0.4);
  const feed = tinyFeed([9, 9], 6);
  const losses = [];
  for (const seed of [1, 1, 2]) losses.push((await session.step([{ ...feed, seed }], null)).loss);
  expect(losses[1]).toBe(losses[0]);
  expect(losses[2]).not.toBe(losses[0]);
  expect((await session.infer({ ...feed, seed: 1 })).get('logits')).toEqual(
    (await session.infer({ ...feed, seed: 2 })).get('logits'),
  );
});

test('calls made at once run in order', async () => {
  const session = await tinySession();
  const feed = tinyFeed([5, 3], 1);
  const before = session.infer(feed);
  const step = session.step([feed], optimizer);
  const after = session.infer(feed);
  await step;
  expect((await after).get('logits')).not.toEqual((await before).get('logits'));
  expect(await session.trainingOutput('logits')).toEqual((await before).get('logits'));
});

describe('refusals', () => {
  test('a loss that is not finite leaves the parameters as they were', async () => {
    const session = await tinySession();
    const table = await session.read('parameter', 'table');
    await session.write('parameter', 'head', new Float32Array(48).fill(Number.NaN));
    await expect(session.step([tinyFeed([5, 3], 1)], optimizer)).rejects.toMatchObject({
      code: 'loss-not-finite',
      details: { tensor: 'head' },
    });
    expect(await session.read('parameter', 'table')).toEqual(table);
    await fillParameters(session);
    await session.write('parameter', 'qkv', new Float32Array(8 * 24).fill(3e38));
    await expect(session.step([tinyFeed([5, 3], 1)], optimizer)).rejects.toMatchObject({
      details: { tensor: 'qkv' },
    });
    await fillParameters(session);
    expect((await session.step([tinyFeed([5, 3], 1)], optimizer)).loss).toBeGreaterThan(0);
  });

  test('a micro-batch beyond the capacity', async () => {
    const session = await tinySession();
    await expect(session.step([tinyFeed([40, 40], 1)], null)).rejects.toMatchObject({
      code: 'batch-too-large',
    });
  });

  test('a missing or wrongly sized input, a wrong tensor, an unknown name', async () => {
    const session = await tinySession();
    const feed = tinyFeed([5, 3], 1);
    const without = new Map(feed.tensors);
    without.delete('targets');
    await expect(session.step([{ ...feed, tensors: without }], null)).rejects.toThrow(
      /targets .* was not fed/,
    );
    const short = new Map([...feed.tensors, ['ids', new Int32Array(3)] as const]);
    await expect(session.step([{ ...feed, tensors: short }], null)).rejects.toMatchObject({
      code: 'shape-mismatch',
    });
    await expect(session.write('parameter', 'head', new Float32Array(5))).rejects.toThrow(
      /head is \[16, 3\]/,
    );
    await expect(session.read('parameter', 'tail')).rejects.toMatchObject({ code: 'graph-invalid' });
  });

  test('an id outside of the table names the operator that met it', async () => {
    const session = await tinySession();
    const feed = tinyFeed([5, 3], 1);
    const ids = new Int32Array(8).fill(99);
    const tensors = new Map([...feed.tensors, ['ids', ids] as const]);
    await expect(session.step([{ ...feed, tensors }], null)).rejects.toThrow(/embedded/);
  });
});

test('the plan counts state exactly', async () => {
  const session = await tinySession();
  const count = (names: Iterable<string>) =>
    session.parameters
      .filter(({ tensor }) => new Set(names).has(tensor.name))
      .reduce((sum, { shape }) => sum + shape.reduce((product, size) => product * size, 1), 0);
  const { parameters, gradients, moments } = session.plan.byCategory;
  expect(parameters).toBe(4 * count(session.parameters.map(({ tensor }) => tensor.name)));
  expect(gradients).toBe(4 * count(session.trained));
  expect(moments).toBe(8 * count(session.trained));
  expect(session.plan.totalBytes).toBe(Object.values(session.plan.byCategory).reduce((a, b) => a + b));
});
