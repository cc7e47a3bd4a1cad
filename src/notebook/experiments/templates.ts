import type { TemplateId } from './types.ts';

/** What a template varies, in words. */
export interface Template {
  readonly id: TemplateId;
  readonly title: string;
  /** One sentence: the question it answers. */
  readonly question: string;
  /** The plot's axis. */
  readonly axis: string;
  /** `line`: over a number; `bars`: over names; `repeats`: the same thing several times, read as mean and deviation. */
  readonly plot: 'line' | 'bars' | 'repeats';
  readonly isLog?: boolean;
}

export const templates: readonly Template[] = [
  {
    id: 'threshold',
    title: 'Label threshold',
    question: 'How many labels can be kept before the scores give way?',
    axis: 'label threshold',
    plot: 'line',
    isLog: true,
  },
  {
    id: 'preprocessing',
    title: 'Preprocessing',
    question: 'What each cleaning switch gains or costs: all off, each alone, all on.',
    axis: 'cleaning',
    plot: 'bars',
  },
  {
    id: 'folds',
    title: 'Cross-validation',
    question: 'How much a score owes to the split: every row is tested once.',
    axis: 'fold',
    plot: 'repeats',
  },
  {
    id: 'seeds',
    title: 'Seeds',
    question: 'How much a score owes to initial weights and the order of rows.',
    axis: 'training seed',
    plot: 'repeats',
  },
  {
    id: 'learning-rate',
    title: 'Learning rate',
    question: 'Where training is fastest without falling apart.',
    axis: 'learning rate',
    plot: 'line',
    isLog: true,
  },
  {
    id: 'loss',
    title: 'Class weighting',
    question: 'Whether a loss that counts rare labels more helps them.',
    axis: 'loss',
    plot: 'bars',
  },
  {
    id: 'length',
    title: 'Sequence length',
    question: 'What is lost where texts are cut, and what it saves.',
    axis: 'tokens',
    plot: 'line',
    isLog: true,
  },
  {
    id: 'models',
    title: 'Models',
    question: 'Several encoders on one split with one setting.',
    axis: 'model',
    plot: 'bars',
  },
  {
    id: 'truncation',
    title: 'Truncation side',
    question: 'Where the labels of a long text stand: at its beginning, its end, or both.',
    axis: 'what is kept',
    plot: 'bars',
  },
  {
    id: 'long-texts',
    title: 'Long texts',
    question:
      'Whether what lies beyond the length limit helps: cut, sliding windows, XLNet’s memory. Open methods or articles as rows for texts that are long, steps for those that are not.',
    axis: 'reading',
    plot: 'bars',
  },
  {
    id: 'picking',
    title: 'Threshold picking',
    question:
      'What a decision threshold gains: 0.5, one for all or one a label, by validation F1 or expected F1. One run serves all.',
    axis: 'decision threshold',
    plot: 'bars',
  },
  {
    id: 'encodings',
    title: 'Label encodings',
    question:
      'Whether labels that know of each other, of their names or of their hierarchy are better told, and what that costs.',
    axis: 'label encoding',
    plot: 'bars',
  },
  {
    id: 'rows',
    title: 'Steps or articles',
    question:
      'Whether an article read whole tells its labels better than its steps one by one. The same articles are tested; “steps, by article” gives one answer an article, the mean over its steps.',
    axis: 'rows',
    plot: 'bars',
  },
];

export function templateOf(id: TemplateId): Template {
  return templates.find((template) => template.id === id) as Template;
}
