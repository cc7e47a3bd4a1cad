import type { Reply } from '../../core/incubator/replies.ts';
import type { GeneratorKind } from '../parameters.ts';
import type { Plain } from '../plain.ts';

/** Where the replies of a set came from. */
export type GenerationSource =
  | { readonly kind: 'generated'; readonly generator: GeneratorKind; readonly model: string }
  | { readonly kind: 'pasted' }
  | { readonly kind: 'file'; readonly name: string }
  | { readonly kind: 'sample'; readonly name: string };

/** What the replies of a set have cost so far. */
export interface GenerationUsage {
  readonly requests: number;
  readonly promptTokens: number;
  readonly newTokens: number;
  /** Time in which at least one request was under way. */
  readonly busyMs: number;
  /** By the prices that were set, in their currency. */
  readonly cost: number;
}

export const noUsage: GenerationUsage = { requests: 0, promptTokens: 0, newTokens: 0, busyMs: 0, cost: 0 };

/** A set of generations, without their texts. */
export interface GenerationRecord {
  readonly id: string;
  readonly instruction: string;
  /** Null: the most frequent keys of the replies. */
  readonly labels: readonly string[] | null;
  readonly source: GenerationSource;
  /** ISO 8601. */
  readonly createdAt: string;
  /** What the generator was set to. */
  readonly settings: Plain;
  readonly replyCount: number;
  readonly usage: GenerationUsage;
}

export interface StoredGenerations {
  readonly record: GenerationRecord;
  readonly replies: readonly Reply[];
}
