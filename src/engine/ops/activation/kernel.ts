import type { Node } from '../../graph/types.ts';
import { elementwise } from '../../webgpu/elementwise.ts';
import type { KernelCall } from '../../webgpu/kernel.ts';
import { inputAt } from '../check.ts';
import type { ActivationKind } from './op.ts';
import { activationWgsl } from './wgsl.ts';

export function activationKernels(node: Node, kind: ActivationKind): KernelCall[] {
  return [
    elementwise({
      label: kind,
      inputs: { x: inputAt(kind, node.inputs, 0) },
      output: inputAt(kind, node.outputs, 0),
      helpers: activationWgsl[kind],
      expression: () => 'activate(x_)',
    }),
  ];
}

export function activationGradientKernels(node: Node, kind: ActivationKind): KernelCall[] {
  return [
    elementwise({
      label: `${kind} gradient`,
      inputs: { x: inputAt(kind, node.inputs, 0), dy: inputAt(kind, node.inputs, 1) },
      output: inputAt(kind, node.outputs, 0),
      helpers: activationWgsl[kind],
      expression: () => 'dy_ * activateSlope(x_)',
    }),
  ];
}
