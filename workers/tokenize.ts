import { expose } from '../src/services/rpc.ts';
import { createTokenizeJob } from '../src/services/text/tokenizeJob.ts';

expose(createTokenizeJob());
