import * as Comlink from 'comlink';
import { fromWire, toWire, VerbenaError, type ErrorWire } from '../base/errors.ts';

// Comlink carries the calls; these handlers make errors, callbacks and abort signals cross threads whole.

interface ThrownWire {
  readonly wire: ErrorWire;
}

Comlink.transferHandlers.set('throw', {
  canHandle: (value): value is { value: unknown } =>
    typeof value === 'object' &&
    value !== null &&
    Object.getOwnPropertySymbols(value).length > 0 &&
    'value' in value,
  serialize: ({ value }: { value: unknown }): [ThrownWire, Transferable[]] => [{ wire: toWire(value) }, []],
  deserialize: ({ wire }: ThrownWire): never => {
    throw fromWire(wire);
  },
});

Comlink.transferHandlers.set('signal', {
  canHandle: (value): value is AbortSignal =>
    typeof AbortSignal !== 'undefined' && value instanceof AbortSignal,
  serialize(signal: AbortSignal): [{ aborted: boolean; port: MessagePort }, Transferable[]] {
    const { port1, port2 } = new MessageChannel();
    signal.addEventListener('abort', () => port1.postMessage('abort'), { once: true });
    return [{ aborted: signal.aborted, port: port2 }, [port2]];
  },
  deserialize({ aborted, port }: { aborted: boolean; port: MessagePort }): AbortSignal {
    const controller = new AbortController();
    if (aborted) controller.abort();
    port.addEventListener('message', () => {
      controller.abort();
      port.close();
    });
    port.start();
    return controller.signal;
  },
});

Comlink.transferHandlers.set('function', {
  canHandle: (value): value is (...args: unknown[]) => void =>
    typeof value === 'function' && !(Comlink.proxyMarker in value),
  serialize(callback: (...args: unknown[]) => void): [MessagePort, Transferable[]] {
    const { port1, port2 } = new MessageChannel();
    port1.addEventListener('message', (event: MessageEvent<unknown[]>) => callback(...event.data));
    port1.start();
    return [port2, [port2]];
  },
  // One way on purpose: a worker never waits for the page to have drawn its progress.
  deserialize:
    (port: MessagePort) =>
    (...args: unknown[]): void =>
      port.postMessage(args),
});

/** Registers a service as the whole of a worker. */
export function expose(service: object): void {
  Comlink.expose(service);
}

/** A worker's service seen from the page; every method answers with a promise. */
export type Remote<Service> = Comlink.Remote<Service> & { readonly terminate: () => void };

/**
 * Wraps a worker in its typed protocol. A worker whose script cannot be loaded never answers: every call then rejects with
 * `worker-unavailable` instead of waiting for ever.
 */
export function connect<Service>(worker: Worker): Remote<Service> {
  const remote = Comlink.wrap<Service>(worker);
  const waiting = new Set<(error: VerbenaError) => void>();
  let unavailable: VerbenaError | null = null;
  let hasAnswered = false;
  worker.addEventListener('message', () => (hasAnswered = true), { once: true });
  worker.addEventListener('error', (event) => {
    // After the first answer the script is there: an uncaught error in it is no reason to give up on later calls.
    if (hasAnswered) return;
    unavailable = new VerbenaError(
      'worker-unavailable',
      'A part of Verbena could not be started.',
      'Reload the page. If it happens again, the server lacks a file of this version.',
      { reason: event.message ?? '' },
    );
    for (const reject of waiting) reject(unavailable);
    waiting.clear();
  });
  // Not a race against one promise that fails: what never settles holds on to every answer it was raced with.
  const orUnavailable = <T>(answer: Promise<T>): Promise<T> =>
    new Promise((resolve, reject) => {
      if (unavailable) return reject(unavailable);
      waiting.add(reject);
      void answer.then(resolve, reject).finally(() => waiting.delete(reject));
    });
  return new Proxy(remote, {
    get: (target, key, receiver) => {
      if (key === 'terminate') return () => worker.terminate();
      const member: unknown = Reflect.get(target, key, receiver);
      if (typeof member !== 'function' || typeof key === 'symbol' || key === 'then') return member;
      return (...args: unknown[]) =>
        orUnavailable((member as (...args: unknown[]) => Promise<unknown>)(...args));
    },
  }) as Remote<Service>;
}

/** Hands buffers over instead of copying them. */
export function transfer<T>(value: T, buffers: Transferable[]): T {
  return Comlink.transfer(value, buffers);
}
