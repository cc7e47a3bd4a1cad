import type { Dims, Graph } from '../engine/graph/types.ts';
import { createOnnxSession } from '../engine/onnx/session.ts';
import type { MatmulPrecision, MatmulShape, MatmulTable } from '../engine/ops/matmul/tiles.ts';
import type { EngineSession } from '../engine/session.ts';
import type { GpuDevice } from '../engine/webgpu/device.ts';
import { createWebGpuSession } from '../engine/webgpu/session.ts';
import { matmulShapes } from '../engine/webgpu/tuner/table.ts';

/** Kernels for the products of a model, tuned or remembered; null: the fallback. */
export type MatmulChooser = (shapes: readonly MatmulShape[]) => Promise<MatmulTable | null>;

/** Where a model runs: an opened GPU, or onnxruntime's WASM. */
export type Lowering =
  | {
      readonly kind: 'webgpu';
      readonly gpu: GpuDevice;
      readonly matmul?: MatmulChooser;
      /** Default f32. */
      readonly precision?: MatmulPrecision;
      /** With `f16`: by matrix instructions. Default false. */
      readonly usesSubgroupMatrices?: boolean;
    }
  | { readonly kind: 'onnx'; readonly threads?: number };

/** Plans, allocates and compiles a model's graphs where it is to run. Throws `limit-too-small`, `out-of-memory`. */
export async function openSession(
  lowering: Lowering,
  graphs: { readonly training: Graph; readonly inference: Graph; readonly capacity: Dims },
): Promise<EngineSession> {
  if (lowering.kind === 'onnx') {
    const { threads } = lowering;
    return createOnnxSession({ ...graphs, ...(threads === undefined ? {} : { threads }) });
  }
  const { gpu, precision, usesSubgroupMatrices } = lowering;
  const { training, inference, capacity } = graphs;
  const matmul = await lowering.matmul?.(matmulShapes([...new Set([training, inference])], capacity));
  return createWebGpuSession({
    gpu,
    ...graphs,
    ...(matmul ? { matmul } : {}),
    ...(precision ? { precision } : {}),
    ...(usesSubgroupMatrices ? { usesSubgroupMatrices } : {}),
  });
}
