import type { Pointwise } from '../../webgpu/fusion/pointwise.ts';

export const multiplyPointwise: Pointwise = {
  label: 'multiply',
  reads: ['element', 'element'],
  expression: ([a, b]) => `${a} * ${b}`,
};
