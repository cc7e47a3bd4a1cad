import { get, set } from 'idb-keyval';
import type { SubgroupMatrix } from '../../engine/ops/matmul/subgroupMatrix.ts';
import { shapeClass, type MatmulPrecision, type MatmulTable } from '../../engine/ops/matmul/tiles.ts';
import type { GpuDevice } from '../../engine/webgpu/device.ts';
import { mergeMatmulTables, readMatmulTable } from '../../engine/webgpu/tuner/table.ts';
import { tuneMatmul } from '../../engine/webgpu/tuner/tune.ts';
import type { MatmulChooser } from '../../models/create.ts';
import type { KernelReport } from './contract.ts';
import { once, type FileStore } from '../../training/checkpoints/fileStore.ts';

// Which tile forms a matrix product decides the order of its sums, so the choice is part of what makes a run repeat bit for bit. It
// is measured once an adapter and remembered there; each run also keeps the table it was begun with, which outlives a cleared
// memory of adapters, and takes no other on that adapter.

/** The tables of one run, by adapter: a run may have changed devices. */
export interface RunKernels {
  /** Steps were made before. */
  readonly isResumed: boolean;
  read(adapter: string): Promise<unknown>;
  write(table: MatmulTable): Promise<void>;
}

/** Tables remembered for all runs of this browser. */
export interface AdapterTables {
  read(adapter: string, precision: MatmulPrecision): Promise<unknown>;
  write(table: MatmulTable): Promise<void>;
}

const fileName = 'kernels.json';

export function runKernels(files: FileStore, isResumed: boolean): RunKernels {
  const all = async (): Promise<Record<string, unknown>> => {
    try {
      const blob = await files.read(fileName);
      return blob ? (JSON.parse(await blob.text()) as Record<string, unknown>) : {};
    } catch {
      // A damaged table costs bits, not the run.
      return {};
    }
  };
  return {
    isResumed,
    read: async (adapter) => (await all())[adapter],
    async write(table) {
      await files.write(fileName, once(JSON.stringify({ ...(await all()), [table.adapter]: table })));
    },
  };
}

const keyOf = (adapter: string, precision: MatmulPrecision) =>
  `matmul.v1.${precision === 'f32' ? '' : `${precision}.`}${adapter}`;

/** In IndexedDB. Where that is closed (private windows), every session tunes anew, and runs still keep their own. */
export const adapterTables: AdapterTables = {
  read: (adapter, precision) => get<unknown>(keyOf(adapter, precision)).catch(() => null),
  write: (table) => set(keyOf(table.adapter, table.precision), table).catch(() => undefined),
};

export interface ChooserOptions {
  readonly gpu: GpuDevice;
  readonly run: RunKernels;
  readonly store: AdapterTables;
  /** False leaves the fallback kernels. Default true. */
  readonly tunes?: boolean;
  /** Default f32. */
  readonly precision?: MatmulPrecision;
  readonly signal?: AbortSignal;
}

/**
 * The kernels of a run's matrix products. A run that goes on takes those it was begun with on this adapter, or none (the fallback); a
 * new one those remembered for the adapter, completed by tuning what they lack in about half a second. Throws `aborted`, `device-lost`.
 */
export function matmulChooser(options: ChooserOptions): MatmulChooser {
  const { gpu, run, store, tunes = true, precision = 'f32', signal } = options;
  return async (shapes) => {
    if (run.isResumed) return readMatmulTable(await run.read(gpu.name), gpu.name, precision);
    if (!tunes || gpu.isSoftware) return null;
    let table = readMatmulTable(await store.read(gpu.name, precision), gpu.name, precision);
    const unknown = shapes.filter((shape) => !table?.choices[shapeClass(shape)]);
    const isNew = gpu.subgroups !== null && table?.rowSums === undefined;
    if (unknown.length > 0 || isNew) {
      table = mergeMatmulTables(
        table,
        await tuneMatmul(gpu, unknown, { precision, ...(signal ? { signal } : {}) }),
      );
      await store.write(table);
    }
    if (table) await run.write(table);
    return table;
  };
}

/** What a run tells of its kernels; `matrix`: the instructions that form its products, if any do. */
export function kernelReport(
  table: MatmulTable | null,
  precision: MatmulPrecision,
  matrix: SubgroupMatrix | null = null,
): KernelReport {
  return {
    precision,
    ...(matrix ? { matrix } : {}),
    isTuned: table !== null,
    peakGflops: table && table.peakGflops > 0 ? table.peakGflops : null,
    choices: Object.entries(table?.choices ?? {}).map(([shapes, { tile, splits }]) => ({
      shapes,
      tile,
      splits,
    })),
  };
}
