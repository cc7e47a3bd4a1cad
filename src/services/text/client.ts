import { connect, type Remote } from '../rpc.ts';
import type { TextService } from './contract.ts';

/** Starts the text worker: it cleans and tokenises, over a pool of its own. */
export function connectText(): Remote<TextService> {
  return connect<TextService>(
    () =>
      new Worker(new URL('../../../workers/text.ts', import.meta.url), {
        type: 'module',
        name: 'text',
      }),
    {
      work: 'Preparing the texts',
      lost: 'Tokens that were not finished are lost; nothing else is.',
      remedy: 'Run the cell again. If it happens again, close other tabs to free memory.',
    },
  );
}
