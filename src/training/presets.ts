import { stepsPerEpoch } from './hyperparameters.ts';
import type { Hyperparameters } from './types.ts';

/** Settings with a sentence for each value that is a choice: why it differs from the paper, or what the paper left open. */
export interface Preset {
  readonly hyperparameters: Hyperparameters;
  readonly reasons: Readonly<Partial<Record<keyof Hyperparameters, string>>>;
}

/**
 * The settings of InstructNet (arXiv 2512.18301): AdamW at 4e-4, batch 48, 40 epochs, 512 tokens. The paper names nothing
 * else; the rest are PyTorch's AdamW defaults, and each of them has its reason.
 */
export function paperDefaults(trainRows: number): Preset {
  const perEpoch = stepsPerEpoch(Math.max(1, trainRows), 48);
  return {
    hyperparameters: {
      learningRate: 4e-4,
      batchSize: 48,
      epochs: 40,
      maxSteps: null,
      maxLength: 512,
      budgetTokens: 4096,
      schedule: 'constant',
      warmupSteps: 0,
      weightDecay: 0.01,
      beta1: 0.9,
      beta2: 0.999,
      epsilon: 1e-8,
      decay: 'all',
      clipNorm: null,
      dropout: null,
      evaluateEverySteps: perEpoch,
      checkpointEverySteps: checkpointEvery(perEpoch),
      bestMetric: 'microF1',
      patience: null,
      memory: 'auto',
    },
    reasons: {
      budgetTokens:
        'Only memory and speed: packing to a budget gives the same gradients as a padded batch of 48.',
      schedule: 'The paper names no schedule: constant, as AdamW does when nothing is added.',
      warmupSteps: 'The paper names no warm-up.',
      weightDecay: 'The paper names no decay: 0.01 is the default of PyTorch’s AdamW.',
      decay: 'PyTorch’s AdamW decays every parameter unless told otherwise.',
      clipNorm: 'The paper names no clipping.',
      dropout: 'As the model is configured (0.1 for XLNet-base).',
      evaluateEverySteps: 'Once an epoch.',
      bestMetric: 'The paper reports micro-F1 and macro-F1; micro-F1 moves less on rare labels.',
      patience: 'The paper trains all 40 epochs.',
    },
  };
}

/**
 * Settings that get a good model in an hour rather than a day, for a corpus of `trainRows`. `pretrained` is false for
 * weights that have seen no text (verbena-mini): they need a higher rate and more passes.
 */
export function sensibleDefaults(trainRows: number, options: { readonly pretrained?: boolean } = {}): Preset {
  const pretrained = options.pretrained ?? true;
  const batchSize = trainRows < 2000 ? 16 : 32;
  const perEpoch = stepsPerEpoch(Math.max(1, trainRows), batchSize);
  // Enough updates for a head to settle on a small corpus, few enough passes not to memorise a large one.
  const wantedSteps = pretrained ? 2000 : 5000;
  const epochs = Math.min(
    pretrained ? 10 : 20,
    Math.max(pretrained ? 3 : 6, Math.round(wantedSteps / perEpoch)),
  );
  const total = epochs * perEpoch;
  return {
    hyperparameters: {
      ...paperDefaults(trainRows).hyperparameters,
      learningRate: pretrained ? 5e-5 : 1e-3,
      batchSize,
      epochs,
      maxLength: 128,
      budgetTokens: 2048,
      schedule: 'linear',
      warmupSteps: Math.min(500, Math.round(total * 0.06)),
      decay: 'no-bias-no-norm',
      clipNorm: 1,
      evaluateEverySteps: Math.max(10, Math.ceil(perEpoch / 2)),
      checkpointEverySteps: checkpointEvery(perEpoch),
      patience: 6,
      memory: 'auto',
    },
    reasons: {
      learningRate: pretrained
        ? '4e-4 on every layer makes pre-trained transformers diverge or collapse to all-zero; 5e-5 is their usual rate.'
        : 'Untrained weights have nothing to unlearn: 1e-3 with warm-up gets them moving.',
      batchSize: 'Smaller batches make more updates of the same number of tokens.',
      epochs: `About ${wantedSteps.toLocaleString('en')} updates for ${trainRows.toLocaleString('en')} rows; 40 passes memorise the training rows.`,
      maxLength: 'wikiHow steps average tens of tokens; the text cell shows what share 128 cuts.',
      budgetTokens:
        'Half the activation memory; a batch of short steps still fits in one or two micro-batches.',
      schedule: 'A falling rate ends in a better minimum than a constant one.',
      warmupSteps: '6 % of all steps: Adam’s second moments are unreliable in the first updates.',
      decay: 'Decaying biases and layer norms shrinks what should not be shrunk (Hugging Face’s groups).',
      clipNorm: 'One bad batch cannot throw the weights away.',
      evaluateEverySteps: 'Twice an epoch: the curve shows overfitting before the epoch is over.',
      patience: 'Ends the run after three epochs without a better validation score.',
    },
  };
}

function checkpointEvery(perEpoch: number): number {
  return Math.min(250, Math.max(25, perEpoch));
}
