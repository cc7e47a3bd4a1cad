import type { Node } from '../../graph/types.ts';
import type { OnnxEmitter } from '../../onnx/emitter.ts';
import { inputAt } from '../check.ts';

export function multiplyOnnx(node: Node, emit: OnnxEmitter): void {
  const a = emit.value(inputAt('multiply', node.inputs, 0));
  const b = emit.value(inputAt('multiply', node.inputs, 1));
  emit.bind(inputAt('multiply', node.outputs, 0), emit.emit('Mul', [a, b]));
}
