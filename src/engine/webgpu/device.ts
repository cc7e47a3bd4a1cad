import { EngineError } from '../errors.ts';

/** A device with the limits and features it granted. */
export interface GpuDevice {
  readonly device: GPUDevice;
  readonly name: string;
  readonly isSoftware: boolean;
  readonly limits: Readonly<Record<string, number>>;
  readonly features: readonly string[];
  /** Threads of a subgroup where that is one number; null: it varies, or there are none. */
  readonly subgroupSize: number | null;
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

const wantedFeatures = [
  'shader-f16',
  'subgroups',
  'timestamp-query',
] as const satisfies readonly GPUFeatureName[];

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
  const { subgroupMinSize, subgroupMaxSize } = adapter.info;
  const name = [vendor, architecture || model, description].filter(Boolean).join(' ') || 'unnamed adapter';
  return {
    device,
    name,
    isSoftware: /swiftshader|llvmpipe|software|basic render/i.test(`${name} ${model}`),
    limits: requiredLimits,
    features,
    subgroupSize:
      features.includes('subgroups') && subgroupMinSize === subgroupMaxSize ? subgroupMinSize : null,
    compilesInParallel,
  };
}
