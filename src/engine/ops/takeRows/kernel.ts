import type { Node } from '../../graph/types.ts';
import { count, eachElement, groupsOver, input, output, type KernelCall } from '../../webgpu/kernel.ts';
import { inputAt, matrix } from '../check.ts';

export function takeRowsKernels(node: Node): KernelCall[] {
  const name = 'takeRows';
  const x = inputAt(name, node.inputs, 0);
  const y = inputAt(name, node.outputs, 0);
  const [, width] = matrix(name, x);
  return [
    {
      label: 'take rows',
      bindings: [input('x', x), input('rows', inputAt(name, node.inputs, 1), 'u32'), output('y', y)],
      code: `${eachElement(count(y))}
  y[i] = x[rows[i / ${width}u] * ${width}u + i % ${width}u];
}`,
      workgroups: groupsOver(y),
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
      code: `${eachElement(count(x))}
  x[i] = 0.0;
}`,
      workgroups: groupsOver(x),
    },
    {
      label: 'put rows',
      bindings: [input('y', y), input('rows', inputAt(name, node.inputs, 1), 'u32'), output('x', x)],
      code: `${eachElement(count(y))}
  x[rows[i / ${width}u] * ${width}u + i % ${width}u] = y[i];
}`,
      workgroups: groupsOver(y),
    },
  ];
}
