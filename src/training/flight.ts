/** Answers that are still to come, taken in the order they were asked for. */
export interface Flight<T> {
  readonly size: number;
  take(answer: Promise<T>): void;
  /**
   * Waits until at most `most` are still to come. Throws the first failure, once nothing is to come any more: what was asked for
   * after a failed one has no meaning.
   */
  land(most: number): Promise<void>;
}

/** `onLanded` sees each answer in turn. */
export function createFlight<T>(onLanded: (value: T) => void): Flight<T> {
  const pending: Promise<T>[] = [];
  return {
    get size() {
      return pending.length;
    },
    take(answer) {
      // Its failure is reported when its turn comes.
      answer.catch(() => undefined);
      pending.push(answer);
    },
    async land(most) {
      while (pending.length > Math.max(0, most)) {
        try {
          const value = await (pending[0] as Promise<T>);
          pending.shift();
          onLanded(value);
        } catch (error) {
          await Promise.allSettled(pending.splice(0));
          throw error;
        }
      }
    },
  };
}
