import { describe, expect, test } from 'vitest';
import { GraphBuilder } from '../../graph/builder.ts';
import type { Tensor } from '../../graph/types.ts';
import { compareLowerings } from '../../testing/bothLowerings.ts';
import { openNodeGpu } from '../../testing/nodeGpu.ts';
import { normals, packedFeed, packedInputs } from '../../testing/packed.ts';
import { matmul } from '../matmul/op.ts';
import { attention } from './op.ts';

// Head sizes between the powers of two: 24 and 48 fill no chunk of a tile, 96 takes three groups of columns a lane. Forward and backward
// against the ONNX lowering, over sequences shorter than a tile, as long, and longer.
const tolerance = 3e-5;
const lengths = [33, 15, 1];
const basis = 5;
const plain = { transposeA: false, transposeB: false };

const { gpu, ...why } = await openNodeGpu();
const reason = 'reason' in why ? why.reason : '';

function graphOf(g: GraphBuilder, heads: number, headSize: number, isRelative: boolean): Tensor {
  const width = heads * headSize;
  const { segments, blocks } = packedInputs(g);
  const parameter = (name: string, shape: readonly number[]) =>
    g.parameter({ name, shape, group: 'test', role: 'weight' });
  const rows = (name: string, rowsOf: 'T' | 'R', columns: number) =>
    g.one(
      matmul(plain),
      [g.input(`basis.${rowsOf}`, [rowsOf, basis], 'f32'), parameter(name, [basis, columns])],
      `${name}.rows`,
    );
  const relative = isRelative ? { segments: true } : null;
  const form = attention({ heads, headSize, causal: false, rate: 0.1, salt: 4, relative });
  const qkv = rows('qkv', 'T', 3 * width);
  if (!isRelative) return g.one(form, [qkv, blocks], 'o');
  const biases = [parameter('biases', [3, width]), parameter('segmentEmbedding', [2, width])];
  return g.one(form, [qkv, rows('r', 'R', width), ...biases, segments, blocks], 'o');
}

const reach = Math.max(...lengths) + 3;
const { dims } = packedFeed({ lengths, reach });
const feed = packedFeed({
  lengths,
  seed: 7,
  reach,
  lossScale: 0.25,
  tensors: new Map([
    ['basis.T', normals(dims.T * basis, 11)],
    ['basis.R', normals(dims.R * basis, 12)],
  ]),
});

const forms = (['relative', 'absolute'] as const).flatMap((form) =>
  [
    { heads: 2, headSize: 24, kernels: 'without tiles' },
    { heads: 1, headSize: 48, kernels: 'without tiles' },
    // 96 has tiles on every device; 34, read a number at a time, has none on any.
    { heads: 1, headSize: 34, kernels: 'without tiles' },
    { heads: 2, headSize: 24, kernels: 'tiled' },
    { heads: 1, headSize: 48, kernels: 'tiled' },
    { heads: 1, headSize: 96, kernels: 'tiled' },
  ].map(({ heads, headSize, kernels }) => ({ form, heads, headSize, kernels })),
);

test.each([0, 129, 76.8])('heads of size %d are refused while building, by op and tensor', (headSize) => {
  for (const relative of [null, { segments: true }]) {
    const g = new GraphBuilder();
    const qkv = g.input('layer.3.qkv', ['T', 768], 'f32');
    const form = attention({ heads: 1, headSize, causal: false, rate: 0, salt: 1, relative });
    expect(() => g.one(form, [qkv, packedInputs(g).blocks], 'o')).toThrow(
      expect.objectContaining({
        code: 'shape-mismatch',
        message: expect.stringMatching(`^attention: layer\\.3\\.qkv has heads of size ${headSize}`),
      }),
    );
  }
});

describe.skipIf(!gpu)(`attention heads${gpu ? '' : ` (skipped: ${reason})`}`, { timeout: 400_000 }, () => {
  test.each(forms)('$form $heads × $headSize, $kernels', async ({ form, heads, headSize, kernels }) => {
    if (!gpu) return;
    const isRelative = form === 'relative';
    const found = await compareLowerings(
      gpu,
      (g) => graphOf(g, heads, headSize, isRelative),
      feed,
      kernels === 'without tiles',
    );
    const trained = isRelative ? ['qkv', 'r', 'biases', 'segmentEmbedding'] : ['qkv'];
    expect([...found.keys()].sort()).toEqual(
      ['loss', 'norm', 'result', ...trained.map((name) => `grad.${name}`)].sort(),
    );
    for (const [name, error] of found) expect(error, name).toBeLessThan(tolerance);
  });
});
