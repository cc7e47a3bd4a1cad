import { elementCount, type Node, type Operation } from '../../graph/types.ts';
import type { OnnxEmitter } from '../../onnx/emitter.ts';
import { input, output, size, store, type KernelCall } from '../../webgpu/kernel.ts';
import { expectShape, inputAt, matrix } from '../check.ts';

const name = 'weightedSum';

/**
 * `sum of x ∘ w`, both `[B, d]`, w an input: a loss whose gradient with respect to x is w. Carries a gradient that was computed
 * elsewhere (over the vectors of a whole batch) back into an encoder a part at a time (GradCache, Gao et al. 2021).
 * `lossScale` does not apply: w has it already. Outputs: sum `[1]`; products a row `[B]`.
 */
export function weightedSum(): Operation {
  return {
    name,
    infer(inputs) {
      const x = inputAt(name, inputs, 0);
      const [rows] = matrix(name, x);
      expectShape(name, inputAt(name, inputs, 1), x.shape);
      return [
        { shape: [1], dtype: 'f32', kind: 'result' },
        { shape: [rows], dtype: 'f32', suffix: 'rows' },
      ];
    },
    // A copy by name would do; scaling by the loss's own gradient (1) is left out, as in the other losses.
    gradient: ({ node }) => [inputAt(name, node.inputs, 1), null],
    kernels,
    onnx,
  };
}

function kernels(node: Node): KernelCall[] {
  const x = inputAt(name, node.inputs, 0);
  const [rows, width] = matrix(name, x);
  const products = inputAt(name, node.outputs, 1);
  const sum = inputAt(name, node.outputs, 0);
  return [
    {
      label: 'weighted rows',
      bindings: [input('x', x), input('w', inputAt(name, node.inputs, 1)), output('products', products)],
      code: `
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= ${size(rows)}) { return; }
  var total = 0.0;
  for (var k = id.x * ${width}u; k < (id.x + 1u) * ${width}u; k++) { total += x[k] * w[k]; }
  products[id.x] = total;
}`,
      workgroups: (dims) => [Math.ceil(elementCount(products.shape, dims) / 64), 1, 1],
    },
    {
      label: 'weighted sum',
      bindings: [input('products', products), output('sum', sum)],
      code: `
@compute @workgroup_size(1)
fn main() {
  var total = 0.0;
  for (var row = 0u; row < ${size(rows)}; row++) { total += products[row]; }
  ${store(sum, 'sum', '0u', 'total')}
}`,
      workgroups: () => [1, 1, 1],
    },
  ];
}

function onnx(node: Node, emit: OnnxEmitter): void {
  const product = emit.emit('Mul', [
    emit.value(inputAt(name, node.inputs, 0)),
    emit.value(inputAt(name, node.inputs, 1)),
  ]);
  const rows = emit.emit('ReduceSum', [product, emit.constant([1], [1], 'i64')], { keepdims: 0 });
  const sum = emit.emit('ReduceSum', [rows], { keepdims: 0 });
  emit.bind(inputAt(name, node.outputs, 0), emit.emit('Reshape', [sum, emit.constant([1], [1], 'i64')]));
  emit.bind(inputAt(name, node.outputs, 1), rows);
}
