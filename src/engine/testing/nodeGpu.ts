import { openDevice, type GpuDevice } from '../webgpu/device.ts';
import { oneSize } from '../webgpu/subgroups.ts';

type Opened = { gpu: GpuDevice } | { gpu: null; reason: string };

// Dawn's objects die with the object that `create` returned: it is kept for the life of the process.
const instances = new Map<string, GPU>();

/**
 * Opens WebGPU in Node through the npm package `webgpu` (Dawn); null with the reason where no driver answers. There a test
 * skips itself; under VERBENA_REQUIRE_GPU=1, which CI sets, this throws instead, and the test's file fails.
 */
export async function openNodeGpu(): Promise<Opened> {
  return open([]);
}

/** The same device with what browsers hide behind a flag: the adapter's matrix instructions, where it has some. */
export async function openExperimentalGpu(): Promise<Opened> {
  return open(['enable-dawn-features=allow_unsafe_apis']);
}

/** What `navigator.gpu` is in a browser. */
export async function nodeGpu(flags: string[] = []): Promise<GPU> {
  const { create, globals } = await import('webgpu');
  Object.assign(globalThis, globals);
  const key = flags.join(' ');
  const instance = instances.get(key) ?? create(flags);
  instances.set(key, instance);
  return instance;
}

async function open(flags: string[]): Promise<Opened> {
  try {
    const gpu = await openDevice(await nodeGpu(flags), false);
    return { gpu: breaksOnMatrices(gpu) ? { ...gpu, subgroupMatrix: null } : gpu };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    if (globalThis.process?.env['VERBENA_REQUIRE_GPU'] === '1')
      throw new Error(`WebGPU is required here (VERBENA_REQUIRE_GPU=1): ${reason}`, { cause: error });
    return { gpu: null, reason };
  }
}

/**
 * Mesa's llvmpipe, told to have wider subgroups than eight (`LP_NATIVE_VECTOR_WIDTH`), still offers matrix instructions, and dies of a kernel
 * that does no more than make a matrix and store it (26.2: "stack smashing detected").
 */
const breaksOnMatrices = ({ name, subgroups }: GpuDevice) =>
  name.includes('llvmpipe') && oneSize(subgroups) !== 8;
