import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import * as Comlink from 'comlink';
import { describe, expect, it } from 'vitest';
import { VerbenaError } from '../base/errors.ts';
import { connect, type Remote } from './rpc.ts';

setFlagsFromString('--expose_gc');
const collectGarbage = runInNewContext('gc') as () => void;

interface Service {
  texts(count: number): Promise<string[]>;
  fail(): Promise<void>;
  until(signal: AbortSignal): Promise<string>;
}

const service: Service = {
  texts: async (count) => Array.from({ length: count }, (_, i) => `text ${i}`),
  fail: async () => {
    throw new VerbenaError('disk-full', 'No room.', 'Make some.', { bytes: 3 });
  },
  until: (signal) =>
    new Promise((resolve) => signal.addEventListener('abort', () => resolve('stopped'), { once: true })),
};

/** A channel is what a worker is to the page: messages, and an end. */
function connected(exposed: Service | null = service): { remote: Remote<Service>; worker: MessagePort } {
  const { port1, port2 } = new MessageChannel();
  if (exposed) Comlink.expose(exposed, port2 as unknown as Comlink.Endpoint);
  const worker = Object.assign(port1, { terminate: () => port1.close() });
  const words = { work: 'The service', lost: 'Nothing is.', remedy: 'Ask again.' };
  return { remote: connect<Service>(() => worker as unknown as Worker, words), worker: port1 };
}

describe('calls across threads', () => {
  it('carry answers, typed errors and stops', async () => {
    const { remote } = connected();
    expect(await remote.texts(2)).toEqual(['text 0', 'text 1']);
    await expect(remote.fail()).rejects.toMatchObject({
      code: 'disk-full',
      message: 'No room.',
      remedy: 'Make some.',
      details: { bytes: 3 },
    });
    const controller = new AbortController();
    const stopped = remote.until(controller.signal);
    controller.abort();
    expect(await stopped).toBe('stopped');
    remote.terminate();
  });

  it('hold on to no answer that the caller has let go of', async () => {
    const { remote } = connected();
    let answer: string[] | null = await remote.texts(1000);
    const held = new WeakRef(answer);
    answer = null;
    // What was awaited last stays reachable until another value takes its place.
    await remote.texts(1);
    await new Promise((resolve) => setTimeout(resolve, 10));
    collectGarbage();
    expect(held.deref()).toBeUndefined();
    remote.terminate();
  });

  it('end where an answer cannot be read', async () => {
    const { remote, worker } = connected();
    await remote.texts(1);
    const waiting = [remote.until(new AbortController().signal), remote.fail()];
    worker.dispatchEvent(new Event('messageerror'));
    for (const call of waiting) await expect(call).rejects.toMatchObject({ code: 'worker-lost' });
    remote.terminate();
  });

  it('reject where their arguments cannot be sent', async () => {
    const { remote } = connected();
    const unsendable = { nested: () => undefined } as unknown as number;
    await expect(remote.texts(unsendable)).rejects.toThrow(/clone/u);
    expect(await remote.texts(1)).toEqual(['text 0']);
    remote.terminate();
  });
});
