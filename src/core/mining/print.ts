import { parseQuery } from './parse.ts';
import type { Query } from './query.ts';

/** One piece of a formula as it is shown: what it says, and the part of the source that it stands for. */
export interface Chip {
  readonly kind: 'concept' | 'operator' | 'relation' | 'number' | 'open' | 'close';
  readonly text: string;
  readonly from: number;
  readonly to: number;
}

/** Tighter binds more. */
const tightness = { or: 1, and: 2, not: 3, threshold: 4, comparison: 4, concept: 5 } as const;

/** A formula as chips, with the parentheses that it needs and no others. */
export function chipsOf(query: Query): Chip[] {
  const { from, to } = query;
  switch (query.kind) {
    case 'concept':
      return [{ kind: 'concept', text: query.name, from, to }];
    case 'not':
      return [
        { kind: 'operator', text: 'NOT', from, to: query.operand.from },
        ...wrapped(query.operand, tightness.not),
      ];
    case 'and':
    case 'or':
      return query.operands.flatMap((operand, at) => [
        ...(at === 0
          ? []
          : [
              {
                kind: 'operator' as const,
                text: query.kind.toUpperCase(),
                from: query.operands[at - 1]?.to ?? from,
                to: operand.from,
              },
            ]),
        ...wrapped(operand, tightness[query.kind] + 1),
      ]);
    case 'threshold':
      return [
        ...wrapped(query.operand, tightness.concept),
        { kind: 'relation', text: query.operator, from: query.operand.to, to },
        { kind: 'number', text: String(query.value), from, to },
      ];
    case 'comparison':
      return [
        ...wrapped(query.left, tightness.concept),
        { kind: 'relation', text: '>', from, to },
        ...wrapped(query.right, tightness.concept),
      ];
  }
}

function wrapped(query: Query, needed: number): Chip[] {
  const inner = chipsOf(query);
  if (tightness[query.kind] >= needed) return inner;
  const { from, to } = query;
  return [
    { kind: 'open', text: '(', from, to: from + 1 },
    ...inner,
    { kind: 'close', text: ')', from: to - 1, to },
  ];
}

/** A concept's name as a formula writes it. */
export function quoteName(name: string): string {
  return `"${name.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}

/** The canonical form: upper-case operators, double quotes, single spaces, no needless parentheses. Parses to the same formula. */
export function printQuery(query: Query): string {
  let text = '';
  let isTight = true;
  for (const chip of chipsOf(query)) {
    if (!isTight && chip.kind !== 'close') text += ' ';
    text += chip.kind === 'concept' ? quoteName(chip.text) : chip.text;
    isTight = chip.kind === 'open';
  }
  return text;
}

/** The canonical form of a source. Throws `QueryError`. */
export function canonical(source: string): string {
  return printQuery(parseQuery(source));
}
