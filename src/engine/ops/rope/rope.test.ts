import { describe, expect, test } from 'vitest';
import { compareLowerings } from '../../testing/bothLowerings.ts';
import { verdict, worstGradientError } from '../../testing/gradientCheck.ts';
import { openNodeGpu } from '../../testing/nodeGpu.ts';
import { caseOf, runOneOp } from '../../testing/oneOp.ts';
import { normals, packedFeed } from '../../testing/packed.ts';
import type { GraphBuilder } from '../../graph/builder.ts';
import { createOnnxSession } from '../../onnx/session.ts';
import { matmul } from '../matmul/op.ts';
import { rope, type RopeOptions } from './op.ts';

const grouped = { heads: 4, keyHeads: 2, headSize: 6 };
const width = 8 * 6;
/** cos, then sin, of three angles a row. */
const rotations = Float32Array.from({ length: 10 * 6 }, (_, i) => {
  const angle = Math.floor(i / 6) / 10 ** (i % 3);
  return i % 6 < 3 ? Math.cos(angle) : Math.sin(angle);
});
const feed = packedFeed({
  lengths: [6, 4],
  tensors: new Map([
    ['basis', normals(30, 3)],
    ['rotations', rotations],
  ]),
});

const build = (options: RopeOptions) => (g: GraphBuilder) => {
  const weight = g.parameter({ name: 'x', shape: [3, width], group: 'all', role: 'weight' });
  const x = g.one(
    matmul({ transposeA: false, transposeB: false }),
    [g.input('basis', ['T', 3], 'f32'), weight],
    'x.rows',
  );
  return g.one(rope(options), [x, g.input('rotations', ['T', 6], 'f32')], 'turned');
};

/** transformers: `x cos + rotate_half(x) sin` with both halves of cos and sin alike. */
function reference(x: Float32Array, t: number, head: number, d: number): number {
  const at = (k: number) => x[(t * 8 + head) * 6 + k] as number;
  if (head >= 6) return at(d);
  const angle = (k: number) => rotations[t * 6 + k] as number;
  return d < 3 ? at(d) * angle(d) - at(d + 3) * angle(d + 3) : at(d) * angle(d - 3) + at(d - 3) * angle(d);
}

test('q and k turn, v stays, and each key head is repeated for the queries it serves', async () => {
  const x = normals(10 * width, 7);
  const run = async (expand: boolean) =>
    (
      await runOneOp(
        createOnnxSession,
        caseOf(rope({ ...grouped, expand }), feed, [
          ['qkv', ['T', width], x],
          ['rotations', ['T', 6], rotations],
        ]),
      )
    )[0] as Float32Array;
  const [kept, expanded] = [await run(false), await run(true)];
  const order = [0, 1, 2, 3, 4, 4, 5, 5, 6, 6, 7, 7];
  for (let t = 0; t < 10; t++)
    for (let d = 0; d < 6; d++) {
      for (let head = 0; head < 8; head++)
        expect(kept[(t * 8 + head) * 6 + d]).toBeCloseTo(reference(x, t, head, d), 5);
      order.forEach((head, place) =>
        expect(expanded[(t * 12 + place) * 6 + d]).toBeCloseTo(reference(x, t, head, d), 5),
      );
    }
});

test.each([true, false])('gradients agree with finite differences, expanded: %s', async (expand) => {
  const worst = await worstGradientError({ build: build({ ...grouped, expand }), feed });
  expect(verdict(worst, 1e-6)).toBe('agrees');
});

test('impossible heads are refused by name', () => {
  expect(() => rope({ heads: 4, keyHeads: 3, headSize: 6, expand: true })).toThrow(/3 key heads/);
  expect(() => rope({ heads: 4, keyHeads: 2, headSize: 5, expand: true })).toThrow(/odd/);
});

const { gpu } = await openNodeGpu();

describe.skipIf(!gpu)('rotary positions on WebGPU', { timeout: 240_000 }, () => {
  test.each([true, false])('agree with the ONNX lowering, expanded: %s', async (expand) => {
    if (!gpu) return;
    for (const [name, error] of await compareLowerings(gpu, build({ ...grouped, expand }), feed))
      expect(error, name).toBeLessThan(1e-5);
  });
});
