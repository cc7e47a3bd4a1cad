import { describe, expect, test } from 'vitest';
import { adamW, clipFactor, decays, globalNorm } from './adamw.ts';
import type { AdamWStep } from './session.ts';

const options: AdamWStep = {
  step: 1,
  learningRate: 0.1,
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
  weightDecay: 0.01,
  decay: 'all',
  clipNorm: null,
};

function tensors(parameter: number, gradient: number) {
  return {
    parameter: Float32Array.of(parameter),
    gradient: Float32Array.of(gradient),
    firstMoment: new Float32Array(1),
    secondMoment: new Float32Array(1),
  };
}

describe('adamW', () => {
  test('the first step moves by the learning rate against the sign of the gradient, after decay', () => {
    const state = tensors(2, 3);
    adamW(state, options, true, 1);
    expect(state.parameter[0]).toBeCloseTo(2 * (1 - 0.1 * 0.01) - 0.1, 6);
    expect(state.firstMoment[0]).toBeCloseTo(0.3, 6);
    expect(state.secondMoment[0]).toBeCloseTo(0.009, 8);
  });

  test('three steps agree with the published recurrence', () => {
    const state = tensors(0.5, 0);
    let [theta, m, v] = [0.5, 0, 0];
    [0.2, -1.5, 0.01].forEach((g, i) => {
      state.gradient[0] = g;
      adamW(state, { ...options, step: i + 1 }, true, 0.5);
      theta *= 1 - 0.1 * 0.01;
      m = 0.9 * m + 0.1 * g * 0.5;
      v = 0.999 * v + 0.001 * (g * 0.5) ** 2;
      const mHat = m / (1 - 0.9 ** (i + 1));
      const vHat = v / (1 - 0.999 ** (i + 1));
      theta -= (0.1 * mHat) / (Math.sqrt(vHat) + 1e-8);
    });
    expect(state.parameter[0]).toBeCloseTo(theta, 6);
  });

  test('decay can be kept from biases and norms', () => {
    expect(decays('bias', 'all')).toBe(true);
    expect(decays('weight', 'no-bias-no-norm')).toBe(true);
    expect(decays('bias', 'no-bias-no-norm')).toBe(false);
    expect(decays('norm', 'no-bias-no-norm')).toBe(false);
    const state = tensors(2, 0);
    adamW(state, options, false, 1);
    expect(state.parameter[0]).toBe(2);
  });
});

describe('clipping', () => {
  test('the norm spans all tensors and keeps what float32 would lose', () => {
    expect(globalNorm([Float32Array.of(3), Float32Array.of(0, 4)])).toBe(5);
    const many = new Float32Array(1 << 20).fill(1e-4);
    // Beside 1, a float32 sum would drop every single 1e-8.
    expect(globalNorm([Float32Array.of(1), many])).toBeCloseTo(Math.sqrt(1 + 2 ** 20 * 1e-8), 7);
  });

  test('only norms above the ceiling are scaled', () => {
    expect(clipFactor(10, 1)).toBeCloseTo(0.1, 6);
    expect(clipFactor(0.5, 1)).toBe(1);
    expect(clipFactor(10, null)).toBe(1);
  });
});
