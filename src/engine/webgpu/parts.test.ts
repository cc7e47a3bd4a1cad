import { describe, expect, test } from 'vitest';
import { differentiate } from '../graph/autodiff.ts';
import { GraphBuilder } from '../graph/builder.ts';
import type { Graph } from '../graph/types.ts';
import { add } from '../ops/add/op.ts';
import { bceWithLogits } from '../ops/bceWithLogits/op.ts';
import { dropout } from '../ops/dropout/op.ts';
import { embedding } from '../ops/embedding/op.ts';
import { layerNorm } from '../ops/layerNorm/op.ts';
import { matmul } from '../ops/matmul/op.ts';
import { takeRows } from '../ops/takeRows/op.ts';
import { updateByLayer } from '../plan/byLayer.ts';
import { planMemory } from '../plan/plan.ts';
import { rowParts } from '../plan/parts.ts';
import type { AdamWStep, EngineSession, Feed, StateOf } from '../session.ts';
import { openNodeGpu } from '../testing/nodeGpu.ts';
import { normals, packedFeed, packedInputs } from '../testing/packed.ts';
import { fillParameters } from '../testing/tinyModel.ts';
import { createWebGpuSession } from './session.ts';

const { gpu, ...why } = await openNodeGpu();
const reason = 'reason' in why ? why.reason : '';

const capacity = { T: 48, B: 4, R: 64, K: 8 };
const width = 36;
const labels = 2;
/** Runs of 4,096 rows of 144 bytes are whole chunks of the gradient's norm; so one binding holds a third of the table. */
const limit = 4096 * 144 + 40_000;
const rows = 9000;

interface Choices {
  readonly training?: boolean;
  readonly trainsTable?: boolean;
  readonly tied?: boolean;
}

/** Words and positions, normed; a head over each sequence's last token, or over all words (`tied`). */
function graphOf({ training = true, trainsTable = true, tied = false }: Choices = {}): Graph {
  const g = new GraphBuilder();
  const { ids, order, summaryRows } = packedInputs(g);
  const parameter = (name: string, shape: readonly number[], role: 'weight' | 'norm' = 'weight') =>
    g.parameter({ name, shape, group: 'embedding', role });
  const table = parameter('words', [rows, width]);
  const words = g.one(embedding(), [table, ids, order], 'embedded');
  const places = g.one(
    embedding(),
    [
      parameter('positions', [300, width]),
      g.input('places', ['T'], 'i32'),
      g.input('placeOrder', ['T'], 'u32'),
    ],
    'placed',
  );
  const summed = g.one(add(), [words, places], 'summed');
  const dropped = training ? g.one(dropout({ rate: 0.2, salt: 3 }), [summed], 'dropped') : summed;
  const norm = g.one(
    layerNorm(1e-5),
    [dropped, parameter('gamma', [width], 'norm'), parameter('beta', [width], 'norm')],
    'normed',
  );
  const taken = g.one(takeRows(), [norm, summaryRows], 'taken');
  const weight = tied
    ? table
    : g.parameter({ name: 'head', shape: [labels, width], group: 'head', role: 'weight' });
  const logits = g.one(matmul({ transposeA: false, transposeB: true }), [taken, weight], 'logits');
  g.output('logits', logits);
  if (!training) return g.build();
  const loss = g.one(
    bceWithLogits(),
    [logits, g.input('targets', ['B', tied ? rows : labels], 'f32')],
    'loss',
  );
  g.output('loss', loss);
  differentiate(g, loss, ({ tensor }) => trainsTable || tensor.name !== 'words');
  return g.build();
}

function feedOf(seed: number): Feed {
  const lengths = [9, 20, 13];
  const feed = packedFeed({ lengths, seed, vocabulary: rows, lossScale: 1 / 6 });
  // The borders of all parts, one of them twice.
  const ids = Int32Array.from(feed.tensors.get('ids') ?? []);
  ids.set([0, 4095, 4096, 8191, 8192, rows - 1, 4096]);
  const orderOf = (values: Int32Array) =>
    Uint32Array.from(values.keys()).sort((a, b) => (values[a] ?? 0) - (values[b] ?? 0) || a - b);
  const places = Int32Array.from(ids.keys());
  const targets = normals(lengths.length * labels, seed).map((value) => (value > 0 ? 1 : 0));
  return {
    ...feed,
    tensors: new Map([
      ...feed.tensors,
      ['ids', ids],
      ['order', orderOf(ids)],
      ['places', places],
      ['placeOrder', orderOf(places)],
      ['targets', targets],
    ]),
  };
}

