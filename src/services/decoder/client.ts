import { connect, type Remote } from '../rpc.ts';
import type { DecoderService } from './contract.ts';

/** Starts a decoder worker. */
export function connectDecoder(): Remote<DecoderService> {
  return connect<DecoderService>(
    new Worker(new URL('../../../workers/decoder.ts', import.meta.url), {
      type: 'module',
      name: 'decoder',
    }),
  );
}
