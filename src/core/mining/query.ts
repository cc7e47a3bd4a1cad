/** Where a part of a formula stands in its source, `[from, to)`. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

export type ThresholdOperator = '>' | '>=' | '<' | '<=';

export interface ConceptNode extends Span {
  readonly kind: 'concept';
  readonly name: string;
}

/**
 * A formula over concepts. `and` and `or` hold two operands or more and never one of their own kind (both are associative in every
 * semantics). A `threshold` is true or false of a text; a `comparison` says by how much the left outweighs the right.
 */
export type Query =
  | ConceptNode
  | ({ readonly kind: 'not'; readonly operand: Query } & Span)
  | ({ readonly kind: 'and' | 'or'; readonly operands: readonly Query[] } & Span)
  | ({
      readonly kind: 'threshold';
      readonly operand: Query;
      readonly operator: ThresholdOperator;
      /** 0 to 1 */
      readonly value: number;
    } & Span)
  | ({ readonly kind: 'comparison'; readonly left: Query; readonly right: Query } & Span);

/** Every mention of a concept, from left to right. */
export function mentions(query: Query): ConceptNode[] {
  switch (query.kind) {
    case 'concept':
      return [query];
    case 'not':
    case 'threshold':
      return mentions(query.operand);
    case 'comparison':
      return [...mentions(query.left), ...mentions(query.right)].sort((a, b) => a.from - b.from);
    case 'and':
    case 'or':
      return query.operands.flatMap(mentions);
  }
}

/** Names of the concepts in a formula, each once, by first mention. */
export function conceptNames(query: Query): string[] {
  return [...new Set(mentions(query).map(({ name }) => name))];
}
