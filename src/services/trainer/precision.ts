import type { DeviceReport, Hyperparameters, TrainingEvent } from './contract.ts';
import { TrainerError } from './errors.ts';

/** Why a device has no half-precision products; null where it has. */
export function noHalvesBecause(device: DeviceReport): string | null {
  if (device.lowering !== 'webgpu') return 'The CPU path computes in f32.';
  if (!device.features.includes('shader-f16')) return `${device.name} does not offer shader-f16.`;
  return null;
}

/** Why a device's matrix instructions are not to be had; null where they are. */
export function noMatricesBecause(device: DeviceReport): string | null {
  const noHalves = noHalvesBecause(device);
  if (noHalves !== null || device.subgroupMatrix) return noHalves;
  return device.features.includes('chromium-experimental-subgroup-matrix')
    ? `${device.name} has none of a size that fits the kernels.`
    : `The browser exposes none of ${device.name}: in Chrome they need the flag “Unsafe WebGPU Support”.`;
}

/**
 * The settings with a precision and kernels that the device has. A run that asks for matrix instructions is refused where there are none; one
 * that was begun with them goes on without, which is told. Throws `limit-too-small`.
 */
export function settleProducts(
  hyperparameters: Hyperparameters,
  device: DeviceReport,
  isResumed: boolean,
  onEvent: (event: TrainingEvent) => void,
): Hyperparameters {
  const settled = settlePrecision(hyperparameters, device, isResumed, onEvent);
  if (settled.matrixInstructions !== 'on') return settled;
  const reason = noMatricesBecause(device);
  if (reason === null) return settled;
  if (!isResumed)
    throw new TrainerError(
      'limit-too-small',
      `Matrix instructions are not possible here: ${reason}`,
      'Choose other kernels in the training cell, or turn the flag on and start the browser again.',
      { feature: 'chromium-experimental-subgroup-matrix', device: device.name },
    );
  onEvent({
    kind: 'warning',
    code: 'kernels-changed',
    message: `This run was begun with matrix instructions and goes on without: ${reason}`,
    remedy: 'Nothing to do; only a run by the same instructions repeats bit for bit.',
  });
  return { ...settled, matrixInstructions: 'off' };
}

/**
 * The settings with a precision that the device has: `auto` becomes one of the two and stays it. A run that was begun with halves goes on in
 * f32 where there are none, which is told. Throws `limit-too-small` where a new run asks for what the device lacks.
 */
export function settlePrecision(
  hyperparameters: Hyperparameters,
  device: DeviceReport,
  isResumed: boolean,
  onEvent: (event: TrainingEvent) => void,
): Hyperparameters {
  const { precision, matrixInstructions } = hyperparameters;
  if (precision === undefined || precision === 'f32') return hyperparameters;
  const reason = noHalvesBecause(device);
  // Software adapters gain nothing by halves, but matrix instructions, asked for by name, multiply nothing else.
  const isWorthIt = !device.isSoftware || matrixInstructions === 'on';
  if (precision === 'auto')
    return { ...hyperparameters, precision: reason === null && isWorthIt ? 'f16' : 'f32' };
  if (reason === null) return hyperparameters;
  if (!isResumed)
    throw new TrainerError(
      'limit-too-small',
      `Half-precision products are not possible here: ${reason}`,
      'Set Precision to Automatic or 32 bits, or choose a device with half precision.',
      { feature: 'shader-f16', device: device.name },
    );
  onEvent({
    kind: 'warning',
    code: 'precision-changed',
    message: `This run was begun with half-precision products and goes on in 32 bits: ${reason}`,
    remedy: 'Nothing to do; only a run on one device repeats bit for bit.',
  });
  return { ...hyperparameters, precision: 'f32' };
}
