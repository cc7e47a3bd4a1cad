import type { Node } from '../../graph/types.ts';
import type { OnnxEmitter } from '../../onnx/emitter.ts';
import { inputAt } from '../check.ts';

export function addOnnx(node: Node, emit: OnnxEmitter): void {
  const a = emit.value(inputAt('add', node.inputs, 0));
  const b = emit.value(inputAt('add', node.inputs, 1));
  emit.bind(inputAt('add', node.outputs, 0), emit.emit('Add', [a, b]));
}
