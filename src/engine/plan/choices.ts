import type { Graph } from '../graph/types.ts';
import { storeHalves } from './halves.ts';
import { recompute, type Recompute } from './recompute.ts';

/** How a training graph trades time and digits for memory. */
export interface MemoryChoices {
  readonly recompute: Recompute;
  /** How what the backward pass reads is stored meanwhile; `f16`: see `storeHalves`. */
  readonly storage: 'f32' | 'f16';
}

export const keepEverything: MemoryChoices = { recompute: 'nothing', storage: 'f32' };

/** A differentiated graph under these choices: same inputs, parameters, outputs and gradients. */
export function applyMemoryChoices(graph: Graph, choices: MemoryChoices): Graph {
  const remade = recompute(graph, choices.recompute);
  return choices.storage === 'f16' ? storeHalves(remade) : remade;
}
