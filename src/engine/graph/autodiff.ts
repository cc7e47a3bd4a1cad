import { add } from '../ops/add/op.ts';
import { EngineError, shapeError } from '../errors.ts';
import { formatShape, sameShape, type Parameter, type Tensor } from './types.ts';
import type { GraphBuilder } from './builder.ts';

/**
 * Appends the backward pass of `loss` to the graph: walks the forward nodes in reverse, asks each op for the gradients
 * of its inputs and sums what meets. Every parameter that the loss depends on and that `trains` gets a gradient tensor; the
 * walk ends at the lowest of them.
 *
 * The op that makes the loss is its own seed: it hands out the gradient of its inputs at d(loss) = 1, so no gradient of the
 * loss is passed to it. Throws `graph-invalid` where no trained parameter leads to the loss.
 */
export function differentiate(
  graph: GraphBuilder,
  loss: Tensor,
  trains: (parameter: Parameter) => boolean = () => true,
): void {
  const lossNode = graph.producer(loss);
  if (!lossNode)
    throw new EngineError(
      'graph-invalid',
      `${loss.name} is not computed by any op.`,
      'Build the loss first.',
    );
  const forward = graph.nodeList.slice(0, lossNode.id + 1);
  const trained = graph.parameterList.filter(trains);
  const wanted = tensorsReachedFrom(trained, forward);
  if (!wanted.has(loss.id) && graph.parameterList.length > 0)
    throw new EngineError(
      'graph-invalid',
      `No trained parameter leads to ${loss.name}.`,
      'Leave at least one layer or the head unfrozen.',
    );
  graph.beginBackward();
  const gradients = new Map<number, Tensor>();

  for (const node of forward.toReversed()) {
    const outputGradients = node.outputs.map((output) => gradients.get(output.id) ?? null);
    const isLoss = node.id === lossNode.id;
    if (!isLoss && outputGradients.every((gradient) => gradient === null)) continue;
    if (!node.inputs.some((input) => wanted.has(input.id))) continue;
    const inputGradients = node.operation.gradient({ graph, node, outputGradients });
    node.inputs.forEach((input, i) => {
      const gradient = inputGradients[i];
      if (!gradient || !wanted.has(input.id)) return;
      if (!sameShape(gradient.shape, input.shape)) {
        throw shapeError(
          node.operation.name,
          `gradient of ${input.name} is ${formatShape(gradient.shape)}, not ${formatShape(input.shape)}`,
        );
      }
      const known = gradients.get(input.id);
      gradients.set(input.id, known ? graph.one(add(), [known, gradient], `grad.${input.name}`) : gradient);
    });
  }
  for (const parameter of trained) {
    const gradient = gradients.get(parameter.tensor.id);
    if (gradient) graph.bindGradient(parameter.tensor, gradient);
  }
}

/** Everything through which a trained parameter reaches the loss; other gradients need not be computed. */
function tensorsReachedFrom(
  trained: readonly Parameter[],
  forward: readonly { inputs: readonly Tensor[]; outputs: readonly Tensor[] }[],
): Set<number> {
  const wanted = new Set(trained.map((parameter) => parameter.tensor.id));
  for (const node of forward) {
    if (node.inputs.some((input) => wanted.has(input.id)))
      for (const output of node.outputs) wanted.add(output.id);
  }
  return wanted;
}
