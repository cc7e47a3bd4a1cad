import { promptedTokens } from '../src/services/embedder/prompted.ts';
import { browserTunerDependencies } from '../src/services/embedderTuner/browser.ts';
import { createEmbedderTuner } from '../src/services/embedderTuner/service.ts';
import { opfsModelStorage } from '../src/services/models/storage.ts';
import { expose } from '../src/services/rpc.ts';

expose(createEmbedderTuner(browserTunerDependencies({ models: opfsModelStorage, tokens: promptedTokens })));
