import { sizeIn, type Node } from '../../graph/types.ts';
import type { OnnxEmitter } from '../../onnx/emitter.ts';
import { inputAt } from '../check.ts';

export function takeRowsOnnx(node: Node, emit: OnnxEmitter): void {
  const x = emit.value(inputAt('takeRows', node.inputs, 0));
  const rows = emit.value(inputAt('takeRows', node.inputs, 1));
  emit.bind(inputAt('takeRows', node.outputs, 0), emit.emit('Gather', [x, rows], { axis: 0 }));
}

/**
 * Also a gather, from `y` with a row of zeros behind it: the host turns the list of rows into, for each row of `x`, the row
 * of `y` that belongs there, or the zero row.
 */
export function putRowsOnnx(node: Node, emit: OnnxEmitter): void {
  const y = inputAt('putRows', node.inputs, 0);
  const rows = inputAt('putRows', node.inputs, 1);
  const x = inputAt('putRows', node.outputs, 0);
  const [total] = x.shape;
  const width = Number(x.shape[1]);
  const source = emit.host(`putRows.${rows.name}.${total}`, 'i32', [total ?? 'T'], (feed) => {
    const taken = feed.tensors.get(rows.name) ?? new Uint32Array(0);
    const size = sizeIn(total ?? 'T', feed.dims);
    const data = new Int32Array(size).fill(taken.length);
    taken.forEach((row, b) => (data[row] = b));
    return { data, shape: [size] };
  });
  const zeros = emit.constant(
    Array.from({ length: width }, () => 0),
    [1, width],
    'f32',
  );
  const padded = emit.emit('Concat', [emit.value(y), zeros], { axis: 0 });
  emit.bind(x, emit.emit('Gather', [padded, source], { axis: 0 }));
}
