/** Order among tasks of which some may run beside each other and some only alone. */
export class Turns {
  private order: Promise<unknown> = Promise.resolve();
  private beside: Promise<unknown>[] = [];

  /** After all that was asked before, and before all that is asked later. */
  alone<T>(task: () => Promise<T>): Promise<T> {
    const result = Promise.all([this.order, ...this.beside]).then(task);
    this.beside = [];
    this.order = result.catch(() => undefined);
    return result;
  }

  /** Beside others of its kind, after what was asked to run alone. */
  sideBySide<T>(task: () => Promise<T>): Promise<T> {
    const result = this.order.then(task);
    const settled: Promise<unknown> = result
      .catch(() => undefined)
      .then(() => (this.beside = this.beside.filter((one) => one !== settled)));
    this.beside.push(settled);
    return result;
  }
}
