import type { Node } from '../../graph/types.ts';
import type { OnnxEmitter } from '../../onnx/emitter.ts';
import { elementCount, sizeIn } from '../../graph/types.ts';
import { inputAt } from '../check.ts';
import { dropoutKey, dropoutMask } from './mask.ts';
import type { DropoutOptions } from './options.ts';

/** The mask comes from the host: the forward site and its replay share one, by salt. */
export function dropoutOnnx(node: Node, emit: OnnxEmitter, { rate, salt }: DropoutOptions): void {
  const x = inputAt('dropout', node.inputs, 0);
  const mask = emit.host(
    `dropout.${salt}`,
    'f32',
    x.shape,
    (feed) => ({
      data: dropoutMask(dropoutKey(feed.seed, salt), elementCount(x.shape, feed.dims), rate),
      shape: x.shape.map((dim) => sizeIn(dim, feed.dims)),
    }),
    (capacity) => elementCount(x.shape, capacity),
  );
  emit.bind(inputAt('dropout', node.outputs, 0), emit.emit('Mul', [emit.value(x), mask]));
}
