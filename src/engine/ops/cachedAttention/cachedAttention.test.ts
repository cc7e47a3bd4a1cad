import { describe, expect, test } from 'vitest';
import { GraphBuilder } from '../../graph/builder.ts';
import { createOnnxSession } from '../../onnx/session.ts';
import { relativeError } from '../../testing/compare.ts';
import { openNodeGpu } from '../../testing/nodeGpu.ts';
import type { SessionMaker } from '../../testing/oneOp.ts';
import { normals } from '../../testing/packed.ts';
import { createWebGpuSession } from '../../webgpu/session.ts';
import { cachedAttention } from './op.ts';

const options = { heads: 4, keyHeads: 2, headSize: 8 };
const cacheWidth = 2 * 2 * 8;
const width = 8 * 8;
const cacheRows = 120;

interface Pass {
  readonly slots: readonly number[];
  readonly spans: readonly (readonly [number, number, number, number])[];
}

/** A prompt of 70 tokens in two passes, then two continuations that share it, in rows of their own that lie apart. */
const passes: readonly Pass[] = [
  {
    slots: Array.from({ length: 50 }, (_, t) => t),
    spans: Array.from({ length: 50 }, (_, t) => [0, 0, 0, t + 1] as const),
  },
  {
    slots: Array.from({ length: 20 }, (_, t) => 50 + t),
    spans: Array.from({ length: 20 }, (_, t) => [0, 50, 50, 51 + t] as const),
  },
  {
    slots: [80, 100],
    spans: [
      [0, 70, 80, 81],
      [0, 70, 100, 101],
    ],
  },
  {
    slots: [101, 81],
    spans: [
      [0, 70, 100, 102],
      [0, 70, 80, 82],
    ],
  },
];
const qkvOf = (pass: number, tokens: number) => normals(tokens * width, 30 + pass);

function graph() {
  const g = new GraphBuilder();
  const cache = g.parameter({
    name: 'cache',
    shape: [cacheRows, cacheWidth],
    group: 'cache',
    role: 'weight',
  });
  const o = g.one(
    cachedAttention(options),
    [
      g.input('qkv', ['T', width], 'f32'),
      cache,
      g.input('slots', ['T'], 'u32'),
      g.input('spans', ['T', 4], 'u32'),
    ],
    'o',
  );
  g.output('o', o);
  return g.build();
}

async function run(make: SessionMaker): Promise<Float32Array[]> {
  const built = graph();
  const capacity = { T: 50, B: 1, R: 1, K: 1, N: cacheRows };
  const session = await make({ training: built, inference: built, capacity });
  try {
    const outputs: Float32Array[] = [];
    for (const [i, { slots, spans }] of passes.entries()) {
      const tensors = new Map<string, Float32Array | Uint32Array>([
        ['qkv', qkvOf(i, slots.length)],
        ['slots', Uint32Array.from(slots)],
        ['spans', Uint32Array.from(spans.flat())],
      ]);
      const dims = { T: slots.length, B: 1, R: 1, K: 1, N: 1 + Math.max(...slots) };
      const { o } = Object.fromEntries(await session.infer({ dims, tensors, seed: 0, lossScale: 1 }));
      outputs.push(o ?? new Float32Array());
    }
    return outputs;
  } finally {
    session.dispose();
  }
}

/** The definition, in double precision, over a cache kept here. */
function reference(): Float32Array[] {
  const cache = new Float64Array(cacheRows * cacheWidth);
  return passes.map(({ slots, spans }, i) => {
    const qkv = qkvOf(i, slots.length);
    slots.forEach((slot, t) => cache.set(qkv.subarray(t * width + 32, (t + 1) * width), slot * cacheWidth));
    const o = new Float32Array(slots.length * 32);
    spans.forEach(([shared, sharedEnd, own, ownEnd], t) => {
      const rows = [
        ...Array.from({ length: sharedEnd - shared }, (_, k) => shared + k),
        ...Array.from({ length: ownEnd - own }, (_, k) => own + k),
      ];
      for (let h = 0; h < 4; h++) {
        const head = Math.floor(h / 2) * 8;
        const scores = rows.map((row) => {
          let a = 0;
          for (let d = 0; d < 8; d++)
            a += (qkv[t * width + h * 8 + d] as number) * (cache[row * cacheWidth + head + d] as number);
          return Math.exp(a / Math.sqrt(8));
        });
        const total = scores.reduce((a, b) => a + b, 0);
        for (let d = 0; d < 8; d++)
          o[t * 32 + h * 8 + d] = rows.reduce(
            (sum, row, k) =>
              sum + ((scores[k] as number) / total) * (cache[row * cacheWidth + 16 + head + d] as number),
            0,
          );
      }
    });
    return o;
  });
}

function assertEqual(outputs: readonly Float32Array[]): void {
  for (const [i, expected] of reference().entries())
    expect(relativeError(outputs[i] ?? [], expected), `pass ${i}`).toBeLessThan(1e-5);
}

test('the ONNX lowering reads the prompt once and what each continuation has of its own', async () => {
  assertEqual(await run(createOnnxSession));
});

test('a cache that does not outlive a pass is refused', () => {
  const g = new GraphBuilder();
  const inputs = [
    g.input('qkv', ['T', width], 'f32'),
    g.input('cache', [cacheRows, cacheWidth], 'f32'),
    g.input('slots', ['T'], 'u32'),
    g.input('spans', ['T', 4], 'u32'),
  ];
  expect(() => g.one(cachedAttention(options), inputs, 'o')).toThrow(/cachedAttention: cache/);
});

const { gpu } = await openNodeGpu();

describe.skipIf(!gpu)('attention over a cache on WebGPU', { timeout: 120_000 }, () => {
  test.each([true, false])('updates the cache in place, without barriers: %s', async (avoidsBarriers) => {
    if (!gpu) return;
    assertEqual(await run((made) => createWebGpuSession({ gpu, avoidsBarriers, ...made })));
  });
});
