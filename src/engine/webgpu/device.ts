import { EngineError } from '../errors.ts';
import type { SubgroupMatrix } from '../ops/matmul/subgroupMatrix.ts';
import { matrixOf, pinnedMatrix, type MatrixConfigs } from './matrices.ts';
import { oneSize, provenSubgroups, type SubgroupSizes } from './subgroups.ts';

/** A device with the limits and features it granted. */
export interface GpuDevice {
  readonly device: GPUDevice;
  readonly name: string;
  readonly isSoftware: boolean;
  readonly limits: Readonly<Record<string, number>>;
  readonly features: readonly string[];
  /** Threads of a subgroup: the fewest and the most that a kernel may be given; null: there are none, or not as they are said to be. */
  readonly subgroups: SubgroupSizes | null;
  /** Matrix instructions on halves with sums in f32, where the browser exposes them (a flag in Chrome); null: none. */
  readonly subgroupMatrix: SubgroupMatrix | null;
  /** False where the implementation (Dawn in Node) breaks when several pipelines compile at once. */
  readonly compilesInParallel: boolean;
}

const wantedLimits = [
  'maxBufferSize',
  'maxStorageBufferBindingSize',
  'maxComputeWorkgroupStorageSize',
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupSizeX',
  'maxComputeWorkgroupsPerDimension',
  'maxStorageBuffersPerShaderStage',
] as const;

/** Not in the types of WebGPU yet. */
const sizeFeature = 'subgroup-size-control';
/** Not in the types of WebGPU: an experiment of Chrome's. */
const matrixFeature = 'chromium-experimental-subgroup-matrix';

const wantedFeatures = [
  'shader-f16',
  'subgroups',
  sizeFeature,
  'timestamp-query',
  matrixFeature,
] as readonly GPUFeatureName[];

/** The adapter, or the reason why there is none: `webgpu-missing` with a remedy. */
export async function requestAdapter(gpu: GPU | undefined): Promise<GPUAdapter> {
  if (!gpu) {
    throw new EngineError(
      'webgpu-missing',
      'This browser offers no WebGPU.',
      'Use Chrome or Edge 113 or later with hardware acceleration on; until then the CPU path trains.',
    );
  }
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
  if (!adapter) {
    throw new EngineError(
      'webgpu-missing',
      'WebGPU is there, but it found no graphics adapter.',
      'Open chrome://gpu to see why; until then the CPU path trains.',
    );
  }
  return adapter;
}

/** Opens a device with the most the adapter grants of what the engine can use. */
export async function openDevice(gpu: GPU | undefined, compilesInParallel = true): Promise<GpuDevice> {
  const adapter = await requestAdapter(gpu);
  const requiredLimits: Record<string, number> = {};
  for (const limit of wantedLimits) requiredLimits[limit] = adapter.limits[limit];
  const features = wantedFeatures.filter((feature) => adapter.features.has(feature));
  const device = await adapter.requestDevice({ requiredLimits, requiredFeatures: features });
  const { vendor, architecture, device: model, description } = adapter.info;
  const name = [vendor, architecture || model, description].filter(Boolean).join(' ') || 'unnamed adapter';
  const subgroups = features.includes('subgroups') ? await provenSubgroups(device, adapter.info) : null;
  const has = (feature: string) => features.includes(feature as GPUFeatureName);
  const configs = has(matrixFeature) && has('shader-f16') ? (adapter.info as MatrixConfigs) : {};
  const subgroupMatrix =
    matrixOf(configs, oneSize(subgroups)) ??
    (has(sizeFeature) ? await pinnedMatrix(device, configs, subgroups) : null);
  return {
    device,
    name,
    isSoftware: /swiftshader|llvmpipe|software|basic render/i.test(`${name} ${model}`),
    limits: requiredLimits,
    features,
    subgroups,
    subgroupMatrix,
    compilesInParallel,
  };
}

/** What `make` builds on a device of its own, whose memory is free again once what was made is disposed of, or could not be made. */
export async function onOwnDevice<Made extends { dispose(): void }>(
  gpu: GPU | undefined,
  make: (gpu: GpuDevice) => Promise<Made>,
): Promise<Made> {
  const own = await openDevice(gpu);
  try {
    const made = await make(own);
    const dispose = made.dispose.bind(made);
    made.dispose = () => {
      dispose();
      own.device.destroy();
    };
    return made;
  } catch (error) {
    own.device.destroy();
    throw error;
  }
}
