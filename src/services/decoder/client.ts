import { connect, type Remote } from '../rpc.ts';
import type { DecoderService } from './contract.ts';

/** Starts a decoder worker. */
export function connectDecoder(): Remote<DecoderService> {
  return connect<DecoderService>(
    () =>
      new Worker(new URL('../../../workers/decoder.ts', import.meta.url), {
        type: 'module',
        name: 'decoder',
      }),
    {
      work: 'The model in Verbena’s engine',
      lost: 'It is no longer loaded, and an adapter that was not kept is lost.',
      remedy:
        'Start again: the model is opened anew. If it happens again, close other tabs, or choose a smaller model.',
    },
  );
}
