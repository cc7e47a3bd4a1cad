import type { Node, Tensor } from '../../graph/types.ts';
import type { OnnxEmitter } from '../../onnx/emitter.ts';
import { inputAt } from '../check.ts';

// Composed instead of ONNX's `LayerNormalization`, whose CPU kernel takes the variance as E[x²] - E[x]² in float32 and would be a
// poor oracle; the backward pass shares x̂.

export function layerNormOnnx(node: Node, emit: OnnxEmitter, epsilon: number): void {
  const name = 'layerNorm';
  const x = inputAt(name, node.inputs, 0);
  const moments = inputAt(name, node.outputs, 1);
  const axis = emit.constant([-1], [1], 'i64');
  const mean = emit.emit('ReduceMean', [emit.value(x), axis], { keepdims: 1 });
  const centred = emit.emit('Sub', [emit.value(x), mean]);
  const variance = emit.emit('ReduceMean', [emit.emit('Mul', [centred, centred]), axis], { keepdims: 1 });
  const deviation = emit.emit('Sqrt', [emit.emit('Add', [variance, emit.constant([epsilon], [], 'f32')])]);
  const rstd = emit.memo(`${scope(moments)}.rstd`, () => emit.emit('Reciprocal', [deviation]));
  const normalised = emit.memo(`${scope(moments)}.normalised`, () => emit.emit('Mul', [centred, rstd]));
  const gamma = emit.value(inputAt(name, node.inputs, 1));
  const beta = emit.value(inputAt(name, node.inputs, 2));
  emit.bind(inputAt(name, node.outputs, 0), emit.emit('Add', [emit.emit('Mul', [normalised, gamma]), beta]));
  emit.bind(moments, emit.emit('Concat', [mean, rstd], { axis: 1 }));
}

export function layerNormInputGradientOnnx(node: Node, emit: OnnxEmitter): void {
  const name = 'layerNormInputGradient';
  const x = emit.value(inputAt(name, node.inputs, 0));
  const gamma = emit.value(inputAt(name, node.inputs, 1));
  const moments = inputAt(name, node.inputs, 2);
  const dy = emit.value(inputAt(name, node.inputs, 3));
  const axis = emit.constant([-1], [1], 'i64');
  const mean = (value: string) => emit.emit('ReduceMean', [value, axis], { keepdims: 1 });
  const normalised = normalisedInput(emit, x, moments);
  const g = emit.emit('Mul', [dy, gamma]);
  const along = emit.emit('Mul', [normalised, mean(emit.emit('Mul', [g, normalised]))]);
  const rest = emit.emit('Sub', [emit.emit('Sub', [g, mean(g)]), along]);
  emit.bind(inputAt(name, node.outputs, 0), emit.emit('Mul', [rest, deviationReciprocal(emit, moments)]));
}

export function layerNormParameterGradientOnnx(node: Node, emit: OnnxEmitter): void {
  const name = 'layerNormParameterGradient';
  const x = emit.value(inputAt(name, node.inputs, 0));
  const dy = emit.value(inputAt(name, node.inputs, 2));
  const axis = emit.constant([0], [1], 'i64');
  const sumRows = (value: string) => emit.emit('ReduceSum', [value, axis], { keepdims: 0 });
  const normalised = normalisedInput(emit, x, inputAt(name, node.inputs, 1));
  emit.bind(inputAt(name, node.outputs, 0), sumRows(emit.emit('Mul', [dy, normalised])));
  emit.bind(inputAt(name, node.outputs, 1), sumRows(dy));
}

function scope(moments: Tensor): string {
  return `layerNorm.${moments.id}`;
}

/** x̂ as the forward op left it, or again from the moments where they came from elsewhere. */
function normalisedInput(emit: OnnxEmitter, x: string, moments: Tensor): string {
  return emit.memo(`${scope(moments)}.normalised`, () => {
    const mean = emit.emit('Gather', [emit.value(moments), emit.constant([0], [1], 'i64')], { axis: 1 });
    return emit.emit('Mul', [emit.emit('Sub', [x, mean]), deviationReciprocal(emit, moments)]);
  });
}

function deviationReciprocal(emit: OnnxEmitter, moments: Tensor): string {
  return emit.memo(`${scope(moments)}.rstd`, () =>
    emit.emit('Gather', [emit.value(moments), emit.constant([1], [1], 'i64')], { axis: 1 }),
  );
}
