import type { Graph, Node, Tensor } from '../graph/types.ts';
import { forwardProducers, readByBackward, Rewrite, smallRow } from './rewrite.ts';
import { segmentsOf } from './segments.ts';

/**
 * What the backward pass computes again instead of finding it kept. `activations`: results of cheap ops (activation functions,
 * dropout) whose own inputs are kept anyway, one pass over memory each. `layers`: everything inside a layer but its input; about one
 * more forward pass (Chen et al. 2016, "Training deep nets with sublinear memory cost").
 */
export type Recompute = 'nothing' | 'activations' | 'layers';

/**
 * Rewrites a training graph so that what is not kept is made again just before the backward pass first reads it: the same ops on
 * the same inputs, dropout salts included, so gradients are the same bits on one device. Nothing is made twice in the backward
 * pass, and nothing that it does not read.
 */
export function recompute(graph: Graph, choice: Recompute): Graph {
  if (choice === 'nothing' || graph.backwardStart === graph.nodes.length) return graph;
  const producers = forwardProducers(graph);
  const isRemade = choice === 'layers' ? insideLayers(graph) : cheapAgain(graph, producers);
  const rewrite = new Rewrite(graph);
  const copies = new Map<number, Tensor>();

  const again = (tensor: Tensor): Tensor => {
    const producer = producers.get(tensor.id);
    if (!producer || !isRemade(tensor, producer)) return tensor;
    const known = copies.get(tensor.id);
    if (known) return known;
    const inputs = producer.inputs.map(again);
    const outputs = producer.outputs.map((output) => {
      const copy = rewrite.fresh({ ...output, name: `${output.name}.again` });
      copies.set(output.id, copy);
      return copy;
    });
    rewrite.append(producer.operation, inputs, outputs);
    return copies.get(tensor.id) ?? tensor;
  };

  graph.nodes.forEach(({ operation, inputs, outputs }, at) => {
    if (at === graph.backwardStart) rewrite.beginBackward();
    rewrite.append(operation, at < graph.backwardStart ? inputs : inputs.map(again), outputs);
  });
  return rewrite.finish();
}

type IsRemade = (tensor: Tensor, producer: Node) => boolean;

/**
 * A tensor stays that another layer reads, that has a name, or that is small (but not without the rest of what a sensitive op makes). The last layer and the head stay whole: their
 * backward pass comes first, when nothing of them could have been freed yet.
 */
function insideLayers(graph: Graph): IsRemade {
  const segments = segmentsOf(graph);
  const lastRemade = Math.max(0, ...segments) - 2;
  const crossing = new Set([...graph.outputs.values()].map(({ id }) => id));
  const madeIn = new Map<number, number>();
  graph.nodes.slice(0, graph.backwardStart).forEach(({ inputs, outputs }, at) => {
    const segment = segments[at] ?? 0;
    for (const { id } of inputs) if ((madeIn.get(id) ?? segment) !== segment) crossing.add(id);
    for (const { id } of outputs) madeIn.set(id, segment);
  });
  return (tensor, producer) =>
    (madeIn.get(tensor.id) ?? 0) <= lastRemade &&
    !crossing.has(tensor.id) &&
    (rowSize(tensor) > smallRow || producer.operation.isSensitive === true) &&
    producer.outputs.every(({ kind }) => kind === 'activation');
}

/** A cheap op's result that the backward pass reads, where what it is made from is there anyway. */
function cheapAgain(graph: Graph, producers: ReadonlyMap<number, Node>): IsRemade {
  const read = readByBackward(graph);
  const named = new Set([...graph.outputs.values()].map(({ id }) => id));
  const isThere = (tensor: Tensor): boolean => {
    const producer = producers.get(tensor.id);
    if (!producer) return true;
    return producer.operation.isCheap ? producer.inputs.every(isThere) : read.has(tensor.id);
  };
  return (tensor, producer) =>
    producer.operation.isCheap === true && !named.has(tensor.id) && producer.inputs.every(isThere);
}

function rowSize({ shape }: Tensor): number {
  return shape.reduce<number>((product, dim) => (typeof dim === 'number' ? product * dim : product), 1);
}
