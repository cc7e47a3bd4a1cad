/** A JSON object found in free text: `[start, end)` of its braces, keys in the order in which they were written. */
export interface FoundObject {
  readonly start: number;
  readonly end: number;
  readonly entries: readonly (readonly [key: string, value: unknown])[];
}

/** A place where an object seems to begin and none does. */
export interface FoundFailure {
  readonly start: number;
  readonly end: number;
  /** `truncated`: the text ends before the object does. */
  readonly reason: 'not-json' | 'truncated';
}

export interface FoundObjects {
  readonly objects: readonly FoundObject[];
  readonly failures: readonly FoundFailure[];
}

/** Deeper nesting is no reply but an attack on the parser; real objects here are flat. */
const deepest = 32;

interface Span {
  readonly start: number;
  readonly end: number;
  /** Closed braces directly inside, tried where the whole does not parse. */
  readonly inner: readonly Span[];
}

/**
 * Finds the JSON objects of a reply with their exact places, whatever prose, fences or brackets stand around them. Outermost objects
 * count; where the outermost braces hold no JSON, those inside are tried. One pass: linear in the text, however hostile.
 */
export function findObjects(text: string): FoundObjects {
  const objects: FoundObject[] = [];
  const failures: FoundFailure[] = [];

  const settle = (span: Span): boolean => {
    const entries = parseObject(text.slice(span.start, span.end));
    if (entries) {
      objects.push({ start: span.start, end: span.end, entries });
      return true;
    }
    const found = span.inner.map(settle).some(Boolean);
    return found;
  };
  const settleOuter = (span: Span) => {
    if (!settle(span)) failures.push({ start: span.start, end: span.end, reason: 'not-json' });
  };

  const stack: { readonly start: number; readonly inner: Span[] }[] = [];
  let isQuoted = false;
  /** What was open was no JSON: objects that closed inside it still count. */
  const giveUp = (end: number, reason: FoundFailure['reason']) => {
    const [outer] = stack;
    if (!outer) return;
    const found = stack.flatMap(({ inner }) => inner).map(settle);
    if (!found.some(Boolean) || reason === 'truncated') failures.push({ start: outer.start, end, reason });
    stack.length = 0;
    isQuoted = false;
  };

  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (isQuoted) {
      if (code === 0x5c) at++;
      else if (code === 0x22) isQuoted = false;
      // No JSON string holds a bare line break: a quote was left open, and what follows may be sound.
      else if (code === 0x0a) giveUp(at, 'not-json');
      continue;
    }
    if (code === 0x22) isQuoted = stack.length > 0;
    else if (code === 0x7b) {
      if (stack.length === deepest) giveUp(at, 'not-json');
      stack.push({ start: at, inner: [] });
    } else if (code === 0x7d) {
      const closed = stack.pop();
      if (!closed) continue;
      const span = { start: closed.start, end: at + 1, inner: closed.inner };
      const parent = stack.at(-1);
      if (parent) parent.inner.push(span);
      else settleOuter(span);
    }
  }
  giveUp(text.length, 'truncated');
  return { objects, failures };
}

function parseObject(text: string): readonly (readonly [string, unknown])[] | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.entries(value)
      : null;
  } catch {
    return null;
  }
}
