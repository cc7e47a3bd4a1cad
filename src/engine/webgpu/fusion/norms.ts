import type { Graph, Node, Tensor } from '../../graph/types.ts';

/**
 * Frees the outputs of layer norms that only weights' gradients read in the backward pass: the norm's input and moments are kept for its
 * own gradient anyway, so those products form the output anew, element by element, while they read their operand. No pass over memory
 * and no dispatch is added; one `[T, d]` tensor a norm less lives through the backward pass.
 *
 * A norm takes part where every reader of its output in the backward pass is a matrix product, and where its input and moments are
 * alive at the last of them anyway (not so where a plan makes them again only later).
 */
export function normsInOperands(graph: Graph): Graph {
  const named = new Set([...graph.outputs.values()].map(({ id }) => id));
  const lastRead = new Map<number, number>();
  const readers = new Map<number, number[]>();
  graph.nodes.forEach(({ inputs }, at) => {
    for (const { id } of new Set(inputs)) {
      lastRead.set(id, at);
      if (at >= graph.backwardStart) readers.set(id, [...(readers.get(id) ?? []), at]);
    }
  });
  const nodes = [...graph.nodes];
  for (const norm of graph.nodes) {
    const [y, moments] = norm.outputs;
    const [x, gamma, beta] = norm.inputs;
    if (norm.operation.name !== 'layerNorm' || !y || !moments || !x || !gamma || !beta || named.has(y.id))
      continue;
    const places = readers.get(y.id) ?? [];
    const lives = Math.min(lastRead.get(x.id) ?? -1, lastRead.get(moments.id) ?? -1);
    const products = places.map((at) => {
      const node = graph.nodes[at];
      return node && at <= lives && !node.inputs.includes(x)
        ? overNorm(node, y, [x, moments, gamma, beta])
        : null;
    });
    places.forEach((at, i) => {
      const product = products[i];
      if (product && products.every((other) => other !== null)) nodes[at] = product;
    });
  }
  return { ...graph, nodes };
}

/** The product with its operand y replaced; null where the node is none, or has y twice. */
function overNorm(
  node: Node,
  y: Tensor,
  [x, ...rest]: readonly [Tensor, Tensor, Tensor, Tensor],
): Node | null {
  const [a, b] = node.inputs;
  if (!node.operation.withNormedOperand || !a || !b || a === b) return null;
  return {
    ...node,
    operation: node.operation.withNormedOperand(a.id === y.id ? 'A' : 'B'),
    inputs: [...(a.id === y.id ? [x, b] : [a, x]), ...rest],
  };
}
