import { elementCount, type Dims, type Graph, type Shape } from '../graph/types.ts';
import type { PlanReport } from '../session.ts';
import type { LoweredGraph } from './lower.ts';

/**
 * Bytes the CPU path will need. Parameters, gradients and moments are exact (they are the host's own arrays); `copies` are the
 * parameters and gradients that pass through the runtime's memory in a step. The rest is estimated with every size at its capacity
 * and sequences of like length: `activations` the most graph tensors alive at once, `attention` the padded blocks kept from the
 * forward for the backward pass, `inputs` what is fed, masks among it. The runtime's own temporaries come on top.
 */
export function planOnnx(training: Graph, capacity: Dims, lowered: LoweredGraph): PlanReport {
  const bytes = (shape: Shape) => 4 * elementCount(shape, capacity);
  const parameters = sum(training.parameters.map(({ shape }) => bytes(shape)));
  const gradients = sum(
    training.parameters
      .filter(({ tensor }) => training.gradients.has(tensor.name))
      .map(({ shape }) => bytes(shape)),
  );
  const inputs = lowered.inputs.map((input) => {
    if (input.source === 'host') return 4 * input.elementsAt(capacity);
    return input.source === 'input' ? bytes(input.tensor.shape) : 0;
  });
  const byCategory = {
    parameters,
    gradients,
    moments: 2 * gradients,
    copies: parameters + gradients,
    activations: peakActivationBytes(training, capacity),
    attention: attentionBytes(training, capacity),
    inputs: sum(inputs),
  };
  return { totalBytes: sum(Object.values(byCategory)), byCategory, dispatches: lowered.nodeCount };
}

/** Most bytes of activations alive after any node, a tensor living from its node to its last reader. */
export function peakActivationBytes(graph: Graph, capacity: Dims): number {
  const lastUse = new Map<number, number>();
  graph.nodes.forEach((node, at) => {
    for (const tensor of [...node.inputs, ...node.outputs]) lastUse.set(tensor.id, at);
  });
  for (const tensor of graph.outputs.values()) lastUse.set(tensor.id, graph.nodes.length);
  let live = 0;
  let peak = 0;
  graph.nodes.forEach((node, at) => {
    for (const tensor of node.outputs) {
      if (tensor.kind === 'activation') live += 4 * elementCount(tensor.shape, capacity);
    }
    peak = Math.max(peak, live);
    const ending = new Map([...node.inputs, ...node.outputs].map((tensor) => [tensor.id, tensor]));
    for (const tensor of ending.values()) {
      if (tensor.kind === 'activation' && lastUse.get(tensor.id) === at) {
        live -= 4 * elementCount(tensor.shape, capacity);
      }
    }
  });
  return peak;
}

/**
 * The most attention blocks alive at once; of each, probabilities before and after dropout, `[heads, T, S]`; q, k, v and three biased
 * queries, `[T, W]`. A block lives until the gradient that reads its log-sum-exp: one that a plan makes again dies in the forward pass.
 */
function attentionBytes({ nodes }: Graph, { T, R }: Dims): number {
  const change = new Float64Array(nodes.length + 1);
  nodes.forEach(({ operation, outputs }, at) => {
    if (operation.name !== 'attention') return;
    const [width, heads] = outputs.map(({ shape }) => Number(shape[1]));
    const bytes = 4 * T * (R * (heads ?? 0) + 6 * (width ?? 0));
    const last = nodes.findLastIndex(({ inputs }) => inputs.some(({ id }) => id === outputs[1]?.id));
    change[at] = (change[at] ?? 0) + bytes;
    const end = Math.max(at, last) + 1;
    change[end] = (change[end] ?? 0) - bytes;
  });
  let live = 0;
  return change.reduce((peak, bytes) => Math.max(peak, (live += bytes)), 0);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
