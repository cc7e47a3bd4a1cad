import type { Node } from '../../graph/types.ts';
import type { OnnxEmitter } from '../../onnx/emitter.ts';
import { inputAt } from '../check.ts';

export function embeddingOnnx(node: Node, emit: OnnxEmitter): void {
  const table = emit.value(inputAt('embedding', node.inputs, 0));
  const ids = emit.value(inputAt('embedding', node.inputs, 1));
  emit.bind(inputAt('embedding', node.outputs, 0), emit.emit('Gather', [table, ids], { axis: 0 }));
}

/** The host adds the rows by id: a dense gradient would zero and copy the whole table for a few rows. */
export function embeddingGradientOnnx(node: Node, emit: OnnxEmitter): void {
  const ids = inputAt('embeddingGradient', node.inputs, 0);
  const dy = inputAt('embeddingGradient', node.inputs, 2);
  emit.bindRowGradient(inputAt('embeddingGradient', node.outputs, 0), ids, emit.value(dy));
}
