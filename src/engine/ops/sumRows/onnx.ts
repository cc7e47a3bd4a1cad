import type { Node } from '../../graph/types.ts';
import type { OnnxEmitter } from '../../onnx/emitter.ts';
import { inputAt } from '../check.ts';

export function sumRowsOnnx(node: Node, emit: OnnxEmitter): void {
  const x = emit.value(inputAt('sumRows', node.inputs, 0));
  const axes = emit.constant([0], [1], 'i64');
  emit.bind(inputAt('sumRows', node.outputs, 0), emit.emit('ReduceSum', [x, axes], { keepdims: 0 }));
}
