import { Instructions } from '../src/services/instructions/service.ts';
import { expose } from '../src/services/rpc.ts';

expose(new Instructions());
