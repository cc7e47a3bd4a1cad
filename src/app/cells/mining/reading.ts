import { resolveConcepts, type Concept } from '../../../core/mining/concepts.ts';
import type { QueryError } from '../../../core/mining/errors.ts';
import { tryParse } from '../../../core/mining/parse.ts';
import { printQuery } from '../../../core/mining/print.ts';
import type { Query } from '../../../core/mining/query.ts';

/** A formula as far as it is understood. */
export interface Reading {
  readonly source: string;
  readonly query: Query | null;
  /** Canonical; null while there is a fault. */
  readonly canonical: string | null;
  readonly concepts: ReadonlyMap<string, Concept>;
  readonly errors: readonly QueryError[];
}

/** Reads a formula against the classifiers there are. */
export function readFormula(source: string, concepts: readonly Concept[]): Reading {
  const parsed = tryParse(source);
  if ('error' in parsed)
    return { source, query: null, canonical: null, concepts: new Map(), errors: [parsed.error] };
  const { found, errors } = resolveConcepts(parsed.query, concepts);
  const canonical = errors.length === 0 ? printQuery(parsed.query) : null;
  return { source, query: parsed.query, canonical, concepts: found, errors };
}

/** Classifiers that a formula needs. */
export function classifiersIn({ concepts }: Reading): string[] {
  return [...new Set([...concepts.values()].map(({ classifierId }) => classifierId))];
}
