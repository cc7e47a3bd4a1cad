import { createBaselineService } from '../src/services/baseline/service.ts';
import { expose } from '../src/services/rpc.ts';

expose(createBaselineService());
