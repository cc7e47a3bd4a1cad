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

/** What a worker posts once, when it holds its lock of life. Comlink passes over messages without an `id`. */
interface SignOfLife {
  readonly lifeLock: string;
}

/** Registers a service as the whole of a worker. */
export function expose(service: object): void {
  // A call that cannot be read (no memory for what it carries) would never be answered, and does not say which it was.
  addEventListener('messageerror', () => close());
  const early: MessageEvent[] = [];
  const collect = (event: MessageEvent) => void early.push(event);
  addEventListener('message', collect);
  // A call may leave this thread no time to speak: the page has to know of the lock before the first one begins.
  void signOfLife().then((sign) => {
    if (sign) postMessage(sign);
    removeEventListener('message', collect);
    Comlink.expose(service);
    for (const event of early) dispatchEvent(event);
  });
}

/**
 * Takes a lock for as long as this worker lives; null where there are no locks. Browsers tell a page nothing when a worker ends, but a
 * lock is let go with the worker that holds it, however it ends.
 */
function signOfLife(): Promise<SignOfLife | null> {
  if (typeof navigator.locks?.request !== 'function') return Promise.resolve(null);
  const lifeLock = `verbena/worker/${crypto.randomUUID()}`;
  return new Promise((resolve) => {
    navigator.locks
      .request(lifeLock, () => {
        resolve({ lifeLock });
        return new Promise(() => undefined);
      })
      // Refused, as to pages without an origin.
      .catch(() => resolve(null));
  });
}

/** A worker's service seen from the page; every method answers with a promise. */
export type Remote<Service> = Comlink.Remote<Service> & { readonly terminate: () => void };

/** How the page speaks of a worker that is lost. */
export interface WorkerWords {
  /** What it does, as the subject of a sentence: `Training`. */
  readonly work: string;
  /** A sentence: what went with its memory, and what did not. */
  readonly lost: string;
  readonly remedy: string;
}

export class WorkerError extends VerbenaError<'worker-unavailable' | 'worker-lost' | 'aborted'> {}

/**
 * A worker behind its typed protocol, started now. Every call ends: where the worker cannot be started, with `worker-unavailable`; where
 * it dies before it answers, with `worker-lost` in the words given; where it is terminated from here, with `aborted`. The first call
 * after a loss starts the worker anew, with nothing in its memory.
 */
export function connect<Service>(start: () => Worker, words: WorkerWords): Remote<Service> {
  let line: Line | null = null;
  let isTerminated = false;
  const open = (): Line => {
    const opened = openLine(start(), words, () => {
      if (line === opened) line = null;
    });
    line = opened;
    return opened;
  };
  open();
  const terminate = () => {
    isTerminated = true;
    line?.end(stopped());
  };
  return new Proxy(
    {},
    {
      get: (_target, key) => {
        if (key === 'terminate') return terminate;
        // Awaited itself, it is no promise.
        if (typeof key === 'symbol' || key === 'then') return undefined;
        return (...args: unknown[]) =>
          isTerminated ? Promise.reject(stopped()) : (line ?? open()).call(key, args);
      },
    },
  ) as Remote<Service>;
}

/** The way to one worker, from its start to its end. */
interface Line {
  call(method: string, args: readonly unknown[]): Promise<unknown>;
  /** Ends the worker, and with `error` every call that waits for it. */
  end(error: WorkerError): void;
}

type Callable = Readonly<Record<string, (...args: readonly unknown[]) => Promise<unknown>>>;

function openLine(worker: Worker, words: WorkerWords, onEnd: () => void): Line {
  const remote = Comlink.wrap(worker) as unknown as Callable;
  const waiting = new Set<(error: WorkerError) => void>();
  const watch = new AbortController();
  let hasSpoken = false;

  const end = (error: WorkerError) => {
    watch.abort();
    worker.terminate();
    onEnd();
    for (const reject of waiting) reject(error);
    waiting.clear();
  };
  worker.addEventListener('message', ({ data }: MessageEvent<Partial<SignOfLife> | null>) => {
    hasSpoken = true;
    if (typeof data?.lifeLock !== 'string') return;
    navigator.locks
      .request(data.lifeLock, { signal: watch.signal }, () => end(lost(words)))
      // Given up when the line ends.
      .catch(() => undefined);
  });
  worker.addEventListener('error', ({ message }) => {
    // Once it spoke the script is there: an uncaught error in it ends neither the worker nor its calls.
    if (!hasSpoken) end(unavailable(message));
  });
  // An answer came that cannot be read; whose it was, nobody knows.
  worker.addEventListener('messageerror', () => end(lost(words)));

  return {
    end,
    // Not a race against one promise that fails: what never settles holds on to every answer it was raced with.
    call: (method, args) =>
      new Promise((resolve, reject) => {
        const answer = remote[method]?.(...args);
        waiting.add(reject);
        void answer?.then(resolve, reject).finally(() => waiting.delete(reject));
      }),
  };
}

function unavailable(reason: string | undefined): WorkerError {
  return new WorkerError(
    'worker-unavailable',
    'A part of Verbena could not be started.',
    'Try again, or reload the page. If it happens again, the server lacks a file of this version.',
    { reason: reason ?? '' },
  );
}

function lost({ work, lost: what, remedy }: WorkerWords): WorkerError {
  return new WorkerError(
    'worker-lost',
    `${work} broke off: the browser ended the part of Verbena that does it, most often for want of memory. ${what}`,
    remedy,
  );
}

function stopped(): WorkerError {
  return new WorkerError('aborted', 'Stopped.', 'Start it again.');
}

/** Hands buffers over instead of copying them. */
export function transfer<T>(value: T, buffers: Transferable[]): T {
  return Comlink.transfer(value, buffers);
}
