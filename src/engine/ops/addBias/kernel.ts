import type { Pointwise } from '../../webgpu/fusion/pointwise.ts';

export const addBiasPointwise: Pointwise = {
  label: 'add bias',
  reads: ['element', 'column'],
  expression: ([x, bias]) => `${x} + ${bias}`,
};
