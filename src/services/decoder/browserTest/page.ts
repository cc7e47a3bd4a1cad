import type { Remote } from '../../rpc.ts';
import { connectDecoder } from '../client.ts';
import { defaultGeneration, defaultTuning, type DecoderService } from '../contract.ts';

/** What browser.test.ts drives: the real worker. */
export interface DecoderBench {
  readonly connect: () => Remote<DecoderService>;
  readonly defaultGeneration: typeof defaultGeneration;
  readonly defaultTuning: typeof defaultTuning;
}

declare global {
  interface Window {
    decoderBench: DecoderBench;
  }
}

window.decoderBench = { connect: connectDecoder, defaultGeneration, defaultTuning };
