import { IncubatorError } from './errors.ts';

// A prefix automaton over characters that accepts one flat JSON object with exactly the asked keys, in order, each with a text; and a mask over a
// vocabulary, by running every token through it. Any sampler that can forbid tokens gets a reply that parses, and that ends.

export interface ConstraintOptions {
  readonly keys: readonly string[];
  /** Characters of one text at most; an escape counts as one. */
  readonly maxTextChars: number;
  /** Characters of one text at least, the first of them no space. */
  readonly minTextChars?: number;
  /** Whether the vocabulary has a token with this character; in keys, others are written as escapes. Default: all can be written. */
  readonly canWrite?: (character: string) => boolean;
}

/** Where in the object a reply stands. Immutable: beams and batches share it. */
export interface ConstraintState {
  /** Which key, and which part of it. `keys.length` with phase `done`: the object is closed. */
  readonly key: number;
  readonly phase: 'literal' | 'body' | 'escape' | 'unicode' | 'done';
  /** Characters of the literal that have been written, or of the text. */
  readonly at: number;
  /** Hex digits still to come in `\uXXXX`. */
  readonly hex: number;
}

export interface JsonConstraint {
  readonly start: ConstraintState;
  /** After one character; null where it is forbidden. */
  step(state: ConstraintState, character: string): ConstraintState | null;
  /** After a whole piece of text; null where any of its characters is forbidden. */
  advance(state: ConstraintState, text: string): ConstraintState | null;
  isDone(state: ConstraintState): boolean;
  /** States with the same name allow the same pieces of up to `longest` characters: what masks are cached under. */
  nameOf(state: ConstraintState, longest: number): string;
  /** Closes a reply that was cut off: the shortest text that completes the object. */
  completion(state: ConstraintState): string;
}

/**
 * The automaton of `{"key": "text", …}` as Python's `json.dumps` spaces it. Throws `constraint-impossible` for no keys, equal keys or a limit
 * below the minimum.
 */
