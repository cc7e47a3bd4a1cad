import { elementCount, type Node } from '../../graph/types.ts';
import { count, folded, input, output, size, type KernelCall } from '../../webgpu/kernel.ts';
import { inputAt } from '../check.ts';

export function addBiasKernels(node: Node): KernelCall[] {
  const x = inputAt('addBias', node.inputs, 0);
  const bias = inputAt('addBias', node.inputs, 1);
  const y = inputAt('addBias', node.outputs, 0);
  const [columns] = bias.shape;
  return [
    {
      label: 'add bias',
      bindings: [input('x', x), input('bias', bias), output('y', y)],
      code: `
@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let i = (group.y * groups.x + group.x) * 256u + lane;
  if (i >= ${count(y)}) { return; }
  y[i] = x[i] + bias[i % ${size(columns ?? 1)}];
}`,
      workgroups: (dims) => folded(Math.ceil(elementCount(y.shape, dims) / 256)),
    },
  ];
}
