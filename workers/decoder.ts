import { browserDecoderDependencies } from '../src/services/decoder/browser.ts';
import { DecoderHost } from '../src/services/decoder/service.ts';
import { opfsModelStorage } from '../src/services/models/storage.ts';
import { expose } from '../src/services/rpc.ts';

expose(new DecoderHost(browserDecoderDependencies(opfsModelStorage)));
