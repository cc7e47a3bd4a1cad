import { connect, type Remote } from '../rpc.ts';
import type { InstructionsService } from './contract.ts';

/** Starts an instructions worker. It keeps the tagger between calls. */
export function connectInstructions(): Remote<InstructionsService> {
  return connect<InstructionsService>(
    new Worker(new URL('../../../workers/instructions.ts', import.meta.url), {
      type: 'module',
      name: 'instructions',
    }),
  );
}
