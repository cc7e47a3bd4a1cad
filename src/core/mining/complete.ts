import { plainName, type Concept } from './concepts.ts';
import { tokensOf, type Token } from './lexer.ts';
import { quoteName } from './print.ts';

export interface Completion {
  readonly kind: 'concept' | 'operator';
  readonly label: string;
  /** What takes the place of `[from, to)`. */
  readonly insert: string;
  /** The classifier of a concept, or what an operator does. */
  readonly detail: string;
}

export interface Completions {
  readonly from: number;
  readonly to: number;
  readonly options: readonly Completion[];
}

const joining: readonly Completion[] = [
  { kind: 'operator', label: 'AND', insert: 'AND ', detail: 'both' },
  { kind: 'operator', label: 'OR', insert: 'OR ', detail: 'either' },
  { kind: 'operator', label: 'AND NOT', insert: 'AND NOT ', detail: 'the first without the second' },
  { kind: 'operator', label: '>', insert: '> ', detail: 'above a threshold, or more than another concept' },
  { kind: 'operator', label: '<', insert: '< ', detail: 'below a threshold, or less than another concept' },
];
const closing: Completion = { kind: 'operator', label: ')', insert: ') ', detail: 'ends the group' };
const starting: readonly Completion[] = [
  { kind: 'operator', label: 'NOT', insert: 'NOT ', detail: 'turns what follows round' },
  { kind: 'operator', label: '(', insert: '(', detail: 'a group' },
];

/**
 * What may stand at a cursor: concepts where an operand is due, operators where one is complete; filtered by what is typed already, names
 * that begin with it first. Works on half a formula.
 */
export function completionsAt(source: string, cursor: number, concepts: readonly Concept[]): Completions {
  const tokens = tokensOf(source);
  const typed = tokens.find((token) => isTyped(token) && token.from < cursor && cursor <= token.to);
  const before = tokens.filter(({ to }) => to <= (typed ? typed.from : cursor));
  const last = before.at(-1);
  // Straight after a closed quote the name is complete; an operator comes next, not another spelling.
  if (typed?.kind === 'concept' && typed.isQuoted && cursor === typed.to)
    return { from: cursor, to: cursor, options: spaced(operatorOptions(tokens, cursor)) };
  const [from, to] = typed ? [typed.from, typedEnd(typed, cursor)] : [cursor, cursor];
  const prefix = typed ? typedText(source, typed, cursor) : '';
  const isOperand = !last || !['concept', 'number', 'close', 'unclosed'].includes(last.kind);
  if (!isOperand)
    return { from, to, options: operatorOptions(tokens, from).filter(({ label }) => begins(label, prefix)) };
  const inQuotes =
    typed !== undefined && (typed.kind === 'unclosed' || (typed.kind === 'concept' && typed.isQuoted));
  const names = concepts
    .map((concept) => ({ concept, rank: rankOf(concept.name, prefix) }))
    .filter(({ rank }) => rank < 3)
    .sort((a, b) => a.rank - b.rank)
    .map(({ concept }) => ({
      kind: 'concept' as const,
      label: concept.name,
      insert: quoteName(concept.name),
      detail: concept.classifierName,
    }));
  const words = inQuotes ? [] : starting.filter(({ label }) => begins(label, prefix));
  return { from, to, options: [...names, ...words] };
}

function isTyped(token: Token): boolean {
  return ['concept', 'unclosed', 'and', 'or', 'not'].includes(token.kind);
}

/** An open quote swallows the rest of the line: only what stands before the cursor is replaced. */
function typedEnd(token: Token, cursor: number): number {
  return token.kind === 'unclosed' ? cursor : token.to;
}

function typedText(source: string, token: Token, cursor: number): string {
  const isQuoted = token.kind === 'unclosed' || (token.kind === 'concept' && token.isQuoted);
  return source.slice(token.from + (isQuoted ? 1 : 0), cursor);
}

function begins(label: string, prefix: string): boolean {
  return label.toLowerCase().startsWith(prefix.trim().toLowerCase());
}

/** 0: begins with it; 1: one of its words does; 2: holds it; 3: not at all. */
function rankOf(name: string, prefix: string): number {
  const [plain, wanted] = [plainName(name), plainName(prefix)];
  if (plain.startsWith(wanted)) return 0;
  if (plain.includes(` ${wanted}`)) return 1;
  return plain.includes(wanted) ? 2 : 3;
}

function operatorOptions(tokens: readonly Token[], cursor: number): Completion[] {
  const earlier = tokens.filter(({ to }) => to <= cursor);
  const open = earlier.filter(({ kind }) => kind === 'open').length;
  const close = earlier.filter(({ kind }) => kind === 'close').length;
  return open > close ? [...joining, closing] : [...joining];
}

function spaced(options: readonly Completion[]): Completion[] {
  return options.map((option) =>
    option.label === ')' ? option : { ...option, insert: ` ${option.insert}` },
  );
}
