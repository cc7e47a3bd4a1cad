import { GraphBuilder } from '../graph/builder.ts';
import {
  elementCount,
  type Dims,
  type Graph,
  type Operation,
  type Shape,
  type Tensor,
} from '../graph/types.ts';
import { bceWithLogits } from '../ops/bceWithLogits/op.ts';
import type { EngineSession, Feed, HostArray } from '../session.ts';

export interface OneOpInput {
  readonly name: string;
  readonly shape: Shape;
  readonly data: HostArray;
}

/** Feeds of one-op graphs carry their op's inputs; sequences, where an op reads them, come from `packedFeed`. */
export interface OneOpCase {
  readonly operation: Operation;
  readonly inputs: readonly OneOpInput[];
  readonly feed: Feed;
}

function dtypeOf(data: HostArray): 'f32' | 'i32' | 'u32' {
  return data instanceof Float32Array ? 'f32' : data instanceof Int32Array ? 'i32' : 'u32';
}

/** The op alone; its outputs are named `out0`, `out1`, ... */
export function oneOpGraph({ operation, inputs }: Pick<OneOpCase, 'operation' | 'inputs'>): Graph {
  const builder = new GraphBuilder();
  const tensors = inputs.map(({ name, shape, data }): Tensor => builder.input(name, shape, dtypeOf(data)));
  builder.apply(operation, tensors, operation.name).forEach((tensor, i) => builder.output(`out${i}`, tensor));
  return builder.build();
}

/** The smallest training graph: a session needs one, whatever else is under test. */
export function idleTrainingGraph(): Graph {
  const builder = new GraphBuilder();
  const logits = builder.input('idle.logits', ['B', 1], 'f32');
  const [loss] = builder.apply(
    bceWithLogits(),
    [logits, builder.input('idle.targets', ['B', 1], 'f32')],
    'loss',
  );
  if (loss) builder.output('loss', loss);
  return builder.build();
}

/** Makes a session of either lowering. */
export type SessionMaker = (options: {
  readonly training: Graph;
  readonly inference: Graph;
  readonly capacity: Dims;
}) => Promise<EngineSession>;

/** Runs one op on one lowering and returns its outputs in order. */
export async function runOneOp(make: SessionMaker, oneOp: OneOpCase): Promise<Float32Array[]> {
  const { feed, inputs } = oneOp;
  for (const { name, shape, data } of inputs) {
    const expected = elementCount(shape, feed.dims);
    if (data.length !== expected) throw new Error(`${name} holds ${data.length} elements, not ${expected}`);
  }
  const session = await make({
    training: idleTrainingGraph(),
    inference: oneOpGraph(oneOp),
    capacity: feed.dims,
  });
  try {
    const tensors = new Map([...feed.tensors, ...inputs.map(({ name, data }) => [name, data] as const)]);
    const outputs = await session.infer({ ...feed, tensors });
    return Array.from({ length: outputs.size }, (_, i) => outputs.get(`out${i}`) as Float32Array);
  } finally {
    session.dispose();
  }
}

/** An op's case from (name, shape, data) of its inputs. */
export function caseOf(
  operation: Operation,
  feed: Feed,
  inputs: readonly (readonly [name: string, shape: Shape, data: HostArray])[],
): OneOpCase {
  return { operation, feed, inputs: inputs.map(([name, shape, data]) => ({ name, shape, data })) };
}
