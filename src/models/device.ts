import { plural } from '../base/counts.ts';
import { VerbenaError } from '../base/errors.ts';
import type { SubgroupMatrix } from '../engine/ops/matmul/subgroupMatrix.ts';
import { onOwnDevice, openDevice } from '../engine/webgpu/device.ts';
import type { Lowering } from './lowering.ts';

export type LoweringName = 'webgpu' | 'onnx';

/** Where a model runs, and why there. */
export interface DeviceReport {
  readonly lowering: LoweringName;
  /** e.g. `NVIDIA ampere` or `2 threads of this CPU`. */
  readonly name: string;
  /** Why WebGPU is not used; null where it is. */
  readonly reason: string | null;
  readonly isSoftware: boolean;
  readonly limits: Readonly<Record<string, number>>;
  readonly features: readonly string[];
  /** Matrix instructions on halves, where the browser exposes some that the kernels can use; null or absent: none. */
  readonly subgroupMatrix?: SubgroupMatrix | null;
}

/** What of the environment decides where a model runs. */
export interface DeviceEnvironment {
  readonly gpu: GPU | undefined;
  readonly hardwareConcurrency: number;
  /** WASM threads need shared memory, which needs cross-origin isolation. */
  readonly crossOriginIsolated: boolean;
}

const ownEnvironment = (): DeviceEnvironment => ({
  gpu: navigator.gpu,
  hardwareConcurrency: navigator.hardwareConcurrency,
  crossOriginIsolated: globalThis.crossOriginIsolated,
});

/**
 * Says where a model would run and why, by default in this page or worker. `auto` takes WebGPU where there is a real adapter: a
 * software rasteriser is 50 to 90 times slower than the CPU path, so it is used only when asked for by name. Throws `webgpu-missing`
 * where WebGPU is asked for and absent.
 */
export async function reportDevice(
  preferred: LoweringName | 'auto',
  environment: DeviceEnvironment = ownEnvironment(),
): Promise<DeviceReport> {
  if (preferred === 'onnx') return cpuReport(environment, 'The CPU path was chosen.');
  try {
    const { device, name, isSoftware, limits, features, subgroupMatrix } = await openDevice(environment.gpu);
    device.destroy();
    if (isSoftware && preferred === 'auto')
      return cpuReport(
        environment,
        `The only WebGPU adapter here (${name}) is software, slower than the CPU path.`,
      );
    return { lowering: 'webgpu', name, reason: null, isSoftware, limits, features, subgroupMatrix };
  } catch (error) {
    if (preferred === 'webgpu') throw error;
    const why = error instanceof VerbenaError ? error.message : 'WebGPU failed to start.';
    return cpuReport(environment, why);
  }
}

/** Makes a model where `reportDevice` says; on WebGPU on a device of its own. Throws `webgpu-missing`, and what `make` throws. */
export async function createOnDevice<Made extends { dispose(): void }>(
  preferred: LoweringName | 'auto',
  make: (lowering: Lowering) => Promise<Made>,
): Promise<{ readonly made: Made; readonly device: DeviceReport }> {
  const device = await reportDevice(preferred);
  const made =
    device.lowering === 'onnx'
      ? await make({ kind: 'onnx' })
      : await onOwnDevice(navigator.gpu, (gpu) => make({ kind: 'webgpu', gpu }));
  return { made, device };
}

function cpuReport(environment: DeviceEnvironment, reason: string): DeviceReport {
  const { hardwareConcurrency, crossOriginIsolated } = environment;
  const threads = crossOriginIsolated ? Math.max(1, hardwareConcurrency) : 1;
  return {
    lowering: 'onnx',
    name: `${plural(threads, 'thread')} of this CPU`,
    reason: crossOriginIsolated
      ? reason
      : `${reason} One thread only: the page is not cross-origin isolated.`,
    isSoftware: true,
    limits: { threads },
    features: [],
  };
}
