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
  subsetAccuracy: {
    title: 'Subset accuracy',
    words: 'The share of rows whose whole label set is right: one wrong label makes the row wrong.',
  },
  taskCategory: {
    title: 'Task category',
    words:
      'What an instruction asks for, as a verb and a noun (PIE). A question counts as its question word and “knowledge”, a yes-no question as “yes-no task”, a text that asks for nothing as “noun knowledge”.',
    formula: 'Write a poem about trains. → write poem',
  },
  categoriesCovered: {
    title: 'Categories covered',
    words: 'The share of all task categories that occur among the chosen texts.',
  },
  distributionDistance: {
    title: 'Distance of distributions',
    words:
      'Total variation between the categories of all texts and those of the chosen: the share of texts that would have to change category. 0 is the same, 1 has nothing in common.',
    formula: '½ Σ | share of all − share of chosen |',
  },
  evenness: {
    title: 'Evenness',
    words:
      'Entropy of the chosen texts’ categories. Higher is more even; with one text of each of n categories it is log₂ n.',
    formula: '− Σ p log₂ p',
  },
  rankingHeld: {
    title: 'Ranking held',
    words:
      'Whether systems stand in the same order on the chosen texts as on all of them: Spearman’s rank correlation, 1 where the order is the same.',
  },
  infoNce: {
    title: 'InfoNCE',
    words:
      'How badly an instruction’s own partner is told from the other texts of its batch, in nats. Guessing among n texts scores ln n.',
    formula: '−log ( exp(cos⁺ / τ) / Σ exp(cos / τ) )',
  },
  alignment: {
    title: 'Alignment',
    words:
      'Mean squared distance between an instruction and its partner (Wang and Isola 2020). Lower is closer.',
    formula: 'mean ‖x − x⁺‖²',
  },
  uniformity: {
    title: 'Uniformity',
    words:
      'How evenly vectors spread over the sphere (Wang and Isola 2020). Lower is more even; 0 is all in one place.',
    formula: 'ln mean exp(−2 ‖x − y‖²)',
  },
  inverseRegularisation: {
    title: 'C',
    words:
      'Inverse strength of the L2 penalty, as scikit-learn’s LogisticRegression has it. Smaller is simpler, larger follows the training texts more closely.',
  },
  adjustedRand: {
    title: 'Adjusted Rand index',
    words:
      'How far clusters and categories put the same pairs of texts together. 0 is chance, 1 is the same grouping.',
  },
  purity: {
    title: 'Purity',
    words:
      'The share of texts that have their cluster’s most frequent category. Grows by itself with more clusters.',
  },
  homogeneity: {
    title: 'Homogeneity',
    words:
      'Whether each cluster holds texts of one category only. 1 is pure, whatever a category is spread over.',
    formula: '1 − H(category | cluster) / H(category)',
  },
  nmi: {
    title: 'Normalised mutual information',
    words:
      'What clusters and categories say of each other: the harmonic mean of homogeneity and completeness.',
  },
  silhouette: {
    title: 'Silhouette',
    words:
      'Whether texts lie nearer to their own cluster than to the next one, from −1 to 1. Knows no categories.',
  },
  loraRank: {
    title: 'LoRA rank',
    words:
      'Width of the low-rank update that is learnt beside each frozen matrix: more rank, more parameters.',
    formula: 'W + (alpha / rank) · B A',
  },
  heldOutLoss: {
    title: 'Held-out loss',
    words:
      'Mean cross-entropy of a reply’s tokens, in nats, on pairs that were not tuned on. A token guessed from n equal choices costs ln n.',
  },
  temperature: {
    title: 'Temperature',
    words:
      'Divides a model’s logits so that its probabilities can be taken at their word (Guo et al. 2017). One number, fitted on validation rows by the log loss; above 1 the model was too sure. Order and decisions stay.',
    formula: 'p = sigmoid(z / T), or softmax(z / T)',
  },
  calibrationError: {
    title: 'Expected calibration error',
    words:
      'How far probabilities are from the share that is true, mean over bins of like probabilities (Naeini et al. 2015). 0: of what is told 0.8, 80 % is true.',
    formula: 'Σ (cells of bin / cells) · | share true − mean p |',
  },
  logLoss: {
    title: 'Log loss',
    words:
      'Mean negative log-likelihood of the truth, in nats: what a temperature makes least on the validation rows. Over rows and labels; over rows where each has one label.',
    formula: '− mean ln p(truth)',
  },
} as const satisfies Record<string, GlossaryEntry>;

export type GlossaryTerm = keyof typeof glossary;
