import { EngineError } from '../errors.ts';
import type { Dims, Graph } from '../graph/types.ts';
import type { MatmulPrecision, MatmulTable, RowSums } from '../ops/matmul/tiles.ts';
import { grantedBindingBytes } from '../plan/plan.ts';
import type { GpuDevice } from './device.ts';
import type { KernelEnvironment } from './kernel.ts';
import { oneSize, type SubgroupSizes } from './subgroups.ts';

export interface WebGpuSessionOptions {
  readonly gpu: GpuDevice;
  readonly training: Graph;
  readonly inference: Graph;
  /** The most a micro-batch may hold. */
  readonly capacity: Dims;
  /** Overrides the choice of kernels for this device; tests run both. */
  readonly avoidsBarriers?: boolean;
  /** Kernels for matrix products, tuned on this adapter; absent: the fallback. A run that resumes must bring the same (docs/kernels.md). */
  readonly matmul?: MatmulTable;
  /** `f16` rounds the operands of matrix products; needs the feature `shader-f16`. Default f32. */
  readonly precision?: MatmulPrecision;
  /** With `f16`, on any device: the same roundings, held in f32. For tests. */
  readonly emulatesHalf?: boolean;
  /** With `f16`: matrix instructions, where the device exposes them. Default false: an experiment of Chrome's. */
  readonly usesSubgroupMatrices?: boolean;
  /** Longest a submission should keep the GPU from other work. Default 100. */
  readonly submissionMs?: number;
  /** At most what the device grants, its default: with less, parameters are laid out as on a device that grants less. */
  readonly maxBindingBytes?: number;
  /** False runs every node as its own kernel: for tests and benchmarks. */
  readonly isFused?: boolean;
}

/** Bytes that one binding may span. */
export function bindingBytesOf({
  gpu,
  maxBindingBytes = Number.POSITIVE_INFINITY,
}: WebGpuSessionOptions): number {
  return Math.min(maxBindingBytes, grantedBindingBytes(gpu.limits));
}

/**
 * What kernels are chosen by. Throws `limit-too-small` where f16 or matrix instructions are asked for and the device has none,
 * `graph-invalid` where half products would be updated by layer without measuring the gradient.
 */
export function environmentOf(options: WebGpuSessionOptions): KernelEnvironment {
  const { gpu, capacity, avoidsBarriers, matmul, precision } = options;
  const { emulatesHalf = false, usesSubgroupMatrices = false } = options;
  if (precision === 'f16' && !emulatesHalf && !gpu.features.includes('shader-f16')) {
    throw new EngineError(
      'limit-too-small',
      `${gpu.name} does not offer shader-f16.`,
      'Train in f32, or on a device with half precision.',
      { feature: 'shader-f16' },
    );
  }
  if (precision === 'f16' && options.training.updates?.measured.size === 0)
    throw new EngineError(
      'graph-invalid',
      'Half-precision products may overflow: an update by layer has to measure the gradient first.',
      'Plan with a measuring pass.',
    );
  if (usesSubgroupMatrices && (precision !== 'f16' || !gpu.subgroupMatrix)) {
    throw new EngineError(
      'limit-too-small',
      `${gpu.name} offers no matrix instructions on halves${precision === 'f16' ? '' : ' to products in f32'}.`,
      'Leave them off; in Chrome they also need the flag --enable-unsafe-webgpu.',
      { feature: 'chromium-experimental-subgroup-matrix' },
    );
  }
  const isTable = matmul?.adapter === gpu.name && matmul.precision === (precision ?? 'f32');
  const table = matmul && isTable ? matmul : null;
  return {
    capacity,
    maxBindingBytes: bindingBytesOf(options),
    ...(usesSubgroupMatrices && gpu.subgroupMatrix ? { subgroupMatrix: gpu.subgroupMatrix } : {}),
    avoidsBarriers: avoidsBarriers ?? gpu.isSoftware,
    subgroups: usesSubgroups(gpu.subgroups, table?.rowSums) ? gpu.subgroups : null,
    ...(table ? { matmul: table } : {}),
    ...(precision ? { precision, emulatesHalf } : {}),
  };
}

/** Where the tuner has not looked, subgroups are used if all have one size. */
function usesSubgroups(subgroups: SubgroupSizes | null, measured: RowSums | undefined): boolean {
  return measured === undefined ? oneSize(subgroups) !== null : measured === 'subgroups';
}
