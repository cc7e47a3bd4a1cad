import { Generator } from '../src/services/generator/service.ts';
import { expose } from '../src/services/rpc.ts';

expose(new Generator());
