import type { Pointwise } from '../../webgpu/fusion/pointwise.ts';

export const addPointwise: Pointwise = {
  label: 'add',
  reads: ['element', 'element'],
  expression: ([a, b]) => `${a} + ${b}`,
};
