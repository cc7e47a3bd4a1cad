import { VerbenaError } from '../../base/errors.ts';
import { openDevice } from '../../engine/webgpu/device.ts';
import type { DeviceReport, LoweringName } from './contract.ts';

/** What of the environment decides where a model runs. */
export interface DeviceEnvironment {
  readonly gpu: GPU | undefined;
  readonly hardwareConcurrency: number;
  /** WASM threads need shared memory, which needs cross-origin isolation. */
  readonly crossOriginIsolated: boolean;
}

/**
 * Says where a model would run and why. `auto` takes WebGPU where there is a real adapter: a software rasteriser is 50 to 90
 * times slower than the CPU path, so it is used only when asked for by name. Throws `webgpu-missing` where
 * WebGPU is asked for and absent.
 */
export async function reportDevice(
  preferred: LoweringName | 'auto',
  environment: DeviceEnvironment,
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

function cpuReport(environment: DeviceEnvironment, reason: string): DeviceReport {
  const { hardwareConcurrency, crossOriginIsolated } = environment;
  const threads = crossOriginIsolated ? Math.max(1, hardwareConcurrency) : 1;
  return {
    lowering: 'onnx',
    name: `${threads} ${threads === 1 ? 'thread' : 'threads'} of this CPU`,
    reason: crossOriginIsolated
      ? reason
      : `${reason} One thread only: the page is not cross-origin isolated.`,
    isSoftware: true,
    limits: { threads },
    features: [],
  };
}
