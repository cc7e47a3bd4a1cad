import type { Node } from '../../graph/types.ts';
import type { OnnxEmitter } from '../../onnx/emitter.ts';
import { inputAt } from '../check.ts';
import { lossCell, type Algebra, type LossShape } from './cell.ts';

/** `relu(z) - z y + log(1 + exp(-|z|))` cannot overflow, whatever the logit. */
export function bceOnnx(node: Node, emit: OnnxEmitter): void {
  const z = emit.value(inputAt('bceWithLogits', node.inputs, 0));
  const y = emit.value(inputAt('bceWithLogits', node.inputs, 1));
  const scale = emit.host('lossScale', 'f32', [1], (feed) => ({
    data: Float32Array.of(feed.lossScale),
    shape: [1],
  }));
  const one = emit.constant([1], [1], 'f32');
  const exponential = emit.emit('Exp', [emit.emit('Neg', [emit.emit('Abs', [z])])]);
  const onePlus = emit.emit('Add', [exponential, one]);
  const elements = emit.emit('Add', [
    emit.emit('Sub', [emit.emit('Relu', [z]), emit.emit('Mul', [z, y])]),
    emit.emit('Log', [onePlus]),
  ]);
  const sum = emit.emit('ReduceSum', [emit.emit('Mul', [elements, scale])], { keepdims: 0 });
  emit.bind(
    inputAt('bceWithLogits', node.outputs, 0),
    emit.emit('Reshape', [sum, emit.constant([1], [1], 'i64')]),
  );
  // Of sigmoid and 1 - sigmoid the smaller one, exact even where the other rounds to 1.
  const smaller = emit.emit('Div', [exponential, onePlus]);
  const error = emit.emit('Where', [
    emit.emit('GreaterOrEqual', [z, emit.constant([0], [1], 'f32')]),
    emit.emit('Sub', [emit.emit('Sub', [one, y]), smaller]),
    emit.emit('Sub', [smaller, y]),
  ]);
  emit.bind(inputAt('bceWithLogits', node.outputs, 1), emit.emit('Mul', [error, scale]));
}

/** `lossCell` over whole matrices. */
export function shapedOnnx(node: Node, emit: OnnxEmitter, shape: LossShape): void {
  const name = 'bceWithLogits';
  const z = emit.value(inputAt(name, node.inputs, 0));
  const y = emit.value(inputAt(name, node.inputs, 1));
  const weights = node.inputs[2];
  const scale = emit.host('lossScale', 'f32', [1], (feed) => ({
    data: Float32Array.of(feed.lossScale),
    shape: [1],
  }));
  const cell = lossCell(operators(emit), z, y, weights ? emit.value(weights) : null, shape);
  const sum = emit.emit('ReduceSum', [emit.emit('Mul', [cell.loss, scale])], { keepdims: 0 });
  emit.bind(inputAt(name, node.outputs, 0), emit.emit('Reshape', [sum, emit.constant([1], [1], 'i64')]));
  emit.bind(inputAt(name, node.outputs, 1), emit.emit('Mul', [cell.gradient, scale]));
}

function operators(emit: OnnxEmitter): Algebra<string> {
  const constant = (value: number) => emit.constant([value], [1], 'f32');
  return {
    constant,
    add: (a, b) => emit.emit('Add', [a, b]),
    subtract: (a, b) => emit.emit('Sub', [a, b]),
    multiply: (a, b) => emit.emit('Mul', [a, b]),
    divide: (a, b) => emit.emit('Div', [a, b]),
    exp: (a) => emit.emit('Exp', [a]),
    log: (a) => emit.emit('Log', [a]),
    abs: (a) => emit.emit('Abs', [a]),
    relu: (a) => emit.emit('Relu', [a]),
    where: (test, a, b) => emit.emit('Where', [emit.emit('GreaterOrEqual', [test, constant(0)]), a, b]),
  };
}
