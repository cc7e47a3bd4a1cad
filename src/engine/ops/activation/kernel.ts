import type { Pointwise } from '../../webgpu/fusion/pointwise.ts';
import type { ActivationKind } from './options.ts';
import { activationHelpers, activationName } from './wgsl.ts';

export function activationPointwise(kind: ActivationKind): Pointwise {
  return {
    label: kind,
    reads: ['element'],
    helpers: activationHelpers(kind),
    expression: ([x]) => `${activationName(kind)}(${x})`,
  };
}

export function activationGradientPointwise(kind: ActivationKind): Pointwise {
  return {
    label: `${kind} gradient`,
    reads: ['element', 'element'],
    helpers: activationHelpers(kind),
    expression: ([x, dy]) => `${dy} * ${kind}Slope(${x})`,
  };
}
