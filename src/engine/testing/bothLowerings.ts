import { differentiate } from '../graph/autodiff.ts';
import { GraphBuilder } from '../graph/builder.ts';
import { elementCount, type Tensor } from '../graph/types.ts';
import { bceWithLogits } from '../ops/bceWithLogits/op.ts';
import { createOnnxSession } from '../onnx/session.ts';
import type { EngineSession, Feed } from '../session.ts';
import type { GpuDevice } from '../webgpu/device.ts';
import { createWebGpuSession } from '../webgpu/session.ts';
import { idleTrainingGraph } from './oneOp.ts';
import { normals } from './packed.ts';

/** Names and relative errors of everything that a graph computes on WebGPU against its ONNX lowering. */
export type Disagreement = ReadonlyMap<string, number>;

/**
 * Builds `bceWithLogits(build(graph), random targets)`, trains nothing, and compares output, loss and every parameter's gradient
 * of one micro-batch fed twice (so that sums over micro-batches are compared too). `avoidsBarriers` chooses the kernels;
 * default: the device's own.
 */
export async function compareLowerings(
  gpu: GpuDevice,
  build: (graph: GraphBuilder) => Tensor,
  feed: Feed,
  avoidsBarriers?: boolean,
): Promise<Disagreement> {
  const builder = new GraphBuilder();
  const result = build(builder);
  builder.output('result', result);
  const [loss] = builder.apply(
    bceWithLogits(),
    [result, builder.input('checkTargets', result.shape, 'f32')],
    'loss',
  );
  if (!loss) throw new Error('bceWithLogits has no loss');
  builder.output('loss', loss);
  differentiate(builder, loss);
  const training = builder.build();
  const targets = normals(elementCount(result.shape, feed.dims), 77).map((x) => (x > 0 ? 1 : 0));
  const fed: Feed = { ...feed, tensors: new Map([...feed.tensors, ['checkTargets', targets]]) };

  const options = { training, inference: idleTrainingGraph(), capacity: feed.dims };
  const [ours, oracle] = [
    await createWebGpuSession({
      gpu,
      ...options,
      ...(avoidsBarriers === undefined ? {} : { avoidsBarriers }),
    }),
    await createOnnxSession(options),
  ];
  try {
    const run = async (session: EngineSession) => {
      for (const [i, { tensor, shape }] of session.parameters.entries()) {
        await session.write(
          'parameter',
          tensor.name,
          normals(
            shape.reduce((a, b) => a * b, 1),
            100 + i,
            0.5,
          ),
        );
      }
      const outcome = await session.step([fed, { ...fed, tensors: new Map(fed.tensors) }], null);
      const values = new Map([
        ['loss', Float32Array.of(outcome.loss)],
        ['norm', Float32Array.of(outcome.gradientNorm)],
        ['result', await session.trainingOutput('result')],
      ]);
      for (const name of session.trained) values.set(`grad.${name}`, await session.read('gradient', name));
      return values;
    };
    const expected = await run(oracle);
    const actual = await run(ours);
    // A gradient that is zero in exact arithmetic is rounding in both: errors count against the whole gradient's size too.
    const floor = 0.01 * (expected.get('norm')?.[0] ?? 0);
    return new Map([...expected].map(([name, values]) => [name, errorOf(actual.get(name), values, floor)]));
  } finally {
    ours.dispose();
    oracle.dispose();
  }
}

/** Largest difference over the largest magnitude, or over `floor` where that is larger; NaN counts as infinite. */
function errorOf(actual: Float32Array | undefined, expected: Float32Array, floor: number): number {
  if (actual?.length !== expected.length) return Number.POSITIVE_INFINITY;
  let difference = 0;
  let magnitude = floor;
  for (let i = 0; i < expected.length; i++) {
    const gap = Math.abs((actual[i] as number) - (expected[i] as number));
    if (!(gap <= difference)) difference = Number.isNaN(gap) ? Number.POSITIVE_INFINITY : gap;
    magnitude = Math.max(magnitude, Math.abs(expected[i] as number));
  }
  return difference / magnitude;
}
