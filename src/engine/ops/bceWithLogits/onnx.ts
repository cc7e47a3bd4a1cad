import type { Node } from '../../graph/types.ts';
import type { OnnxEmitter } from '../../onnx/emitter.ts';
import { inputAt } from '../check.ts';

/** `relu(z) - z y + log(1 + exp(-|z|))` cannot overflow, whatever the logit. */
export function bceOnnx(node: Node, emit: OnnxEmitter): void {
  const z = emit.value(inputAt('bceWithLogits', node.inputs, 0));
  const y = emit.value(inputAt('bceWithLogits', node.inputs, 1));
  const scale = emit.host('lossScale', 'f32', [1], (feed) => ({
    data: Float32Array.of(feed.lossScale),
    shape: [1],
  }));
  const one = emit.constant([1], [1], 'f32');
  const tail = emit.emit('Log', [
    emit.emit('Add', [emit.emit('Exp', [emit.emit('Neg', [emit.emit('Abs', [z])])]), one]),
  ]);
  const elements = emit.emit('Add', [
    emit.emit('Sub', [emit.emit('Relu', [z]), emit.emit('Mul', [z, y])]),
    tail,
  ]);
  const sum = emit.emit('ReduceSum', [emit.emit('Mul', [elements, scale])], { keepdims: 0 });
  emit.bind(
    inputAt('bceWithLogits', node.outputs, 0),
    emit.emit('Reshape', [sum, emit.constant([1], [1], 'i64')]),
  );
  const error = emit.emit('Sub', [emit.emit('Sigmoid', [z]), y]);
  emit.bind(inputAt('bceWithLogits', node.outputs, 1), emit.emit('Mul', [error, scale]));
}
