/** Work between two breaths: an abort, or a question from the page, waits no longer than this and one block of work. */
const defaultIntervalMs = 30;

/**
 * Lets the thread's other tasks run (messages, aborts, frames), at most every `intervalMs`; between that it costs one clock
 * read. Buffered streams answer in microtasks only, so a loop over one starves every message without it. A message channel,
 * because timers are held back to 4 ms and more.
 */
export function breather(intervalMs = defaultIntervalMs): () => Promise<void> | undefined {
  let last = performance.now();
  return () => {
    if (performance.now() - last < intervalMs) return undefined;
    return rest();
  };

  async function rest(): Promise<void> {
    await nextTask();
    last = performance.now();
  }
}

/** Resolves in a task of its own, after those that wait already. */
export function nextTask(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}

/** Passes chunks on, with a breath between them where one is due. */
export async function* breathing<T>(chunks: AsyncIterable<T>, intervalMs?: number): AsyncGenerator<T> {
  const breathe = breather(intervalMs);
  for await (const chunk of chunks) {
    await breathe();
    yield chunk;
  }
}
