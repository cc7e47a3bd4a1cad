import type { Helper } from '../../webgpu/fusion/pointwise.ts';
import type { ActivationKind } from './options.ts';

const helper = (name: string, code: string): Helper => ({ name, code: () => code });

// erf as an odd rational function of degree 13 over 8 on [-3.83, 3.83], where single precision has reached ±1: the
// coefficients are those of Eigen's and XLA's float erf; largest error here 3e-7.
const erf = helper(
  'erf',
  `
fn erf(value: V) -> V {
  let x = clamp(value, V(-3.832506856900711), V(3.832506856900711));
  let s = x * x;
  let p = ((((((V(-2.72614225801306e-10) * s + V(2.77068142495902e-08)) * s + V(-2.10102402082508e-06)) * s
    + V(-5.69250639462346e-05)) * s + V(-7.34990630326855e-04)) * s + V(-2.95459980854025e-03)) * s + V(-1.60960333262415e-02));
  let q = ((((V(-1.45660718464996e-05) * s + V(-2.13374055278905e-04)) * s + V(-1.68282697438203e-03)) * s
    + V(-7.37332916720468e-03)) * s + V(-1.42647390514189e-02));
  return x * p / q;
}`,
);

// WGSL lets clamp and max hand out a bound for what is not a number, and a loss made of it would look sound. By bits, since compilers may
// assume that no float is NaN.
const orNaN: Helper = {
  name: 'orNaN',
  code: (vector) => {
    const bits = vector ? 'vec4u' : 'u32';
    return `
fn orNaN(y: V, x: V) -> V { return select(y, x, (bitcast<${bits}>(x) & ${bits}(0x7fffffffu)) > ${bits}(0x7f800000u)); }`;
  },
};

// tanh overflows to NaN on some drivers past ±45; it is ±1 in single precision from ±9 on.
const tanhSafe = helper(
  'tanhSafe',
  `
fn tanhSafe(x: V) -> V { return orNaN(tanh(clamp(x, V(-15.0), V(15.0))), x); }`,
);

const sigmoid = helper(
  'sigmoid',
  `
fn sigmoid(x: V) -> V { return V(1.0) / (V(1.0) + exp(-x)); }`,
);

const sources: Readonly<Record<ActivationKind, readonly Helper[]>> = {
  gelu: [
    erf,
    helper(
      'gelu',
      `
fn gelu(x: V) -> V { return V(0.5) * x * (V(1.0) + erf(x * V(0.7071067811865476))); }
fn geluSlope(x: V) -> V {
  return V(0.5) * (V(1.0) + erf(x * V(0.7071067811865476))) + x * V(0.3989422804014327) * exp(V(-0.5) * x * x);
}`,
    ),
  ],
  gelu_new: [
    orNaN,
    tanhSafe,
    helper(
      'gelu_new',
      `
fn gelu_new(x: V) -> V {
  return V(0.5) * x * (V(1.0) + tanhSafe(V(0.7978845608028654) * (x + V(0.044715) * x * x * x)));
}
fn gelu_newSlope(x: V) -> V {
  let t = tanhSafe(V(0.7978845608028654) * (x + V(0.044715) * x * x * x));
  return V(0.5) * (V(1.0) + t) + V(0.5) * x * (V(1.0) - t * t) * V(0.7978845608028654) * (V(1.0) + V(0.134145) * x * x);
}`,
    ),
  ],
  relu: [
    orNaN,
    helper(
      'relu',
      `
fn relu(x: V) -> V { return orNaN(max(x, V(0.0)), x); }
fn reluSlope(x: V) -> V { return select(V(0.0), V(1.0), x > V(0.0)); }`,
    ),
  ],
  tanh: [
    orNaN,
    tanhSafe,
    helper(
      'tanhSlope',
      `
fn tanhSlope(x: V) -> V { let t = tanhSafe(x); return V(1.0) - t * t; }`,
    ),
  ],
  silu: [
    sigmoid,
    helper(
      'silu',
      `
fn silu(x: V) -> V { return x * sigmoid(x); }
fn siluSlope(x: V) -> V { let s = sigmoid(x); return s * (V(1.0) + x * (V(1.0) - s)); }`,
    ),
  ],
};

/** WGSL function of a kind, for the type `V`; its slope is the same name followed by `Slope`. */
export function activationHelpers(kind: ActivationKind): readonly Helper[] {
  return sources[kind];
}

/** tanh is WGSL's own name, so ours is the guarded one. */
export function activationName(kind: ActivationKind): string {
  return kind === 'tanh' ? 'tanhSafe' : kind;
}
