import { QueryError, type QueryErrorCode } from './errors.ts';
import { lexicalError, tokensOf, type Token } from './lexer.ts';
import type { Query, ThresholdOperator } from './query.ts';

/** Parentheses and NOTs within each other: far beyond what is read, far below what a stack holds. */
const depthLimit = 200;
/** Characters of a formula. */
export const lengthLimit = 20_000;

/**
 * Reads a formula. From loose to tight: OR, AND, NOT, then `>`, `>=`, `<`, `<=` with a number (a threshold, 0 to 1 or in %) or with another
 * concept (a comparison; also `more than`, `less than`). Concepts are quoted, or one word; `and`, `&`, `|`, `!` are understood too.
 * Throws `QueryError` with the position of the first fault.
 */
export function parseQuery(source: string): Query {
  if (source.length > lengthLimit)
    throw new QueryError(
      'query-too-long',
      `The formula has ${source.length} characters.`,
      `Keep it below ${lengthLimit}.`,
      lengthLimit,
      source.length,
    );
  return new Parser(source).whole();
}

/** The formula, or what is wrong with it. */
export function tryParse(source: string): { readonly query: Query } | { readonly error: QueryError } {
  try {
    return { query: parseQuery(source) };
  } catch (error) {
    if (error instanceof QueryError) return { error };
    throw error;
  }
}

const mirrored: Readonly<Record<ThresholdOperator, ThresholdOperator>> = {
  '>': '<',
  '>=': '<=',
  '<': '>',
  '<=': '>=',
};

class Parser {
  readonly #source: string;
  readonly #tokens: readonly Token[];
  #at = 0;
  #depth = 0;

  constructor(source: string) {
    this.#source = source;
    this.#tokens = tokensOf(source);
  }

  whole(): Query {
    if (this.#tokens.length === 0)
      throw this.#fault(
        'query-empty',
        'There is no formula yet.',
        'Name a concept, e.g. "about food".',
        0,
        0,
      );
    const query = this.#or();
    const rest = this.#peek();
    if (rest) throw this.#trailing(rest);
    return query;
  }

