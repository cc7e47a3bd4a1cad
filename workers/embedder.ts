import { browserEmbedderDependencies } from '../src/services/embedder/browser.ts';
import { Embedder } from '../src/services/embedder/service.ts';
import { opfsModelStorage } from '../src/services/models/storage.ts';
import { expose } from '../src/services/rpc.ts';

expose(new Embedder(browserEmbedderDependencies(opfsModelStorage)));
