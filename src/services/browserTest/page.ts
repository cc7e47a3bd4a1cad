import { connect, type Remote } from '../rpc.ts';
import type { Frail } from './worker.ts';

/** What lost.test.ts drives: a real worker, and its handle as whatever ends it has it. */
export interface RpcBench {
  connect(script?: string): {
    readonly remote: Remote<Frail>;
    readonly worker: () => Worker;
    readonly started: () => number;
  };
}

declare global {
  interface Window {
    rpcBench: RpcBench;
  }
}

window.rpcBench = {
  connect(script) {
    const workers: Worker[] = [];
    const start = () => {
      const worker = script
        ? new Worker(script, { type: 'module' })
        : new Worker(new URL('worker.ts', import.meta.url), { type: 'module' });
      workers.push(worker);
      return worker;
    };
    const remote = connect<Frail>(start, {
      work: 'Counting',
      lost: 'Numbers are lost.',
      remedy: 'Count again.',
    });
    return { remote, worker: () => workers.at(-1) as Worker, started: () => workers.length };
  },
};
