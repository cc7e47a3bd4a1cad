import { QueryError } from './errors.ts';
import type { Span, ThresholdOperator } from './query.ts';

export type Token = Span &
  (
    | { readonly kind: 'and' | 'or' | 'not' | 'open' | 'close' }
    | { readonly kind: 'operator'; readonly operator: ThresholdOperator }
    | { readonly kind: 'number'; readonly value: number }
    | { readonly kind: 'concept'; readonly name: string; readonly isQuoted: boolean }
    /** A quote without its end, up to the end of the source. */
    | { readonly kind: 'unclosed'; readonly name: string }
    | { readonly kind: 'unknown' }
  );

const closings: Readonly<Record<string, string>> = { '"': '"', "'": "'", '“': '”', '‘': '’', '«': '»' };

const keywords: Readonly<Record<string, 'and' | 'or' | 'not'>> = { and: 'and', or: 'or', not: 'not' };

const signs: readonly (readonly [string, 'and' | 'or' | 'not' | 'open' | 'close'])[] = [
  ['&&', 'and'],
  ['||', 'or'],
  ['&', 'and'],
  ['|', 'or'],
  ['!', 'not'],
  ['(', 'open'],
  [')', 'close'],
];

const operators: readonly (readonly [string, ThresholdOperator])[] = [
  ['>=', '>='],
  ['<=', '<='],
  ['≥', '>='],
  ['≤', '<='],
  ['>', '>'],
  ['<', '<'],
];

const space = /\s+/uy;
const number = /(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?%?(?![\p{L}\p{N}_])/iuy;
const moreThan = /(more|less)\s+than(?![\p{L}\p{N}_])/iuy;
const bareWord = /[\p{L}\p{M}\p{N}_][\p{L}\p{M}\p{N}_-]*/uy;

/** Cuts a formula into tokens; never throws: what cannot be read is a token of its own, so that completion works on half a formula. */
export function tokensOf(source: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  const matched = (pattern: RegExp) => {
    pattern.lastIndex = at;
    return pattern.exec(source)?.[0] ?? null;
  };
  while (at < source.length) {
    const from = at;
    const gap = matched(space);
    if (gap !== null) {
      at += gap.length;
      continue;
    }
    const quoted = quotedAt(source, from);
    if (quoted) {
      tokens.push(quoted);
      at = quoted.to;
      continue;
    }
    const sign = signs.find(([text]) => source.startsWith(text, from));
    const operator = operators.find(([text]) => source.startsWith(text, from));
    const [comparing, digits, word] = [matched(moreThan), matched(number), matched(bareWord)];
    if (sign) tokens.push({ kind: sign[1], from, to: (at += sign[0].length) });
    else if (operator)
      tokens.push({ kind: 'operator', operator: operator[1], from, to: (at += operator[0].length) });
    else if (comparing !== null) {
      at += comparing.length;
      tokens.push({ kind: 'operator', operator: /^more/iu.test(comparing) ? '>' : '<', from, to: at });
    } else if (digits !== null) {
      at += digits.length;
      const value = digits.endsWith('%') ? Number(digits.slice(0, -1)) / 100 : Number(digits);
      tokens.push({ kind: 'number', value, from, to: at });
    } else if (word !== null) {
      at += word.length;
      const keyword = Object.hasOwn(keywords, word.toLowerCase()) ? keywords[word.toLowerCase()] : undefined;
      tokens.push(
        keyword
          ? { kind: keyword, from, to: at }
          : { kind: 'concept', name: word, isQuoted: false, from, to: at },
      );
    } else {
      at += (source.codePointAt(from) ?? 0) > 0xffff ? 2 : 1;
      tokens.push({ kind: 'unknown', from, to: at });
    }
  }
  return tokens;
}

function quotedAt(source: string, from: number): Token | null {
  const opening = source[from] ?? '';
  if (!Object.hasOwn(closings, opening)) return null;
  const closing = closings[opening];
  let name = '';
  for (let at = from + 1; at < source.length; at++) {
    const sign = source[at] ?? '';
    if (sign === '\\' && at + 1 < source.length) name += source[++at] ?? '';
    else if (sign === closing)
      return { kind: 'concept', name: name.trim(), isQuoted: true, from, to: at + 1 };
    else name += sign;
  }
  return { kind: 'unclosed', name, from, to: source.length };
}

/** The error of a token that stands for one; null for the others. */
export function lexicalError(token: Token, source: string): QueryError | null {
  if (token.kind === 'unclosed')
    return new QueryError(
      'query-unclosed-quote',
      'A quoted concept name is not closed.',
      `Add ${closings[source[token.from] ?? ''] ?? '"'} after the name.`,
      token.from,
      token.to,
    );
  if (token.kind === 'unknown')
    return new QueryError(
      'query-unexpected',
      `“${source.slice(token.from, token.to)}” has no meaning in a formula.`,
      'Use quoted concepts, AND, OR, NOT, parentheses, > and <.',
      token.from,
      token.to,
    );
  return null;
}
