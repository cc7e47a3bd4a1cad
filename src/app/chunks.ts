import { createStore } from 'zustand/vanilla';
import { toWire, VerbenaError, type ErrorWire } from '../base/errors.ts';

export class ChunkError extends VerbenaError<'chunk-missing'> {}

/** A part of the page that is fetched when it is first needed. */
export type Chunk<T> =
  | { readonly kind: 'away' | 'coming' }
  | { readonly kind: 'here'; readonly value: T }
  | { readonly kind: 'failed'; readonly error: ErrorWire };

/**
 * Parts of the page by name, each fetched once. `load` throws `chunk-missing`; what failed is fetched again when it is asked
 * for again, after `beforeRetry`.
 */
export function createChunks<Id extends string, T>(
  loaders: Readonly<Record<Id, () => Promise<T>>>,
  beforeRetry: () => Promise<void> = refetchStyles,
) {
  type Chunks = Readonly<Record<Id, Chunk<T>>>;
  const ids = Object.keys(loaders) as Id[];
  const store = createStore<Chunks>(
    () => Object.fromEntries(ids.map((id) => [id, { kind: 'away' }])) as Record<Id, Chunk<T>>,
  );
  const coming = new Map<Id, Promise<T>>();
  const put = (id: Id, chunk: Chunk<T>) => store.setState({ [id]: chunk } as unknown as Partial<Chunks>);

  async function fetchOne(id: Id): Promise<T> {
    const isRetry = store.getState()[id].kind === 'failed';
    put(id, { kind: 'coming' });
    try {
      if (isRetry) await beforeRetry();
      const value = await loaders[id]();
      put(id, { kind: 'here', value });
      return value;
    } catch (cause) {
      const error = missing(cause);
      put(id, { kind: 'failed', error: toWire(error) });
      throw error;
    } finally {
      coming.delete(id);
    }
  }

  return {
    store,

    load(id: Id): Promise<T> {
      const now = store.getState()[id];
      if (now.kind === 'here') return Promise.resolve(now.value);
      const promise = coming.get(id) ?? fetchOne(id);
      coming.set(id, promise);
      return promise;
    },
  };
}

/** Runs one fetch after another while the page has nothing else to do; each sees to its own failure. */
export function fetchWhenIdle([next, ...rest]: readonly (() => Promise<unknown>)[]): void {
  if (!next) return;
  const fetchNext = () => void next().then(() => fetchWhenIdle(rest));
  // Not in every browser.
  if (typeof requestIdleCallback === 'function') requestIdleCallback(fetchNext, { timeout: 3000 });
  else setTimeout(fetchNext, 300);
}

function missing(cause: unknown): ChunkError {
  return new ChunkError(
    'chunk-missing',
    'This part of the page could not be loaded: the connection is gone, or Verbena was updated since this tab was opened.',
    'Try again once you are online. If that does not help, reload the page: the notebook is saved.',
    { reason: cause instanceof Error ? cause.message : String(cause) },
    cause,
  );
}

/** A module that is fetched anew takes the styles that came as for granted, also those that did not. */
async function refetchStyles(): Promise<void> {
  const lost = [...document.querySelectorAll<HTMLLinkElement>('link[rel=stylesheet]')].filter(
    ({ sheet }) => sheet === null,
  );
  await Promise.all(
    lost.map(
      (link) =>
        new Promise<void>((resolve, reject) => {
          const again = link.cloneNode() as HTMLLinkElement;
          again.addEventListener('load', () => resolve());
          again.addEventListener('error', () => reject(new Error(`${link.href} is missing.`)));
          link.replaceWith(again);
        }),
    ),
  );
}
