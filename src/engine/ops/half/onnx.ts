import type { Node } from '../../graph/types.ts';
import type { OnnxEmitter } from '../../onnx/emitter.ts';
import { inputAt } from '../check.ts';
import { largestHalf } from './range.ts';

// TensorProto.DataType.
const float = 1;
const float16 = 10;

/** ONNX knows half tensors: no packing, two casts. */
export function packHalfOnnx(node: Node, emit: OnnxEmitter): void {
  const bound = (value: number) => emit.constant([value], [], 'f32');
  const clamped = emit.emit('Clip', [
    emit.value(inputAt('packHalf', node.inputs, 0)),
    bound(-largestHalf),
    bound(largestHalf),
  ]);
  emit.bind(inputAt('packHalf', node.outputs, 0), emit.emit('Cast', [clamped], { to: float16 }));
}

export function unpackHalfOnnx(node: Node, emit: OnnxEmitter): void {
  const half = emit.value(inputAt('unpackHalf', node.inputs, 0));
  emit.bind(inputAt('unpackHalf', node.outputs, 0), emit.emit('Cast', [half], { to: float }));
}
