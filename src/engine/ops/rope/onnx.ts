import type { Node } from '../../graph/types.ts';
import { reshaped, type OnnxEmitter } from '../../onnx/emitter.ts';
import { inputAt } from '../check.ts';
import { outputHeads, type RopeOptions } from './heads.ts';

function split(emit: OnnxEmitter, value: string, axis: number, lengths: readonly number[]): string[] {
  return emit.emitMany('Split', [value, emit.constant(lengths, [lengths.length], 'i64')], lengths.length, {
    axis,
  });
}

/** Rotates the heads `[T, n, headSize]`; backwards: by the negative angles. */
function rotated(
  emit: OnnxEmitter,
  heads: string,
  rotations: string,
  headSize: number,
  backwards: boolean,
): string {
  const half = headSize / 2;
  const [cosines = '', sines = ''] = emit
    .memo(`rope.${rotations}`, () =>
      split(emit, reshaped(emit, rotations, [-1, 1, headSize]), 2, [half, half]).join('\n'),
    )
    .split('\n');
  const [first = '', second = ''] = split(emit, heads, 2, [half, half]);
  const mul = (a: string, b: string) => emit.emit('Mul', [a, b]);
  const [plus, minus] = backwards ? ['Sub', 'Add'] : ['Add', 'Sub'];
  return emit.emit(
    'Concat',
    [
      emit.emit(minus ?? '', [mul(first, cosines), mul(second, sines)]),
      emit.emit(plus ?? '', [mul(second, cosines), mul(first, sines)]),
    ],
    { axis: 2 },
  );
}

export function ropeOnnx(node: Node, emit: OnnxEmitter, options: RopeOptions): void {
  const { heads, keyHeads, headSize, expand } = options;
  const qkv = reshaped(emit, emit.value(inputAt('rope', node.inputs, 0)), [
    -1,
    heads + 2 * keyHeads,
    headSize,
  ]);
  const [turning = '', values = ''] = split(emit, qkv, 1, [heads + keyHeads, keyHeads]);
  const rotations = emit.value(inputAt('rope', node.inputs, 1));
  const turned = rotated(emit, turning, rotations, headSize, false);
  const all = emit.emit('Concat', [turned, values], { axis: 1 });
  const order = outputHeads(options);
  const y = expand
    ? emit.emit('Gather', [all, emit.constant(order, [order.length], 'i64')], { axis: 1 })
    : all;
  emit.bind(inputAt('rope', node.outputs, 0), reshaped(emit, y, [-1, order.length * headSize]));
}

export function ropeGradientOnnx(node: Node, emit: OnnxEmitter, options: RopeOptions): void {
  const { heads, keyHeads, headSize, expand } = options;
  const served = expand ? heads : keyHeads;
  const dy = reshaped(emit, emit.value(inputAt('ropeGradient', node.inputs, 0)), [
    -1,
    heads + 2 * served,
    headSize,
  ]);
  const [queries = '', ...others] = split(emit, dy, 1, [heads, served, served]);
  const [keys = '', values = ''] = others.map((part) => {
    if (!expand) return part;
    const grouped = reshaped(emit, part, [-1, keyHeads, heads / keyHeads, headSize]);
    return emit.emit('ReduceSum', [grouped, emit.constant([2], [1], 'i64')], { keepdims: 0 });
  });
  const rotations = emit.value(inputAt('ropeGradient', node.inputs, 1));
  const turning = emit.emit('Concat', [queries, keys], { axis: 1 });
  const turned = rotated(emit, turning, rotations, headSize, true);
  const dx = emit.emit('Concat', [turned, values], { axis: 1 });
  emit.bind(
    inputAt('ropeGradient', node.outputs, 0),
    reshaped(emit, dx, [-1, (heads + 2 * keyHeads) * headSize]),
  );
}
