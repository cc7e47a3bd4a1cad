/** What a term means in plain words, and its formula where there is one. Shown where the term is hovered or focused. */
export interface GlossaryEntry {
  readonly title: string;
  readonly words: string;
  readonly formula?: string;
}

export const glossary = {
  threshold: {
    title: 'Label threshold',
    words:
      'A label is kept when it stands on at least this many records. The paper uses 500, which leaves 67 labels.',
    formula: 'score = count / threshold ≥ 1',
  },
  recordsKept: {
    title: 'Records kept',
    words: 'Records that still carry at least one kept label. The others are dropped, as in the paper.',
  },
  cardinality: {
    title: 'Label cardinality',
    words: 'How many kept labels a record carries on average.',
    formula: 'Σᵢ |Yᵢ| / n',
  },
  density: {
    title: 'Label density',
    words: 'Cardinality as a share of all labels: how full the 0/1 target matrix is.',
    formula: 'cardinality / |L|',
  },
  imbalance: {
    title: 'Mean imbalance ratio',
    words: 'How much rarer the average label is than the most frequent one. 1 means perfectly balanced.',
    formula: 'meanₗ ( max count / countₗ )',
  },
  labelSets: {
    title: 'Distinct label sets',
    words: 'How many different combinations of labels occur.',
  },
  allZero: {
    title: 'Predicting nothing',
    words:
      'The label-wise accuracy of a model that never predicts a label. With sparse labels it is close to 1, so an accuracy near it says nothing.',
    formula: '1 − density',
  },
  labelPrior: {
    title: 'Label prior',
    words:
      'A model that ignores the text and guesses each label by a coin weighted with that label’s own share. Expected values.',
  },
  labelAccuracy: {
    title: 'Label-wise accuracy',
    words: 'The share of single 0/1 decisions that are right: one minus the Hamming loss.',
    formula: '1 − Hamming loss',
  },
  microF1: {
    title: 'Micro-F1',
    words: 'F1 over all decisions pooled: frequent labels count most.',
    formula: '2·TP / (2·TP + FP + FN)',
  },
  macroF1: {
    title: 'Macro-F1',
    words: 'The plain mean of each label’s F1: rare labels count as much as frequent ones.',
    formula: 'meanₗ F1ₗ',
  },
  stratified: {
    title: 'Stratified split',
    words:
      'Rows are dealt out so that every part holds each label in the same share (iterative stratification, Sechidis 2011).',
  },
  truncated: {
    title: 'Truncated',
    words: 'Rows with more tokens than the length limit; what stands beyond it is never read by the model.',
  },
  tokens: {
    title: 'Tokens',
    words: 'The pieces a tokenizer cuts text into. The model reads their numbers, special tokens included.',
  },
  duplicates: {
    title: 'Duplicates',
    words:
      'Rows whose text is the same after lowercasing and collapsing white space. Merged, they become one row with all their labels.',
  },
  dataHash: {
    title: 'Data hash',
    words: 'A fingerprint of the files’ contents and their mapping. Equal hashes mean equal data.',
  },
} as const satisfies Record<string, GlossaryEntry>;

export type GlossaryTerm = keyof typeof glossary;
