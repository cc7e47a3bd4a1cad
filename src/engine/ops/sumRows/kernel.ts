import type { Node } from '../../graph/types.ts';
import { input, output, size, store, type KernelCall } from '../../webgpu/kernel.ts';
import { inputAt } from '../check.ts';

/**
 * y[n] = sum over m of x[m, n]. A workgroup owns 32 columns; 8 lanes a column walk the rows 8 apart and are added in order,
 * so the sum is the same on every run.
 */
export function sumRowsKernels(node: Node): KernelCall[] {
  const x = inputAt('sumRows', node.inputs, 0);
  const y = inputAt('sumRows', node.outputs, 0);
  const [rows, columns] = x.shape;
  const width = typeof columns === 'number' ? columns : 1;
  return [
    {
      label: 'sum rows',
      bindings: [input('x', x), output('y', y)],
      code: `
var<workgroup> partial: array<f32, 256>;
@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let column = group.x * 32u + lane % 32u;
  var sum = 0.0;
  if (column < ${width}u) {
    for (var row = lane / 32u; row < ${size(rows ?? 1)}; row += 8u) { sum += x[row * ${width}u + column]; }
  }
  partial[lane] = sum;
  workgroupBarrier();
  if (lane < 32u && column < ${width}u) {
    var total = 0.0;
    for (var k = 0u; k < 8u; k++) { total += partial[k * 32u + lane]; }
    ${store(y, 'y', 'column', 'total')}
  }
}`,
      workgroups: () => [Math.ceil(width / 32), 1, 1],
    },
  ];
}
