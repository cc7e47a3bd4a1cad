import type { Graph } from '../graph/types.ts';
import { updateByLayer } from './byLayer.ts';
import { storeHalves } from './halves.ts';
import { recompute, type Recompute } from './recompute.ts';

/** How a training graph trades time and digits for memory. */
export interface MemoryChoices {
  readonly recompute: Recompute;
  /** How what the backward pass reads is stored meanwhile; `f16`: see `storeHalves`. */
  readonly storage: 'f32' | 'f16';
  /**
   * When parameters change. `end` (and absent): after the backward pass, from gradients kept until then. `layers`: see `updateByLayer`; a
   * step is then one micro-batch.
   */
  readonly update?: 'end' | 'layers' | undefined;
}

export const keepEverything: MemoryChoices = { recompute: 'nothing', storage: 'f32' };

/**
 * A differentiated graph under these choices: same inputs, parameters, outputs and gradients. `measures`: an update by layer measures
 * the gradient first, which clipping and half-precision products need.
 */
export function applyMemoryChoices(graph: Graph, choices: MemoryChoices, measures = true): Graph {
  const remade = recompute(graph, choices.recompute);
  const stored = choices.storage === 'f16' ? storeHalves(remade) : remade;
  return choices.update === 'layers' ? updateByLayer(stored, measures) : stored;
}
