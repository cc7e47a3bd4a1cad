import { openDevice, type GpuDevice } from '../webgpu/device.ts';

// Dawn's objects die with the object that `create` returned: it is kept for the life of the process.
let instance: GPU | null = null;

/** Opens WebGPU in Node through the npm package `webgpu` (Dawn); null with the reason where no driver answers. */
export async function openNodeGpu(): Promise<{ gpu: GpuDevice } | { gpu: null; reason: string }> {
  try {
    const { create, globals } = await import('webgpu');
    Object.assign(globalThis, globals);
    instance ??= create([]);
    return { gpu: await openDevice(instance, false) };
  } catch (error) {
    return { gpu: null, reason: error instanceof Error ? error.message : String(error) };
  }
}
