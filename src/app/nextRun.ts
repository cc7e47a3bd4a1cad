/**
 * What a press asks of a cell's next run beyond its settings, such as to go on with one that was stopped. `run` asks for the run
 * and resolves when it has ended.
 */
export function createNextRun<Request>(run: () => Promise<void>) {
  let pending: { readonly request: Request } | null = null;
  return {
    /** Asks for a run. Where none comes to be (read-only, one is under way), the request does not wait for a later press. */
    async start(request: Request): Promise<void> {
      const own = { request };
      pending = own;
      try {
        await run();
      } finally {
        if (pending === own) pending = null;
      }
    },

    /** The run's side: what was asked of it, once; null where nothing was. */
    take(): Request | null {
      const request = pending?.request ?? null;
      pending = null;
      return request;
    },
  };
}
