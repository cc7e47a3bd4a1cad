import type { Node } from '../../graph/types.ts';
import type { OnnxEmitter } from '../../onnx/emitter.ts';
import { inputAt, matrix } from '../check.ts';
import type { Columns } from './options.ts';

/** Cuts y into the parts and what lies between them, adds, and joins. */
export function addColumnsOnnx(
  node: Node,
  emit: OnnxEmitter,
  parts: readonly Columns[],
  scale: number,
): void {
  const y = inputAt('addColumns', node.inputs, 0);
  const [, width] = matrix('addColumns', y);
  const pieces: { readonly length: number; readonly z: string | null }[] = [];
  let at = 0;
  parts.forEach(({ start, length }, i) => {
    if (start > at) pieces.push({ length: start - at, z: null });
    pieces.push({ length, z: emit.value(inputAt('addColumns', node.inputs, i + 1)) });
    at = start + length;
  });
  if (at < width) pieces.push({ length: width - at, z: null });
  const factor = emit.constant([scale], [], 'f32');
  const add = (value: string, z: string | null) =>
    z === null ? value : emit.emit('Add', [value, emit.emit('Mul', [z, factor])]);
  const [only] = pieces;
  if (only && pieces.length === 1) {
    emit.bind(inputAt('addColumns', node.outputs, 0), add(emit.value(y), only.z));
    return;
  }
  const lengths = emit.constant(
    pieces.map(({ length }) => length),
    [pieces.length],
    'i64',
  );
  const cut = emit.emitMany('Split', [emit.value(y), lengths], pieces.length, { axis: 1 });
  const sums = pieces.map(({ z }, i) => add(cut[i] ?? '', z));
  emit.bind(inputAt('addColumns', node.outputs, 0), emit.emit('Concat', sums, { axis: 1 }));
}

export function takeColumnsOnnx(
  node: Node,
  emit: OnnxEmitter,
  { start, length }: Columns,
  scale: number,
): void {
  const one = (value: number) => emit.constant([value], [1], 'i64');
  const x = emit.value(inputAt('takeColumns', node.inputs, 0));
  const columns = emit.emit('Slice', [x, one(start), one(start + length), one(1)]);
  const scaled = emit.emit('Mul', [columns, emit.constant([scale], [], 'f32')]);
  emit.bind(inputAt('takeColumns', node.outputs, 0), scaled);
}