const adamW = (step: number, decay: AdamWStep['decay']): AdamWStep => ({
  step,
  learningRate: 1e-2,
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
  weightDecay: 0.01,
  decay,
  clipNorm: 0.05,
});

async function open(choices: Choices, maxBindingBytes?: number, isFused = true) {
  if (!gpu) throw new Error(reason);
  const session = await createWebGpuSession({
    gpu,
    training: graphOf(choices),
    inference: graphOf({ ...choices, training: false }),
    capacity,
    isFused,
    ...(maxBindingBytes === undefined ? {} : { maxBindingBytes }),
  });
  await fillParameters(session);
  return session;
}

/** Steps of two micro-batches each; then losses, norms, logits and everything that is kept, as bits. */
async function run(session: EngineSession, decay: AdamWStep['decay']): Promise<Map<string, Uint32Array>> {
  const found = new Map<string, Uint32Array>();
  const put = (name: string, values: Float32Array) => found.set(name, new Uint32Array(values.slice().buffer));
  for (let step = 1; step <= 4; step++) {
    const { loss, gradientNorm } = await session.step([feedOf(step), feedOf(step + 50)], adamW(step, decay));
    put(`step ${step}`, Float32Array.of(loss, gradientNorm));
  }
  for (const { tensor } of session.parameters) {
    const states: readonly StateOf[] = session.trained.has(tensor.name)
      ? ['parameter', 'gradient', 'firstMoment', 'secondMoment']
      : ['parameter'];
    for (const of of states) put(`${of} of ${tensor.name}`, await session.read(of, tensor.name));
  }
  put('logits', (await session.infer(feedOf(9))).get('logits') ?? new Float32Array());
  return found;
}

describe.skipIf(!gpu)(`tables in parts${gpu ? '' : ` (skipped: ${reason})`}`, { timeout: 240_000 }, () => {
  test.each([
    ['fused, decay by role', {}, 'no-bias-no-norm', true],
    ['unfused, decay for all', {}, 'all', false],
    ['a frozen table', { trainsTable: false }, 'no-bias-no-norm', true],
  ] as const)(
    '%s: steps, state and answers have the bits of the whole table',
    async (_, choices, decay, isFused) => {
      const [whole, parts] = [await open(choices, undefined, isFused), await open(choices, limit, isFused)];
      try {
        const [expected, found] = [await run(whole, decay), await run(parts, decay)];
        expect(expected.get('parameter of words')?.length).toBe(rows * width);
        const differing = [...expected].filter(([name, bits]) => {
          const other = found.get(name);
          return bits.length !== other?.length || bits.some((value, i) => value !== other[i]);
        });
        expect(differing.map(([name]) => name)).toEqual([]);
        const before = normals(rows * width, 1000, 0.4);
        const after = new Float32Array(expected.get('parameter of words')?.buffer as ArrayBuffer);
        // Decay alone moves every row; a frozen table stays.
        expect(before.some((value, i) => value !== after[i])).toBe(!('trainsTable' in choices));
        // Two tables are gathered and scattered; only the large one costs dispatches, two of each kind, and an update and a norm an arena.
        const added = parts.plan.dispatches - whole.plan.dispatches;
        expect(added).toBe('trainsTable' in choices ? 2 : 2 + 2 + 2 * 2);
      } finally {
        whole.dispose();
        parts.dispose();
      }
    },
  );

  test('a table in parts is updated by layer to the bits of the whole one at the end', async () => {
    const state = async (training: Graph, maxBindingBytes?: number) => {
      if (!gpu) throw new Error(reason);
      const session = await createWebGpuSession({
        gpu,
        training,
        inference: graphOf({ training: false }),
        capacity,
        ...(maxBindingBytes === undefined ? {} : { maxBindingBytes }),
      });
      try {
        await fillParameters(session);
        for (const step of [1, 2]) await session.step([feedOf(step)], adamW(step, 'no-bias-no-norm'));
        const kept = ['parameter', 'firstMoment', 'secondMoment'] as const;
        const read = kept.flatMap((of) =>
          session.parameters.map(async ({ tensor }) => (await session.read(of, tensor.name)).slice()),
        );
        return await Promise.all(read);
      } finally {
        session.dispose();
      }
    };
    expect(await state(updateByLayer(graphOf(), true), limit)).toEqual(await state(graphOf()));
  });

  test('a value that is not a number is found in any part', async () => {
    const session = await open({}, limit);
    try {
      const words = await session.read('parameter', 'words');
      words[8192 * width + 5] = Number.NaN;
      await session.write('parameter', 'words', words);
      await expect(session.step([feedOf(1)], adamW(1, 'all'))).rejects.toMatchObject({
        code: 'loss-not-finite',
        details: { tensor: 'words', microBatch: null },
      });
    } finally {
      session.dispose();
    }
  });
});

