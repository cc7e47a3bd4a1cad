/** Yields to the event loop, so that pause and stop messages arrive while a model that never waits is training. */
export function yieldToMessages(): Promise<void> {
  // Not setTimeout: browsers stretch nested timers to 4 ms, which a 2 ms step would feel.
  if (typeof setImmediate === 'function') return new Promise((resolve) => setImmediate(resolve));
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.addEventListener('message', () => {
      port1.close();
      resolve();
    });
    port1.start();
    port2.postMessage(null);
  });
}
