/** An error as it crosses a thread: plain data, nothing lost on the way. */
export interface ErrorWire {
  readonly code: string;
  readonly message: string;
  readonly remedy: string;
  readonly details: Readonly<Record<string, unknown>>;
}

/**
 * Every error Verbena raises on purpose: a literal code to branch on, a sentence that says what happened and
 * one that says what to do. Each module narrows `Code` to its own literals in a subclass.
 */
export class VerbenaError<Code extends string = string> extends Error implements ErrorWire {
  readonly code: Code;
  readonly remedy: string;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(
    code: Code,
    message: string,
    remedy: string,
    details: Record<string, unknown> = {},
    cause?: unknown,
  ) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = new.target.name;
    this.code = code;
    this.remedy = remedy;
    this.details = details;
  }
}

/** True for `AbortSignal` aborts, which are a user's wish and never shown as a failure. */
export function isAbort(error: unknown): boolean {
  return (
    error instanceof Error && (error.name === 'AbortError' || ('code' in error && error.code === 'aborted'))
  );
}

/** Flattens any thrown value for a message channel; unknown values become `unexpected`. */
export function toWire(error: unknown): ErrorWire {
  if (error instanceof VerbenaError) {
    const { code, message, remedy, details } = error;
    return { code, message, remedy, details };
  }
  if (isAbort(error)) return { code: 'aborted', message: 'Stopped.', remedy: 'Start it again.', details: {} };
  return {
    code: 'unexpected',
    message: error instanceof Error ? error.message : String(error),
    remedy: 'Reload the page: saved work is restored. If it happens again, report it with the details below.',
    details: { stack: error instanceof Error ? (error.stack ?? '') : '' },
  };
}

/** The other end of `toWire`. */
export function fromWire(wire: ErrorWire): VerbenaError {
  return new VerbenaError(wire.code, wire.message, wire.remedy, { ...wire.details });
}
