import type { DeviceReport, Hyperparameters, TrainingEvent } from './contract.ts';
import { TrainerError } from './errors.ts';

/** Why a device has no half-precision products; null where it has. */
export function noHalvesBecause(device: DeviceReport): string | null {
  if (device.lowering !== 'webgpu') return 'The CPU path computes in f32.';
  if (!device.features.includes('shader-f16')) return `${device.name} does not offer shader-f16.`;
  return null;
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
  const { precision } = hyperparameters;
  if (precision === undefined || precision === 'f32') return hyperparameters;
  const reason = noHalvesBecause(device);
  // Software adapters gain nothing by halves.
  if (precision === 'auto')
    return { ...hyperparameters, precision: reason === null && !device.isSoftware ? 'f16' : 'f32' };
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
