import { GraphBuilder } from '../../graph/builder.ts';
import type { Dims } from '../../graph/types.ts';
import { layerNorm } from '../../ops/layerNorm/op.ts';
import type { RowSums } from '../../ops/matmul/tiles.ts';
import type { GpuDevice } from '../device.ts';
import type { SubgroupSizes } from '../subgroups.ts';
import type { Stopwatch } from './stopwatch.ts';
import { timeGraph } from './timeGraph.ts';

/** Rows of a base encoder. */
const width = 768;
const capacity: Dims = { T: 2048, B: 1, R: 1, K: 1 };

/** How norms add up on this device: by subgroups only where these were faster each time. Both have the same bits. */
export async function measureRowSums(
  gpu: GpuDevice,
  subgroups: SubgroupSizes,
  clock: Stopwatch,
): Promise<RowSums> {
  const g = new GraphBuilder();
  const [gamma, beta] = [g.input('gamma', [width], 'f32'), g.input('beta', [width], 'f32')];
  g.output('y', g.one(layerNorm(1e-5), [g.input('x', ['T', width], 'f32'), gamma, beta], 'y'));
  const graph = g.build();
  const time = (used: SubgroupSizes | null) =>
    timeGraph(gpu, clock, graph, { capacity, avoidsBarriers: false, subgroups: used });
  // In turns: a card that was idle gets faster meanwhile.
  const [once, onceBySubgroups] = [await time(null), await time(subgroups)];
  return fasterSums([once, await time(null)], [onceBySubgroups, await time(subgroups)]);
}

/** From times of either, in any unit. */
export function fasterSums(workgroup: readonly number[], subgroups: readonly number[]): RowSums {
  return Math.max(...subgroups) < Math.min(...workgroup) ? 'subgroups' : 'workgroup';
}
