import type { Node } from '../../graph/types.ts';
import { elementwise } from '../../webgpu/elementwise.ts';
import type { KernelCall } from '../../webgpu/kernel.ts';
import { inputAt } from '../check.ts';
import { dropoutScale, dropoutThreshold, dropoutWgsl } from './mask.ts';
import type { DropoutOptions } from './op.ts';

/** `factor(index)`: the mask of one element, or of four from `index` on. */
export function dropoutFactorWgsl({ rate, salt }: DropoutOptions, vector: boolean): string {
  const threshold = `${dropoutThreshold(rate)}u`;
  const scale = dropoutScale(rate).toPrecision(9);
  const key = `let key = hash32(step.seed ^ hash32(${salt}u));`;
  return vector
    ? `fn factor(index: u32) -> vec4f {
  ${key}
  let first = hash32(key ^ (index >> 1u));
  let second = hash32(key ^ ((index >> 1u) + 1u));
  let bits = vec4u(first & 0xffffu, first >> 16u, second & 0xffffu, second >> 16u);
  return select(vec4f(0.0), vec4f(${scale}), bits >= vec4u(${threshold}));
}`
    : `fn factor(index: u32) -> f32 {
  ${key}
  return select(0.0, ${scale}, dropoutBits(key, index) >= ${threshold});
}`;
}

export function dropoutKernels(node: Node, options: DropoutOptions): KernelCall[] {
  const result = inputAt('dropout', node.outputs, 0);
  const last = result.shape.at(-1);
  return [
    elementwise({
      label: 'dropout',
      inputs: { x: inputAt('dropout', node.inputs, 0) },
      output: result,
      helpers: dropoutWgsl + dropoutFactorWgsl(options, typeof last === 'number' && last % 4 === 0),
      expression: () => 'x_ * factor(index)',
    }),
  ];
}
