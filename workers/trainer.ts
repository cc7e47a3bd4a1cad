import { opfsModelStorage } from '../src/services/models/storage.ts';
import { expose } from '../src/services/rpc.ts';
import { browserDependencies } from '../src/services/trainer/browser.ts';
import { createTrainerService } from '../src/services/trainer/service.ts';

expose(createTrainerService(browserDependencies(opfsModelStorage)));
