import { Instructions } from '../src/services/instructions/service.ts';
import { opfsModelStorage } from '../src/services/models/storage.ts';
import { expose } from '../src/services/rpc.ts';

expose(new Instructions(opfsModelStorage));
