import type { Remote } from '../../rpc.ts';
import { list } from '../../storage/opfs.ts';
import { connectCorpus } from '../client.ts';
import type { CorpusService } from '../contract.ts';

/** What service.test.ts drives: the real worker and a look into its OPFS. */
export interface CorpusBench {
  connect: () => Remote<CorpusService>;
  list: typeof list;
}

declare global {
  interface Window {
    bench: CorpusBench;
  }
}

window.bench = { connect: connectCorpus, list };