describe('plans of tables in parts', () => {
  const plan = (choices: Choices, maxBindingBytes: number) =>
    planMemory({
      training: graphOf(choices),
      inference: graphOf({ ...choices, training: false }),
      capacity,
      maxBindingBytes,
    });

  test('parts begin where chunks of the norm do, and no arena is larger than a binding', () => {
    const { groups, parameters, byCategory } = plan({}, limit);
    expect(parameters.get('words')?.map(({ byteLength }) => byteLength / 144)).toEqual([4096, 4096, 808]);
    expect(parameters.get('positions')?.length).toBe(1);
    expect(groups.map(({ name }) => name)).toEqual(['embedding', 'embedding, 2', 'embedding, 3', 'head']);
    for (const { byteLength } of groups) expect(byteLength).toBeLessThanOrEqual(limit);
    const whole = plan({}, 2 ** 27);
    expect(whole.groups.map(({ name }) => name)).toEqual(['embedding', 'head']);
    // All in the same order, so nothing but gaps could differ; here there are none.
    expect(byCategory).toEqual(whole.byCategory);
  });

  test('a group of many tensors is dealt to several arenas', () => {
    const { groups, parameters } = plan({}, rows * 144 + 256);
    expect(parameters.get('words')?.length).toBe(1);
    expect(parameters.get('positions')).toEqual([{ group: 'embedding, 2', offset: 0, byteLength: 43_200 }]);
    expect(groups[0]?.decayedBytes).toBe(groups[0]?.byteLength);
    expect(groups[1]?.trainedBytes).toBeGreaterThan(groups[1]?.decayedBytes ?? 0);
  });

  test('gaps in front of parts count towards no arena that ends there', () => {
    // Positions first, words behind them: a part would begin at the next chunk, past the binding's end.
    const g = new GraphBuilder();
    const { ids, order } = packedInputs(g);
    const tables = [300, rows].map((size) =>
      g.parameter({ name: `table.${size}`, shape: [size, width], group: 'tables', role: 'weight' }),
    );
    const [few, many] = tables.map((table) => g.one(embedding(), [table, ids, order], `${table.name}.rows`));
    if (few && many) g.output('sum', g.one(add(), [few, many], 'sum'));
    const graph = g.build();
    const { groups, parameters } = planMemory({
      training: graph,
      inference: graph,
      capacity,
      maxBindingBytes: limit,
    });
    for (const { byteLength } of groups) expect(byteLength).toBeLessThanOrEqual(limit);
    expect(groups[0]?.byteLength).toBe(Math.ceil((300 * 144) / 256) * 256);
    for (const { offset } of parameters.get(`table.${rows}`) ?? []) expect(offset % 65_536).toBe(0);
  });

  test('where a product reads the table, it is refused by name, with what is needed and granted', () => {
    expect(() => plan({ tied: true }, limit)).toThrow(
      expect.objectContaining({
        code: 'limit-too-small',
        details: { tensor: 'words', operation: 'matmul', needed: rows * 144, granted: limit },
      }),
    );
  });

  test('rows: whole, by chunks, by what WebGPU can bind, or not at all', () => {
    expect(rowParts([50265, 768], 2 ** 31 - 4)?.length).toBe(1);
    expect(rowParts([50265, 768], 2 ** 27)?.map(({ begin, end }) => end - begin)).toEqual([43648, 6617]);
    const [first, second] = rowParts([250002, 1024], 2 ** 27) ?? [];
    expect(first?.byteLength).toBe(2 ** 27);
    expect(second?.begin).toBe(2 ** 15);
    expect(rowParts([100, 32], 4096)?.map(({ begin }) => begin)).toEqual([0, 32, 64, 96]);
    expect(rowParts([3, 2000], 4096)).toBeNull();
  });
});
