import { openBrowserGpu } from '../src/services/clusterer/gpuSeat.ts';
import { Clusterer } from '../src/services/clusterer/service.ts';
import { expose } from '../src/services/rpc.ts';

expose(new Clusterer(openBrowserGpu));
