import type { Helper, Pointwise } from '../../webgpu/fusion/pointwise.ts';
import { dropoutScale, dropoutThreshold, dropoutWgsl } from './mask.ts';
import type { DropoutOptions } from './options.ts';

const hash: Helper = { name: 'hash32', code: () => dropoutWgsl };

/** `dropoutFactor(index, salt, threshold, scale)`: the mask of one element, or of four from `index` (then a multiple of four) on. */
const factor: Helper = {
  name: 'dropoutFactor',
  code: (vector) =>
    vector
      ? `
fn dropoutFactor(index: u32, salt: u32, threshold: u32, scale: f32) -> vec4f {
  let key = hash32(step.seed ^ hash32(salt));
  let first = hash32(key ^ (index >> 1u));
  let second = hash32(key ^ ((index >> 1u) + 1u));
  let bits = vec4u(first & 0xffffu, first >> 16u, second & 0xffffu, second >> 16u);
  return select(vec4f(0.0), vec4f(scale), bits >= vec4u(threshold));
}`
      : `
fn dropoutFactor(index: u32, salt: u32, threshold: u32, scale: f32) -> f32 {
  let key = hash32(step.seed ^ hash32(salt));
  return select(0.0, scale, dropoutBits(key, index) >= threshold);
}`,
};

/** The mask is a function of (step seed, salt, element) alone, so it is the same in whatever kernel it is drawn. */
export function dropoutPointwise({ rate, salt }: DropoutOptions): Pointwise {
  const scale = dropoutScale(rate).toPrecision(9);
  return {
    label: 'dropout',
    reads: ['element'],
    helpers: [hash, factor],
    constants: [salt],
    expression: ([x], index, [site]) =>
      `${x} * dropoutFactor(${index}, ${site}, ${dropoutThreshold(rate)}u, ${scale})`,
  };
}
