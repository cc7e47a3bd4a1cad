import type { Dims, Graph } from '../../graph/types.ts';
import {
  matmulTiles,
  type MatmulPrecision,
  type MatmulShape,
  type MatmulTable,
} from '../../ops/matmul/tiles.ts';

/** Every matrix product of some graphs, at a plan's capacity; one entry a product. */
export function matmulShapes(graphs: readonly Graph[], capacity: Dims): MatmulShape[] {
  return graphs.flatMap(({ nodes }) =>
    nodes.flatMap((node) => node.operation.productShape?.(node, capacity) ?? []),
  );
}

/** A stored table if it is one of this adapter, precision and version, with tiles that still exist; else null. */
export function readMatmulTable(
  stored: unknown,
  adapter: string,
  precision: MatmulPrecision,
): MatmulTable | null {
  const table = stored as Partial<MatmulTable> | null | undefined;
  if (typeof table !== 'object' || table?.version !== 1) return null;
  if (table.adapter !== adapter || table.precision !== precision) return null;
  const { choices, peakGflops, rowSums } = table;
  if (typeof choices !== 'object' || choices === null || typeof peakGflops !== 'number') return null;
  const isSound = Object.values(choices).every(
    (choice) =>
      typeof choice === 'object' &&
      choice.tile in matmulTiles &&
      Number.isInteger(choice.splits) &&
      choice.splits >= 1 &&
      choice.splits <= 64,
  );
  const isKnown = rowSums === 'subgroups' || rowSums === 'workgroup';
  return isSound
    ? { version: 1, adapter, precision, choices, peakGflops, ...(isKnown ? { rowSums } : {}) }
    : null;
}

/**
 * Choices of both; where both know a class the older stands. A class' kernel decides the order of its sums, so a choice that runs have
 * been made with must never change under them.
 */
export function mergeMatmulTables(older: MatmulTable | null, newer: MatmulTable): MatmulTable {
  if (!older) return newer;
  const rowSums = older.rowSums ?? newer.rowSums;
  return {
    ...newer,
    ...(rowSums ? { rowSums } : {}),
    choices: { ...newer.choices, ...older.choices },
    peakGflops: Math.max(older.peakGflops, newer.peakGflops),
  };
}
