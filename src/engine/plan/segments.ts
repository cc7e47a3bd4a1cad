import type { Graph } from '../graph/types.ts';

/**
 * The segment of every forward node, by position: a new one begins where the weights of a group are used for the first time, so
 * embeddings, layers and head are one each, whatever model they belong to. Biases and norms begin none: tied biases are a group of
 * their own that the first layer meets in its middle.
 */
export function segmentsOf(graph: Graph): readonly number[] {
  const weights = new Map(
    graph.parameters
      .filter(({ role }) => role === 'weight')
      .map(({ tensor, group }) => [tensor.id, group] as const),
  );
  const seen = new Set<string>();
  let segment = -1;
  return graph.nodes.slice(0, graph.backwardStart).map(({ inputs }) => {
    for (const { id } of inputs) {
      const group = weights.get(id);
      if (group === undefined || seen.has(group)) continue;
      seen.add(group);
      segment += 1;
    }
    return Math.max(0, segment);
  });
}
