import { elementCount, type Dims, type Graph, type Node } from '../graph/types.ts';

// A graphics card of the middle: only ratios between plans of one model are read off it, never times.
const flopsPerSecond = 10e12;
const bytesPerSecond = 400e9;
const secondsPerDispatch = 5e-6;

/**
 * Roughly how long one pass of a graph takes, in seconds on a nominal device: each op the longer of its arithmetic and its traffic
 * (a roofline). Good for comparing plans of one model, for nothing else.
 */
export function estimateSeconds(graph: Graph, dims: Dims): number {
  return graph.nodes.reduce((sum, node) => sum + nodeSeconds(node, dims), 0);
}

/** The same of one node, fused or not. */
export function nodeSeconds(node: Node, dims: Dims): number {
  return (
    secondsPerDispatch +
    Math.max(nodeFlops(node, dims) / flopsPerSecond, traffic(node, dims) / bytesPerSecond)
  );
}

/** The same of a pass over memory. */
export function trafficSeconds(bytes: number): number {
  return secondsPerDispatch + bytes / bytesPerSecond;
}

function traffic({ inputs, outputs }: Node, dims: Dims): number {
  const read = inputs.reduce((sum, { shape }) => sum + elementCount(shape, dims), 0);
  // A gradient is read too: micro-batches add up.
  const written = outputs.reduce(
    (sum, { shape, kind }) => sum + elementCount(shape, dims) * (kind === 'gradient' ? 2 : 1),
    0,
  );
  return 4 * (read + written);
}

/** Operations of a node's products and attention, a multiply-add counted as two; other ops count as none. */
export function nodeFlops({ operation, inputs, outputs }: Node, dims: Dims): number {
  const size = (tensor: { shape: Node['inputs'][number]['shape'] } | undefined) =>
    tensor ? elementCount(tensor.shape, dims) : 0;
  const [a, b] = inputs;
  const [c] = outputs;
  // [M, K] [K, N] [M, N]: the product of the three sizes is (M K N)².
  // A fused kernel is its host's: `fused(matmul + ...)`.
  const name = operation.name.replace(/^fused\((\w+).*$/, '$1');
  if (name === 'matmul') return 2 * Math.sqrt(size(a) * size(b) * size(c));
  // Scores and values, [T, W] against the S = R / 2 rows of a longest sequence; the backward pass forms them anew in each of three passes.
  if (name === 'attention') return 4 * size(c) * (dims.R / 2);
  if (name === 'attentionGradient') return (16 / 3) * size(c) * (dims.R / 2);
  return 0;
}
