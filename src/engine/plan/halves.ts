import type { Graph, Tensor } from '../graph/types.ts';
import { packHalf, unpackHalf } from '../ops/half/op.ts';
import { Rewrite, smallRow } from './rewrite.ts';

interface Crossing {
  readonly tensor: Tensor;
  /** Where it is packed: after its last forward use, or at once where a sensitive op reads it. */
  packedAfter: number;
  /** The forward pass, too, goes on with the rounded values. */
  isRounded: boolean;
  firstBackward: number | null;
}

/**
 * Stores what crosses from the forward to the backward pass in half precision: packed after the last forward use, unpacked before the
 * first backward use, so that the f32 tensor dies in between. Gradients see activations rounded to 11 bits. The forward pass keeps every
 * bit, but for what a sensitive op reads (attention's q, k, v): that is rounded before the op reads it, since its backward pass
 * subtracts sums over these values from sums over its outputs. Apply after `recompute`.
 */
export function storeHalves(graph: Graph): Graph {
  if (graph.backwardStart === graph.nodes.length) return graph;
  const crossings = [...crossingTensors(graph).values()].filter((c) => c.firstBackward !== null);
  const rewrite = new Rewrite(graph);
  const unpacked = new Map<number, Tensor>();
  const words = new Map<number, Tensor>();

  graph.nodes.forEach(({ operation, inputs, outputs }, at) => {
    if (at === graph.backwardStart) rewrite.beginBackward();
    for (const { tensor } of crossings.filter((c) => c.firstBackward === at)) {
      const packed = words.get(tensor.id);
      if (!packed) continue;
      const copy = rewrite.fresh({ ...tensor, name: `${tensor.name}.unpacked` });
      rewrite.append(unpackHalf(), [packed], [copy]);
      unpacked.set(tensor.id, copy);
    }
    rewrite.append(
      operation,
      inputs.map((tensor) => unpacked.get(tensor.id) ?? tensor),
      outputs,
    );
    for (const { tensor, isRounded } of crossings.filter((c) => c.packedAfter === at)) {
      const [spec] = packHalf().infer([tensor]);
      if (!spec) continue;
      const packed = rewrite.fresh({ name: `${tensor.name}.half`, shape: spec.shape, dtype: spec.dtype });
      rewrite.append(packHalf(), [tensor], [packed]);
      words.set(tensor.id, packed);
      if (!isRounded) continue;
      const rounded = rewrite.fresh({ ...tensor, name: `${tensor.name}.rounded` });
      rewrite.append(unpackHalf(), [packed], [rounded]);
      unpacked.set(tensor.id, rounded);
    }
  });
  return rewrite.finish();
}

/** Forward activations `[T, columns]` by number, and where they are last and first used on either side. */
function crossingTensors(graph: Graph): Map<number, Crossing> {
  const named = new Set([...graph.outputs.values()].map(({ id }) => id));
  const crossings = new Map<number, Crossing>();
  const madeAt = new Map<number, number>();
  graph.nodes.forEach(({ operation, inputs, outputs }, at) => {
    for (const { id } of inputs) {
      const crossing = crossings.get(id);
      if (!crossing) continue;
      if (at >= graph.backwardStart) crossing.firstBackward ??= at;
      else if (operation.isSensitive || crossing.isRounded) {
        crossing.isRounded = true;
        crossing.packedAfter = madeAt.get(id) ?? at;
      } else crossing.packedAfter = at;
    }
    if (at >= graph.backwardStart) return;
    for (const tensor of outputs) {
      if (operation.isSensitive || !isWideActivation(tensor) || named.has(tensor.id)) continue;
      madeAt.set(tensor.id, at);
      crossings.set(tensor.id, { tensor, packedAfter: at, isRounded: false, firstBackward: null });
    }
  });
  return crossings;
}

function isWideActivation({ kind, dtype, shape }: Tensor): boolean {
  const [rows, columns] = shape;
  return (
    kind === 'activation' &&
    dtype === 'f32' &&
    shape.length === 2 &&
    rows === 'T' &&
    typeof columns === 'number' &&
    columns > smallRow &&
    columns % 2 === 0
  );
}
