import { describe, expect, test } from 'vitest';
import { GraphBuilder } from '../../graph/builder.ts';
import { createOnnxSession } from '../../onnx/session.ts';
import { relativeError } from '../../testing/compare.ts';
import { openNodeGpu } from '../../testing/nodeGpu.ts';
import type { SessionMaker } from '../../testing/oneOp.ts';
import { normals } from '../../testing/packed.ts';
import { createWebGpuSession } from '../../webgpu/session.ts';
import { add } from '../add/op.ts';
import { addBias } from '../addBias/op.ts';
import { withFewRows } from './fewRows.ts';
import { matmul } from './op.ts';

const width = 36;

/** A product with bias and residual, square on purpose: what is transposed must not be guessed from sizes. */
function graph() {
  const g = new GraphBuilder();
  const parameter = (name: string, shape: readonly number[]) =>
    g.parameter({ name, shape, group: 'all', role: 'weight' });
  const x = g.input('x', ['T', width], 'f32');
  const linear = (name: string, transposeB: boolean) =>
    g.one(
      addBias(),
      [
        g.one(
          matmul({ transposeA: false, transposeB }),
          [x, parameter(name, [width, width])],
          `${name}.product`,
        ),
        parameter(`${name}.bias`, [width]),
      ],
      `${name}.biased`,
    );
  g.output('y', g.one(add(), [linear('w', true), x], 'y'));
  g.output('z', linear('v', false));
  return g.build();
}

const rowCounts = [1, 6, 9];

/** Outputs for each number of rows, by one session. */
async function run(make: SessionMaker): Promise<readonly Float32Array[]> {
  const built = graph();
  const session = await make({ training: built, inference: built, capacity: { T: 40, B: 1, R: 1, K: 1 } });
  try {
    for (const [i, { tensor, shape }] of session.parameters.entries()) {
      const count = shape.reduce((a, b) => a * b, 1);
      await session.write('parameter', tensor.name, normals(count, 50 + i));
    }
    const all: Float32Array[] = [];
    for (const rows of rowCounts) {
      const tensors = new Map([['x', normals(rows * width, rows)]]);
      const dims = { T: rows, B: 1, R: 1, K: 1 };
      all.push(...(await session.infer({ dims, tensors, seed: 0, lossScale: 1 })).values());
    }
    return all;
  } finally {
    session.dispose();
  }
}

test('only products with a weight that is stored outputs first get the kernel', () => {
  const plain = graph();
  const changed = withFewRows(plain);
  const isChanged = changed.nodes.map((node, i) => node.operation !== plain.nodes[i]?.operation);
  expect(changed.nodes.filter((_, i) => isChanged[i]).map(({ outputs }) => outputs[0]?.name)).toEqual([
    'w.product',
  ]);
});

const { gpu } = await openNodeGpu();

describe.skipIf(!gpu)('products of few rows on WebGPU', { timeout: 240_000 }, () => {
  test.each([true, false])(
    'equal the ONNX lowering for any number of rows, without barriers: %s',
    async (avoidsBarriers) => {
      if (!gpu) return;
      const expected = await run(createOnnxSession);
      const actual = await run(({ training, inference, capacity }) =>
        createWebGpuSession({ gpu, avoidsBarriers, training, capacity, inference: withFewRows(inference) }),
      );
      for (const [i, values] of expected.entries())
        expect(relativeError(actual[i] ?? [], values), `output ${i}`).toBeLessThan(1e-5);
    },
  );
});
