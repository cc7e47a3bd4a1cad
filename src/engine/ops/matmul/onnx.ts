import type { Node } from '../../graph/types.ts';
import type { OnnxEmitter } from '../../onnx/emitter.ts';
import { inputAt } from '../check.ts';
import type { MatmulOptions } from './options.ts';

/** `Gemm` reads transposed operands in place, where `MatMul` would need a `Transpose` that copies. */
export function matmulOnnx(node: Node, emit: OnnxEmitter, { transposeA, transposeB }: MatmulOptions): void {
  const a = emit.value(inputAt('matmul', node.inputs, 0));
  const b = emit.value(inputAt('matmul', node.inputs, 1));
  const attributes = { transA: transposeA ? 1 : 0, transB: transposeB ? 1 : 0 };
  emit.bind(inputAt('matmul', node.outputs, 0), emit.emit('Gemm', [a, b], attributes));
}
