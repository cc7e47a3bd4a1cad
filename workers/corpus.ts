import { Corpus } from '../src/services/corpus/service.ts';
import { expose } from '../src/services/rpc.ts';

expose(new Corpus());
