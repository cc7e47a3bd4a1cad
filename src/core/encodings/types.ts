/**
 * How a set of labels becomes outputs of a model, and outputs a set of labels.
 *
 * - `binary-relevance`: one output a label, each for itself (the paper's sparse binary vector).
 * - `chain` (Read et al. 2011): each label also sees those before it, the true ones in training, the predicted ones afterwards. One chain
 *   in `order`, or an ensemble of several in random orders whose probabilities are averaged.
 * - `label-embedding`: labels are vectors that begin as what the encoder makes of their names, and are scored against the text.
 * - `hierarchical`: no label is more probable than its parents. `product`: an output is the probability given the parents, learned where
 *   these hold; `minimum`: outputs are learned as ever and cut down to the parents' afterwards.
 */
export type LabelEncoding =
  | { readonly kind: 'binary-relevance' }
  | {
      readonly kind: 'chain';
      /** Of a single chain: frequent labels first, or as the labels stand. */
      readonly order: 'frequency' | 'given';
      /** More than one: an ensemble, each in a random order of its own. */
      readonly chains: number;
      /** What a label passes on after training: its decision at 0.5, or its probability. */
      readonly passes: 'decision' | 'probability';
    }
  | { readonly kind: 'label-embedding' }
  | {
      readonly kind: 'hierarchical';
      readonly consistency: 'product' | 'minimum';
      /** `[child, parent]` by name; `containment`: read off the training rows, where every row of the child has the parent. */
      readonly parents: 'containment' | readonly (readonly [child: string, parent: string])[];
    };

/** An encoding settled for one run's labels and training rows. */
export type EncodingPlan =
  | { readonly kind: 'binary-relevance' | 'label-embedding'; readonly labels: number }
  | {
      readonly kind: 'chain';
      readonly labels: number;
      /** Labels in the order of each chain. */
      readonly orders: readonly (readonly number[])[];
      readonly passes: 'decision' | 'probability';
    }
  | {
      readonly kind: 'hierarchical';
      readonly labels: number;
      readonly consistency: 'product' | 'minimum';
      readonly hierarchy: Hierarchy;
    };

/** Parents of labels, without a cycle. */
export interface Hierarchy {
  /** Parents of each label; of several all hold. */
  readonly parents: readonly (readonly number[])[];
  /** Every label after its parents. */
  readonly order: readonly number[];
}

/** Labelled rows as an encoding reads them: compressed sparse rows over `labels`. */
export interface EncodedRows {
  readonly labels: readonly string[];
  /** Positions of the training rows. */
  readonly train: Uint32Array;
  readonly targetOffsets: Uint32Array;
  readonly targetIds: Uint32Array;
}

/** Outputs of a head: every chain of an ensemble has its own. */
export function outputsOf(encoding: LabelEncoding | undefined, labels: number): number {
  return encoding?.kind === 'chain' ? labels * encoding.chains : labels;
}

/** In few words, for tables and exports. */
export function encodingName(encoding: LabelEncoding | undefined): string {
  switch (encoding?.kind) {
    case undefined:
    case 'binary-relevance':
      return 'binary relevance';
    case 'label-embedding':
      return 'label embeddings';
    case 'chain':
      return encoding.chains > 1
        ? `${encoding.chains} chains`
        : encoding.order === 'frequency'
          ? 'chain by frequency'
          : 'chain in given order';
    case 'hierarchical':
      return encoding.consistency === 'product' ? 'hierarchical, product' : 'hierarchical, minimum';
  }
}
