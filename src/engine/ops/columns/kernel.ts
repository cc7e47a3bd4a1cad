import type { Node } from '../../graph/types.ts';
import {
  count,
  eachElement,
  groupsOver,
  input,
  literal,
  output,
  store,
  type KernelCall,
} from '../../webgpu/kernel.ts';
import { inputAt, matrix } from '../check.ts';
import type { Columns } from './options.ts';

/** One element a thread: y, and the part that its column lies in. */
export function addColumnsKernels(node: Node, parts: readonly Columns[], scale: number): KernelCall[] {
  const result = inputAt('addColumns', node.outputs, 0);
  const [, width] = matrix('addColumns', result);
  const sums = parts.map(
    ({ start, length }, p) => `
  if (column >= ${start}u && column < ${start + length}u) { value += ${literal(scale)} * z${p}[row * ${length}u + column - ${start}u]; }`,
  );
  return [
    {
      label: 'add columns',
      bindings: [
        input('y', inputAt('addColumns', node.inputs, 0)),
        ...parts.map((_, p) => input(`z${p}`, inputAt('addColumns', node.inputs, p + 1))),
        output('result', result),
      ],
      code: `${eachElement(count(result))}
  let row = i / ${width}u;
  let column = i % ${width}u;
  var value = y[i];${sums.join('')}
  ${store(result, 'result', 'i', 'value')}
}`,
      workgroups: groupsOver(result),
    },
  ];
}

export function takeColumnsKernels(node: Node, { start, length }: Columns, scale: number): KernelCall[] {
  const x = inputAt('takeColumns', node.inputs, 0);
  const result = inputAt('takeColumns', node.outputs, 0);
  const [, width] = matrix('takeColumns', x);
  return [
    {
      label: 'take columns',
      bindings: [input('x', x), output('result', result)],
      code: `${eachElement(count(result))}
  let value = ${literal(scale)} * x[i / ${length}u * ${width}u + ${start}u + i % ${length}u];
  ${store(result, 'result', 'i', 'value')}
}`,
      workgroups: groupsOver(result),
    },
  ];
}
