import { expose } from '../rpc.ts';

/** A service that ends as a test wishes. */
export interface Frail {
  /** Calls that this worker was asked, this one included. */
  count(): Promise<number>;
  never(): Promise<void>;
  /** Leaves the thread no time for anything else. */
  busy(milliseconds: number): Promise<void>;
  /** Ends the worker before it answers. */
  close(): Promise<void>;
  /** An error that nobody catches. */
  throwLater(): Promise<void>;
}

let calls = 0;

expose({
  count: async () => ++calls,
  never: () => new Promise(() => undefined),
  async busy(milliseconds) {
    for (const end = performance.now() + milliseconds; performance.now() < end;);
  },
  close() {
    self.close();
    return new Promise(() => undefined);
  },
  async throwLater() {
    setTimeout(() => {
      throw new Error('uncaught');
    });
  },
} satisfies Frail);