export function createJsonConstraint(options: ConstraintOptions): JsonConstraint {
  const { keys, maxTextChars, minTextChars = 1, canWrite = () => true } = options;
  if (keys.length === 0 || new Set(keys).size < keys.length || maxTextChars < Math.max(1, minTextChars))
    throw new IncubatorError(
      'constraint-impossible',
      'No object satisfies these keys and limits.',
      'Give different class names and a limit of at least one character a text.',
      { keys: [...keys], maxTextChars, minTextChars },
    );
  const openings = keys.map((key, at) => `${at === 0 ? '{' : '", '}${quoted(key, canWrite)}: "`);
  // By whole characters: a vocabulary has no halves of them.
  const literals = [...openings, '"}'].map((literal) => Array.from(literal));
  const literalOf = (key: number) => literals[key] as readonly string[];
  const start: ConstraintState = { key: 0, phase: 'literal', at: 0, hex: 0 };

  const afterLiteral = (key: number): ConstraintState =>
    key === keys.length ? { key, phase: 'done', at: 0, hex: 0 } : { key, phase: 'body', at: 0, hex: 0 };

  /** A character of a text: counted, and the text goes on. */
  const written = (state: ConstraintState): ConstraintState => ({
    ...state,
    phase: 'body',
    at: state.at + 1,
    hex: 0,
  });

  function step(state: ConstraintState, character: string): ConstraintState | null {
    switch (state.phase) {
      case 'done':
        return null;
      case 'literal': {
        const literal = literalOf(state.key);
        if (literal[state.at] !== character) return null;
        const at = state.at + 1;
        return at === literal.length ? afterLiteral(state.key) : { ...state, at };
      }
      case 'escape':
        if (character === 'u') return { ...state, phase: 'unicode', hex: 4 };
        return /["\\/bfnrt]/u.test(character) ? written(state) : null;
      case 'unicode':
        if (!/[0-9a-fA-F]/u.test(character)) return null;
        return state.hex === 1 ? written(state) : { ...state, hex: state.hex - 1 };
      case 'body': {
        if (character === '"') {
          if (state.at < minTextChars) return null;
          const literal = literalOf(state.key + 1);
          return literal.length === 1
            ? afterLiteral(state.key + 1)
            : { key: state.key + 1, phase: 'literal', at: 1, hex: 0 };
        }
        if (state.at >= maxTextChars || character < ' ') return null;
        if (state.at === 0 && character.trim() === '') return null;
        // An escape may stand for a space; the first character of a text is written plainly.
        if (character === '\\') return state.at === 0 ? null : { ...state, phase: 'escape' };
        return written(state);
      }
    }
  }

  function advance(state: ConstraintState, text: string): ConstraintState | null {
    let now: ConstraintState | null = state;
    for (const character of text) {
      if (now === null) return null;
      now = step(now, character);
    }
    return now;
  }

  return {
    start,
    step,
    advance,
    isDone: ({ phase }) => phase === 'done',
    nameOf({ key, phase, at, hex }, longest) {
      if (phase === 'literal') return `l${key}.${at}`;
      if (phase === 'done') return 'd';
      // In the middle of a text only what remains up to the longest token matters, and whether it may close yet.
      const remaining = Math.min(maxTextChars - at, longest);
      const missing = Math.max(0, minTextChars - at);
      return `${phase[0]}${key}.${hex}.${remaining}.${missing}.${at === 0 ? 0 : 1}`;
    },
    completion(state) {
      if (state.phase === 'done') return '';
      let text = '';
      let { key, phase, at } = state;
      if (phase === 'unicode') text += '0'.repeat(state.hex);
      if (phase === 'escape') text += 'n';
      if (phase === 'unicode' || phase === 'escape') {
        phase = 'body';
        at += 1;
      }
      if (phase === 'literal') {
        text += literalOf(key).slice(at).join('');
        if (key === keys.length) return text;
        at = 0;
      }
      for (; key < keys.length; key++, at = 0) {
        text += '?'.repeat(Math.max(0, minTextChars - at)) + literalOf(key + 1).join('');
      }
      return text;
    },
  };
}

function quoted(key: string, canWrite: (character: string) => boolean): string {
  return Array.from(JSON.stringify(key), (character) =>
    canWrite(character)
      ? character
      : character
          .split('')
          .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
          .join(''),
  ).join('');
}

/** What a sampler needs of a vocabulary. */
export interface TokenMasker {
  /** 1 for every token that may come next, `[vocabulary]`. The same array for states that allow the same. */
  mask(state: ConstraintState): Uint8Array;
  /** After a token; null where it was forbidden. */
  take(state: ConstraintState, token: number): ConstraintState | null;
}

/**
 * Masks for a vocabulary: `tokens[id]` is the text that the token adds (`\uFFFD` stands for bytes that are no whole character, which may stand
 * inside a text), null for special tokens. `endTokens` are allowed once the object is closed, and only then. A byte-level vocabulary needs
 * `"`, `{`, `}`, `:` and space as tokens of their own or as parts of others: without a way on, the end tokens are let through.
 */
export function createTokenMasker(
  constraint: JsonConstraint,
  tokens: readonly (string | null)[],
  endTokens: readonly number[],
): TokenMasker {
  const longest = tokens.reduce((most, token) => Math.max(most, token?.length ?? 0), 1);
  const cache = new Map<string, Uint8Array>();
  // Most tokens begin with a character that is forbidden in most states: one look saves the rest.
  const byFirst = new Map<string, number[]>();
  tokens.forEach((token, id) => {
    if (token === null || token === '') return;
    const first = String.fromCodePoint(token.codePointAt(0) ?? 0);
    const list = byFirst.get(first) ?? [];
    list.push(id);
    byFirst.set(first, list);
  });

  return {
    mask(state) {
      const name = constraint.nameOf(state, longest);
      const known = cache.get(name);
      if (known) return known;
      const allowed = new Uint8Array(tokens.length);
      let any = false;
      if (!constraint.isDone(state))
        for (const [first, ids] of byFirst) {
          if (constraint.step(state, first) === null) continue;
          for (const id of ids) {
            if (constraint.advance(state, tokens[id] as string) === null) continue;
            allowed[id] = 1;
            any = true;
          }
        }
      if (!any) for (const id of endTokens) allowed[id] = 1;
      cache.set(name, allowed);
      return allowed;
    },
    take(state, token) {
      if (endTokens.includes(token)) return constraint.isDone(state) ? state : null;
      const text = tokens[token];
      return text === null || text === undefined ? null : constraint.advance(state, text);
    },
  };
}

/** The same rule for generators that take a JSON schema (Chrome's Prompt API, OpenAI-compatible servers). */
export function objectSchema({ keys, maxTextChars, minTextChars = 1 }: ConstraintOptions) {
  return {
    type: 'object',
    properties: Object.fromEntries(
      keys.map((key) => [key, { type: 'string', minLength: minTextChars, maxLength: maxTextChars }]),
    ),
    required: [...keys],
    additionalProperties: false,
  } as const;
}
