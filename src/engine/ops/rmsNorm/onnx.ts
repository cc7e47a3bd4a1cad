import type { Node, Tensor } from '../../graph/types.ts';
import { reshaped, type OnnxEmitter } from '../../onnx/emitter.ts';
import { inputAt, matrix } from '../check.ts';
import { piecesOf, type Pieces, type RmsNormOptions } from './pieces.ts';

/** `[rows, width]` -> its normed pieces `[rows, normed, size]`, and what is handed on (null: nothing). */
function cut(emit: OnnxEmitter, value: string, { size, count, normed }: Pieces) {
  const pieces = reshaped(emit, value, [-1, count, size]);
  if (normed === count) return { normed: pieces, rest: null };
  const one = (value: number) => emit.constant([value], [1], 'i64');
  // Two slices, not a split: what nobody reads must be able to fall away by itself.
  const between = (from: number, to: number) => emit.emit('Slice', [pieces, one(from), one(to), one(1)]);
  return { normed: between(0, normed), rest: between(normed, count) };
}

/** The inverse of `cut`. */
function joined(emit: OnnxEmitter, normed: string, rest: string | null, { size, count }: Pieces): string {
  const all = rest === null ? normed : emit.emit('Concat', [normed, rest], { axis: 1 });
  return reshaped(emit, all, [-1, count * size]);
}

/** gamma with a row a piece, `[normed, size]`. */
function gammaRows(emit: OnnxEmitter, gamma: Tensor, { size, parts, normed }: Pieces): string {
  const rows = reshaped(emit, emit.value(gamma), [parts.length, size]);
  const index = parts.flatMap((count, part) => Array.from({ length: count }, () => part));
  return emit.emit('Gather', [rows, emit.constant(index, [normed], 'i64')], { axis: 0 });
}

const lastMean = (emit: OnnxEmitter, value: string) =>
  emit.emit('ReduceMean', [value, emit.constant([-1], [1], 'i64')], { keepdims: 1 });

export function rmsNormOnnx(node: Node, emit: OnnxEmitter, options: RmsNormOptions): void {
  const name = 'rmsNorm';
  const x = inputAt(name, node.inputs, 0);
  const pieces = piecesOf(x, options);
  const { normed, rest } = cut(emit, emit.value(x), pieces);
  const squares = lastMean(emit, emit.emit('Mul', [normed, normed]));
  const root = emit.emit('Sqrt', [emit.emit('Add', [squares, emit.constant([options.epsilon], [], 'f32')])]);
  const rstd = emit.emit('Reciprocal', [root]);
  const scaled = emit.emit('Mul', [
    emit.emit('Mul', [normed, rstd]),
    gammaRows(emit, inputAt(name, node.inputs, 1), pieces),
  ]);
  emit.bind(inputAt(name, node.outputs, 0), joined(emit, scaled, rest, pieces));
  emit.bind(inputAt(name, node.outputs, 1), reshaped(emit, rstd, [-1, pieces.normed]));
}

/** x̂ `[rows, normed, size]` and rstd `[rows, normed, 1]`. */
function normalised(emit: OnnxEmitter, x: Tensor, rstd: Tensor, pieces: Pieces) {
  const r = reshaped(emit, emit.value(rstd), [-1, pieces.normed, 1]);
  return { r, hat: emit.emit('Mul', [cut(emit, emit.value(x), pieces).normed, r]) };
}

export function rmsNormInputGradientOnnx(node: Node, emit: OnnxEmitter, options: RmsNormOptions): void {
  const name = 'rmsNormInputGradient';
  const x = inputAt(name, node.inputs, 0);
  const pieces = piecesOf(x, options);
  const { r, hat } = normalised(emit, x, inputAt(name, node.inputs, 2), pieces);
  const { normed: dy, rest } = cut(emit, emit.value(inputAt(name, node.inputs, 3)), pieces);
  const g = emit.emit('Mul', [dy, gammaRows(emit, inputAt(name, node.inputs, 1), pieces)]);
  const along = emit.emit('Mul', [hat, lastMean(emit, emit.emit('Mul', [g, hat]))]);
  const dx = emit.emit('Mul', [emit.emit('Sub', [g, along]), r]);
  emit.bind(inputAt(name, node.outputs, 0), joined(emit, dx, rest, pieces));
}

export function rmsNormParameterGradientOnnx(node: Node, emit: OnnxEmitter, options: RmsNormOptions): void {
  const name = 'rmsNormParameterGradient';
  const x = inputAt(name, node.inputs, 0);
  matrix(name, x);
  const pieces = piecesOf(x, options);
  const { hat } = normalised(emit, x, inputAt(name, node.inputs, 1), pieces);
  const products = emit.emit('Mul', [
    cut(emit, emit.value(inputAt(name, node.inputs, 2)), pieces).normed,
    hat,
  ]);
  const lengths = emit.constant([...pieces.parts], [pieces.parts.length], 'i64');
  const byPart =
    pieces.parts.length === 1
      ? [products]
      : emit.emitMany('Split', [products, lengths], pieces.parts.length, { axis: 1 });
  const sums = byPart.map((part) =>
    emit.emit('ReduceSum', [part, emit.constant([0, 1], [2], 'i64')], { keepdims: 0 }),
  );
  const shape = options.heads ? [pieces.parts.length, pieces.size] : [pieces.size];
  const all = sums.length === 1 ? (sums[0] ?? '') : emit.emit('Concat', sums, { axis: 0 });
  emit.bind(inputAt(name, node.outputs, 0), reshaped(emit, all, shape));
}
