/** Lets a reply's text through as it grows, and holds back what may yet turn out to be the beginning of a text that ends it. */
export class StopTexts {
  private held = '';

  constructor(private readonly stops: readonly string[]) {}

  /** What may be shown now; `isStopped`: a stop text has come, and what is shown ends before it. */
  push(text: string): { readonly text: string; readonly isStopped: boolean } {
    const all = this.held + text;
    const found = this.stops.map((stop) => (stop === '' ? -1 : all.indexOf(stop))).filter((at) => at >= 0);
    if (found.length > 0) {
      this.held = '';
      return { text: all.slice(0, Math.min(...found)), isStopped: true };
    }
    let keep = 0;
    for (const stop of this.stops)
      for (let length = Math.min(stop.length - 1, all.length); length > keep; length--)
        if (all.endsWith(stop.slice(0, length))) keep = length;
    this.held = all.slice(all.length - keep);
    return { text: all.slice(0, all.length - keep), isStopped: false };
  }

  /** What was still held back when the reply ended otherwise. */
  end(): string {
    const { held } = this;
    this.held = '';
    return held;
  }
}