  #or(): Query {
    return this.#chain('or', () => this.#chain('and', () => this.#not()));
  }

  /** Operands joined by one operator, those of the same kind in parentheses taken in. */
  #chain(kind: 'and' | 'or', operand: () => Query): Query {
    const operands = [operand()];
    while (this.#peek()?.kind === kind) {
      this.#at++;
      operands.push(operand());
    }
    const [first] = operands;
    if (operands.length === 1 && first) return first;
    const flat = operands.flatMap((each) => (each.kind === kind ? each.operands : [each]));
    return { kind, operands: flat, from: first?.from ?? 0, to: operands.at(-1)?.to ?? 0 };
  }

  #not(): Query {
    const token = this.#peek();
    if (token?.kind !== 'not') return this.#relation();
    this.#at++;
    const operand = this.#deeper(token, () => this.#not());
    return { kind: 'not', operand, from: token.from, to: operand.to };
  }

  #relation(): Query {
    const left = this.#term();
    const token = this.#peek();
    if (token?.kind !== 'operator') {
      if (left.kind !== 'number') return left;
      throw this.#fault(
        'query-threshold',
        'A number alone is no condition.',
        'Compare a concept with it, e.g. "about food" > 0.7.',
        left.from,
        left.to,
      );
    }
    this.#at++;
    const right = this.#term();
    const next = this.#peek();
    if (next?.kind === 'operator')
      throw this.#fault(
        'query-comparison',
        'Comparisons cannot be chained.',
        'Write two comparisons joined by AND.',
        next.from,
        next.to,
      );
    return this.#related(left, token.operator, right);
  }

  #related(left: Term, operator: ThresholdOperator, right: Term): Query {
    const span = { from: left.from, to: right.to };
    if (left.kind === 'number' && right.kind === 'number')
      throw this.#fault(
        'query-comparison',
        'Two numbers are compared.',
        'Compare a concept with a number, or with another concept.',
        span.from,
        span.to,
      );
    if (right.kind === 'number' && left.kind !== 'number')
      return { kind: 'threshold', operand: left, operator, value: right.value, ...span };
    if (left.kind === 'number' && right.kind !== 'number')
      return { kind: 'threshold', operand: right, operator: mirrored[operator], value: left.value, ...span };
    const [a, b] = [left as Query, right as Query];
    return operator.startsWith('>')
      ? { kind: 'comparison', left: a, right: b, ...span }
      : { kind: 'comparison', left: b, right: a, ...span };
  }

  #term(): Term {
    const token = this.#peek();
    const wrong = token && lexicalError(token, this.#source);
    if (wrong) throw wrong;
    if (token?.kind === 'concept') {
      this.#at++;
      if (token.name !== '') return { kind: 'concept', name: token.name, from: token.from, to: token.to };
      throw this.#missing('The quotes hold no concept name.', token.from, token.to);
    }
    if (token?.kind === 'number') {
      this.#at++;
      if (token.value <= 1) return token;
      throw this.#fault(
        'query-threshold',
        `${this.#source.slice(token.from, token.to)} is no probability.`,
        'Thresholds go from 0 to 1, or from 0 % to 100 %.',
        token.from,
        token.to,
      );
    }
    if (token?.kind === 'open') return this.#group(token);
    if (token?.kind === 'close' && this.#openBefore() === 0) throw this.#trailing(token);
    const end = this.#source.length;
    const found = token ? `“${this.#source.slice(token.from, token.to)}”` : 'the end';
    throw this.#missing(`A concept is missing before ${found}.`, token?.from ?? end, token?.to ?? end);
  }

  #group(open: Token): Query {
    this.#at++;
    const inner = this.#deeper(open, () => this.#or());
    const close = this.#peek();
    if (close?.kind === 'close') {
      this.#at++;
      return { ...inner, from: open.from, to: close.to };
    }
    if (close) throw this.#trailing(close);
    throw this.#fault(
      'query-unbalanced',
      'A parenthesis is not closed.',
      'Add ) where the group ends.',
      open.from,
      open.to,
    );
  }

  #deeper<T>(token: Token, read: () => T): T {
    if (++this.#depth > depthLimit)
      throw this.#fault(
        'query-too-deep',
        `The formula nests deeper than ${depthLimit} levels here.`,
        'Take parentheses away that change nothing.',
        token.from,
        token.to,
      );
    const value = read();
    this.#depth--;
    return value;
  }

  /** Something stands where an operator or the end should. */
  #trailing(token: Token): QueryError {
    const wrong = lexicalError(token, this.#source);
    if (wrong) return wrong;
    const { from, to } = token;
    if (token.kind === 'close')
      return this.#fault('query-unbalanced', 'This parenthesis was never opened.', 'Take it away.', from, to);
    const before = this.#tokens[this.#at - 1];
    const areWords =
      before?.kind === 'concept' && token.kind === 'concept' && !before.isQuoted && !token.isQuoted;
    return this.#fault(
      'query-missing-operator',
      `An operator is missing before “${this.#source.slice(from, to)}”.`,
      areWords
        ? 'Put names of several words in quotes, or join two concepts by AND or OR.'
        : 'Join them by AND or OR.',
      from,
      to,
    );
  }

  #openBefore(): number {
    let open = 0;
    for (const token of this.#tokens.slice(0, this.#at)) {
      if (token.kind === 'open') open++;
      if (token.kind === 'close') open--;
    }
    return open;
  }

  #missing(message: string, from: number, to: number): QueryError {
    return this.#fault(
      'query-missing-operand',
      message,
      'Name a concept there, e.g. "about food".',
      from,
      to,
    );
  }

  #fault(code: QueryErrorCode, message: string, remedy: string, from: number, to: number): QueryError {
    return new QueryError(code, message, remedy, from, to);
  }

  #peek(): Token | undefined {
    return this.#tokens[this.#at];
  }
}

type Term = Query | Extract<Token, { readonly kind: 'number' }>;
