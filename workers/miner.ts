import { Miner } from '../src/services/miner/service.ts';
import { indexedDbMinerStorage } from '../src/services/miner/storage.ts';
import { expose } from '../src/services/rpc.ts';

expose(new Miner(indexedDbMinerStorage()));
