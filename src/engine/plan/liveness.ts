import { elementCount, type Dims, type Graph, type Tensor } from '../graph/types.ts';

/** When an activation is needed: from the node that makes it to the last that reads it, by position in the graph. */
export interface Lifetime {
  readonly tensor: Tensor;
  readonly byteLength: number;
  readonly first: number;
  readonly last: number;
}

/** WebGPU binds at multiples of this. */
export const alignment = 256;

export function aligned(bytes: number): number {
  return Math.ceil(bytes / alignment) * alignment;
}

/** Lifetimes of all activations at the plan's capacity; named outputs live to the end. */
export function lifetimes(graph: Graph, capacity: Dims): Lifetime[] {
  const first = new Map<number, { tensor: Tensor; at: number }>();
  const last = new Map<number, number>();
  graph.nodes.forEach((node, at) => {
    for (const tensor of node.inputs) last.set(tensor.id, at);
    for (const tensor of node.outputs) {
      if (tensor.kind === 'activation') first.set(tensor.id, { tensor, at });
      last.set(tensor.id, at);
    }
  });
  for (const tensor of graph.outputs.values()) last.set(tensor.id, graph.nodes.length);
  return [...first.values()].map(({ tensor, at }) => ({
    tensor,
    byteLength: aligned(elementCount(tensor.shape, capacity) * 4),
    first: at,
    last: last.get(tensor.id) ?? at,
  }));
}

/** The most activation bytes alive at any node: no layout needs less. */
export function peakBytes(graph: Graph, capacity: Dims): number {
  const change = new Float64Array(graph.nodes.length + 2);
  for (const { first, last, byteLength } of lifetimes(graph, capacity)) {
    change[first] = (change[first] ?? 0) + byteLength;
    change[last + 1] = (change[last + 1] ?? 0) - byteLength;
  }
  let live = 0;
  return change.reduce((peak, bytes) => Math.max(peak, (live += bytes)), 0);
}
