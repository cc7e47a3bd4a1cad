import { connect, type Remote } from '../rpc.ts';
import type { InstructionsService } from './contract.ts';

/** Starts an instructions worker. It keeps the tagger between calls. */
export function connectInstructions(): Remote<InstructionsService> {
  return connect<InstructionsService>(
    () =>
      new Worker(new URL('../../../workers/instructions.ts', import.meta.url), {
        type: 'module',
        name: 'instructions',
      }),
    {
      work: 'Reading the texts',
      lost: 'What was not finished is lost; nothing else is.',
      remedy: 'Run the cell again. If it happens again, close other tabs to free memory.',
    },
  );
}
