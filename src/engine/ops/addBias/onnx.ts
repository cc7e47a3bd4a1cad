import type { Node } from '../../graph/types.ts';
import type { OnnxEmitter } from '../../onnx/emitter.ts';
import { inputAt } from '../check.ts';

export function addBiasOnnx(node: Node, emit: OnnxEmitter): void {
  const x = emit.value(inputAt('addBias', node.inputs, 0));
  const bias = emit.value(inputAt('addBias', node.inputs, 1));
  emit.bind(inputAt('addBias', node.outputs, 0), emit.emit('Add', [x, bias]));
}
