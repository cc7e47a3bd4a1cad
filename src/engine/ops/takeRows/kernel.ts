import { elementCount, type Node } from '../../graph/types.ts';
import { count, folded, input, output, type KernelCall } from '../../webgpu/kernel.ts';
import { inputAt, matrix } from '../check.ts';

const header = `
@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let i = (group.y * groups.x + group.x) * 256u + lane;`;

export function takeRowsKernels(node: Node): KernelCall[] {
  const name = 'takeRows';
  const x = inputAt(name, node.inputs, 0);
  const y = inputAt(name, node.outputs, 0);
  const [, width] = matrix(name, x);
  return [
    {
      label: 'take rows',
      bindings: [input('x', x), input('rows', inputAt(name, node.inputs, 1), 'u32'), output('y', y)],
      code: `${header}
  if (i >= ${count(y)}) { return; }
  y[i] = x[rows[i / ${width}u] * ${width}u + i % ${width}u];
}`,
      workgroups: (dims) => folded(Math.ceil(elementCount(y.shape, dims) / 256)),
    },
  ];
}

/** Zeros, then the rows: two dispatches, because a row's place is known only from its number. */
export function putRowsKernels(node: Node): KernelCall[] {
  const name = 'putRows';
  const y = inputAt(name, node.inputs, 0);
  const x = inputAt(name, node.outputs, 0);
  const [, width] = matrix(name, x);
  return [
    {
      label: 'clear rows',
      bindings: [output('x', x)],
      code: `${header}
  if (i >= ${count(x)}) { return; }
  x[i] = 0.0;
}`,
      workgroups: (dims) => folded(Math.ceil(elementCount(x.shape, dims) / 256)),
    },
    {
      label: 'put rows',
      bindings: [input('y', y), input('rows', inputAt(name, node.inputs, 1), 'u32'), output('x', x)],
      code: `${header}
  if (i >= ${count(y)}) { return; }
  x[rows[i / ${width}u] * ${width}u + i % ${width}u] = y[i];
}`,
      workgroups: (dims) => folded(Math.ceil(elementCount(y.shape, dims) / 256)),
    },
  ];
}
