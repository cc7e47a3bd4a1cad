import type { Node } from '../../graph/types.ts';
import { elementwise } from '../../webgpu/elementwise.ts';
import type { KernelCall } from '../../webgpu/kernel.ts';
import { inputAt } from '../check.ts';

export function addKernels(node: Node): KernelCall[] {
  return [
    elementwise({
      label: 'add',
      inputs: { a: inputAt('add', node.inputs, 0), b: inputAt('add', node.inputs, 1) },
      output: inputAt('add', node.outputs, 0),
      expression: () => 'a_ + b_',
    }),
  ];
}
