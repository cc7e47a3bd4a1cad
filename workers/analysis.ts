import { Analysis } from '../src/services/analysis/service.ts';
import { expose } from '../src/services/rpc.ts';

expose(new Analysis());
