import { expect, test } from 'vitest';
import { quickHyperparameters } from '../../training/testing/rows.ts';
import type { DeviceReport, TrainingEvent } from './contract.ts';
import { noHalvesBecause, settlePrecision } from './precision.ts';

const card: DeviceReport = {
  lowering: 'webgpu',
  name: 'some card',
  reason: null,
  isSoftware: false,
  limits: {},
  features: ['shader-f16'],
};
const cpu: DeviceReport = { ...card, lowering: 'onnx', name: '2 threads', features: [] };
const old: DeviceReport = { ...card, name: 'old card', features: [] };

const settle = (precision: 'auto' | 'f32' | 'f16' | undefined, device: DeviceReport, isResumed = false) => {
  const events: TrainingEvent[] = [];
  const settled = settlePrecision({ ...quickHyperparameters, precision }, device, isResumed, (e) =>
    events.push(e),
  );
  return { precision: settled.precision, events };
};

test('automatic takes halves where a card has them, and 32 bits elsewhere', () => {
  expect(settle('auto', card).precision).toBe('f16');
  for (const device of [cpu, old, { ...card, isSoftware: true }])
    expect(settle('auto', device).precision).toBe('f32');
  expect(settle(undefined, card).precision).toBeUndefined();
  expect(settle('f32', card).precision).toBe('f32');
});

test('halves asked for where there are none: a new run is refused with the reason, a resumed one goes on in 32 bits', () => {
  expect(settle('f16', card).precision).toBe('f16');
  expect(() => settle('f16', old)).toThrow(/old card does not offer shader-f16/);
  const { precision, events } = settle('f16', cpu, true);
  expect(precision).toBe('f32');
  expect(events).toMatchObject([{ kind: 'warning', code: 'precision-changed' }]);
  expect(noHalvesBecause(card)).toBeNull();
});
