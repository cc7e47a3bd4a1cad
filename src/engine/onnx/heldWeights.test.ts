import { expect, test } from 'vitest';
import { GraphBuilder } from '../graph/builder.ts';
import { addBias } from '../ops/addBias/op.ts';
import { matmul } from '../ops/matmul/op.ts';
import { relativeError } from '../testing/compare.ts';
import { normals } from '../testing/packed.ts';
import { createOnnxSession } from './session.ts';

function graph() {
  const g = new GraphBuilder();
  const parameter = (name: string, shape: readonly number[]) =>
    g.parameter({ name, shape, group: 'all', role: 'weight' });
  const product = g.one(
    matmul({ transposeA: false, transposeB: true }),
    [g.input('x', ['T', 6], 'f32'), parameter('w', [5, 6])],
    'product',
  );
  g.output('y', g.one(addBias(), [product, parameter('b', [5])], 'y'));
  return g.build();
}

const capacity = { T: 4, B: 1, R: 1, K: 1 };
const x = normals(12, 1);
const feed = { dims: { ...capacity, T: 2 }, tensors: new Map([['x', x]]), seed: 0, lossScale: 1 };

/** `x wᵀ + b`. */
function expected(w: Float32Array, b: Float32Array): Float32Array {
  return Float32Array.from({ length: 10 }, (_, i) => {
    const [row, column] = [Math.floor(i / 5), i % 5];
    let sum = b[column] as number;
    for (let k = 0; k < 6; k++) sum += (x[row * 6 + k] as number) * (w[column * 6 + k] as number);
    return sum;
  });
}

test('weights that the runtime holds are those written last, before the first run or between two', async () => {
  const built = graph();
  const session = await createOnnxSession({
    training: built,
    inference: built,
    capacity,
    holdsWeights: true,
  });
  try {
    const [w, b] = [normals(30, 2), normals(5, 3)];
    await session.write('parameter', 'w', w);
    await session.write('parameter', 'b', b);
    const first = (await session.infer(feed)).get('y') ?? [];
    expect(relativeError(first, expected(w, b))).toBeLessThan(1e-6);
    const other = normals(30, 4);
    await session.write('parameter', 'w', other);
    const second = (await session.infer(feed)).get('y') ?? [];
    expect(relativeError(second, expected(other, b))).toBeLessThan(1e-6);
    expect(await session.read('parameter', 'w')).toEqual(other);
    await expect(session.step([feed], null)).rejects.toMatchObject({ code: 'graph-invalid' });
  } finally {
    session.dispose();
  }
});
