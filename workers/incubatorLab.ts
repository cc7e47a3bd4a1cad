import { IncubatorLabHost } from '../src/services/incubatorLab/service.ts';
import { expose } from '../src/services/rpc.ts';

expose(new IncubatorLabHost());
