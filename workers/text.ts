import { opfsModelStorage } from '../src/services/models/storage.ts';
import { expose } from '../src/services/rpc.ts';
import { startTokenizeWorker } from '../src/services/text/pool.ts';
import { createTextService } from '../src/services/text/service.ts';
import { opfsTokenCache } from '../src/services/text/tokenCache.ts';

expose(
  createTextService({
    startWorker: startTokenizeWorker,
    cache: opfsTokenCache(),
    storage: opfsModelStorage,
    threads: navigator.hardwareConcurrency,
  }),
);
