import { differentiate } from '../../src/engine/graph/autodiff.ts';
import { GraphBuilder } from '../../src/engine/graph/builder.ts';
import type { Graph, Tensor } from '../../src/engine/graph/types.ts';
import { addBias } from '../../src/engine/ops/addBias/op.ts';
import { attention } from '../../src/engine/ops/attention/op.ts';
import { bceWithLogits } from '../../src/engine/ops/bceWithLogits/op.ts';
import { nodeFlops } from '../../src/engine/plan/estimate.ts';
import { idleTrainingGraph } from '../../src/engine/testing/oneOp.ts';
import { normals, packedFeed } from '../../src/engine/testing/packed.ts';
import type { GpuDevice } from '../../src/engine/webgpu/device.ts';
import { createWebGpuSession } from '../../src/engine/webgpu/session.ts';
import { median } from './open.ts';

export interface MeasuredAttention {
  readonly form: 'relative' | 'absolute';
  readonly heads: number;
  readonly headSize: number;
  readonly sequences: number;
  readonly length: number;
  /** Forward and backward, with the loss that drives them and the wait for it. */
  readonly medianMs: number;
  readonly gflops: number;
  readonly activationBytes: number;
}

/** One layer's attention, forward and backward, over equal sequences. */
export async function measureAttention(
  gpu: GpuDevice,
  form: MeasuredAttention['form'],
  size: {
    readonly heads: number;
    readonly headSize: number;
    readonly sequences: number;
    readonly length: number;
  },
  rounds: number,
): Promise<MeasuredAttention> {
  const { heads, headSize, sequences, length } = size;
  const width = heads * headSize;
  const graph = attentionGraph(form === 'relative', heads, headSize);
  const { dims, tensors } = packedFeed({ lengths: Array<number>(sequences).fill(length) });
  const session = await createWebGpuSession({
    gpu,
    training: graph,
    inference: idleTrainingGraph(),
    capacity: dims,
    avoidsBarriers: false,
  });
  try {
    const feed = {
      dims,
      seed: 1,
      lossScale: 1 / (dims.T * width),
      tensors: new Map([
        ...tensors,
        ['qkv', normals(dims.T * 3 * width, 1)],
        ['r', normals(dims.R * width, 2)],
        ['targets', new Float32Array(dims.T * width)],
      ] as const),
    };
    const times: number[] = [];
    for (let round = 0; round < rounds + 1; round++) {
      const startedAt = performance.now();
      await session.step([feed], null);
      // The first step uploads the inputs.
      if (round > 0) times.push(performance.now() - startedAt);
    }
    const flops = graph.nodes.reduce((sum, node) => sum + nodeFlops(node, dims), 0);
    const medianMs = median(times);
    return {
      form,
      ...size,
      medianMs,
      gflops: flops / medianMs / 1e6,
      activationBytes: session.plan.byCategory['activations'] ?? 0,
    };
  } finally {
    session.dispose();
  }
}

function attentionGraph(isRelative: boolean, heads: number, headSize: number): Graph {
  const width = heads * headSize;
  const g = new GraphBuilder();
  // A bias of zeros makes q, k, v and r things that a parameter reaches, so that their gradients are formed.
  const read = (name: string, rows: 'T' | 'R', columns: number): Tensor => {
    const zero = g.parameter({ name: `${name}.zero`, shape: [columns], group: 'zeros', role: 'bias' });
    return g.one(addBias(), [g.input(name, [rows, columns], 'f32'), zero], `${name}.read`);
  };
  const parameter = (name: string, rows: number) =>
    g.parameter({ name, shape: [rows, width], group: 'biases', role: 'weight' });
  const relative = isRelative
    ? [
        read('r', 'R', width),
        parameter('biases', 3),
        parameter('segmentEmbedding', 2),
        g.input('segments', ['T'], 'i32'),
      ]
    : [];
  const inputs = [read('qkv', 'T', 3 * width), ...relative, g.input('blocks', ['K', 4], 'u32')];
  const form = {
    heads,
    headSize,
    causal: false,
    rate: 0,
    salt: 0,
    relative: isRelative ? { segments: true } : null,
  };
  const [loss] = g.apply(
    bceWithLogits(),
    [g.one(attention(form), inputs, 'o'), g.input('targets', ['T', width], 'f32')],
    'loss',
  );
  if (!loss) throw new Error('bceWithLogits has no loss');
  g.output('loss', loss);
  differentiate(g, loss);
  return g.build();
}
