import type { Graph, Node, Tensor } from '../graph/types.ts';
import { fuse } from './fusion/fuse.ts';
import { normsInOperands } from './fusion/norms.ts';
import type { KernelEnvironment } from './kernel.ts';

/**
 * The graph as WebGPU runs it, from the one that the plan's choices have left: norms' outputs that the backward pass need not find stored
 * left out (on cards: where operands are read often, from registers, forming them anew would cost), scratch of this device's kernels added,
 * pointwise nodes fused. Memory is planned on the result, so planned and allocated bytes agree.
 */
export function lowerToWebGpu(graph: Graph, environment: KernelEnvironment, isFused = true): Graph {
  const lean = environment.avoidsBarriers ? graph : normsInOperands(graph);
  const ready = withScratch(lean, environment);
  return isFused ? fuse(ready) : ready;
}

function withScratch(graph: Graph, environment: KernelEnvironment): Graph {
  const tensors = [
    ...graph.inputs,
    ...graph.parameters.map(({ tensor }) => tensor),
    ...graph.nodes.flatMap((node) => [...node.inputs, ...node.outputs]),
  ];
  let id = tensors.reduce((most, tensor) => Math.max(most, tensor.id), -1) + 1;
  const nodes = graph.nodes.map((node): Node => {
    const specs = node.operation.scratch?.(node, environment) ?? [];
    if (specs.length === 0) return node;
    const scratch = specs.map((spec): Tensor => ({
      id: id++,
      name: `${node.outputs[0]?.name ?? node.operation.name}.${spec.suffix ?? 'scratch'}`,
      shape: spec.shape,
      dtype: spec.dtype,
      kind: 'activation',
    }));
    return { ...node, outputs: [...node.outputs, ...scratch] };
  });
  return { ...graph, nodes };
}
