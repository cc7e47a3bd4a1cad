import { openDevice, type GpuDevice } from '../webgpu/device.ts';

// Dawn's objects die with the object that `create` returned: it is kept for the life of the process.
let instance: GPU | null = null;

/**
 * Opens WebGPU in Node through the npm package `webgpu` (Dawn); null with the reason where no driver answers. There a test
 * skips itself; under VERBENA_REQUIRE_GPU=1, which CI sets, this throws instead, and the test's file fails.
 */
export async function openNodeGpu(): Promise<{ gpu: GpuDevice } | { gpu: null; reason: string }> {
  try {
    const { create, globals } = await import('webgpu');
    Object.assign(globalThis, globals);
    instance ??= create([]);
    return { gpu: await openDevice(instance, false) };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    if (globalThis.process?.env['VERBENA_REQUIRE_GPU'] === '1')
      throw new Error(`WebGPU is required here (VERBENA_REQUIRE_GPU=1): ${reason}`, { cause: error });
    return { gpu: null, reason };
  }
}
