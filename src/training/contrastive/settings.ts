import { VerbenaError } from '../../base/errors.ts';
import type { BatchCapacity } from '../../models/family.ts';
import { TrainingError } from '../errors.ts';
import type { ContrastiveRows, ContrastiveSettings } from './types.ts';

/** The paper's temperature; the rest suits a small encoder that starts from random weights. */
export const contrastiveDefaults: ContrastiveSettings = {
  method: 'pie',
  pooling: 'first',
  temperature: 0.05,
  hardNegatives: true,
  masksSameCategory: true,
  batchSize: 64,
  epochs: 3,
  maxSteps: null,
  learningRate: 1e-3,
  schedule: 'linear',
  warmupShare: 0.1,
  weightDecay: 0,
  clipNorm: 1,
  dropout: null,
  budgetTokens: 4096,
  gradientCaching: 'auto',
  checkpointEverySteps: 100,
};

/** Texts a batch may hold: anchors and positives, and hard negatives where they are asked for. */
function textsPerStep({ batchSize, method, hardNegatives }: ContrastiveSettings): number {
  return batchSize * (method === 'pie' && hardNegatives ? 3 : 2);
}

export class ContrastiveError extends VerbenaError<'contrastive-settings-invalid'> {}

/** Throws `contrastive-settings-invalid` naming the setting. */
export function assertContrastiveSettings(settings: ContrastiveSettings): void {
  const { batchSize, epochs, maxSteps, learningRate, temperature, warmupShare, clipNorm } = settings;
  const require = (isSound: boolean, name: string, value: unknown, wanted: string) => {
    if (isSound) return;
    throw new ContrastiveError(
      'contrastive-settings-invalid',
      `The ${name} is ${String(value)}.`,
      `Set the ${name} to ${wanted}.`,
      { name, value },
    );
  };
  const isCount = (value: number) => Number.isSafeInteger(value) && value >= 1;
  require(Number.isSafeInteger(batchSize) &&
    batchSize >= 2, 'batch size', batchSize, 'a whole number of at least 2: the others are the negatives');
  require(isCount(epochs), 'epochs', epochs, 'a whole number of at least 1');
  require(maxSteps === null ||
    isCount(maxSteps), 'number of steps', maxSteps, 'a whole number of at least 1');
  require(Number.isFinite(learningRate) &&
    learningRate >= 0, 'learning rate', learningRate, 'a number of at least 0');
  require(Number.isFinite(temperature) &&
    temperature > 0, 'temperature', temperature, "a number above 0; the paper's is 0.05");
  require(warmupShare >= 0 && warmupShare < 1, 'warm-up share', warmupShare, 'a share from 0 up to 1');
  require(clipNorm === null || clipNorm > 0, 'gradient ceiling', clipNorm, 'a number above 0, or none');
  require(isCount(
    settings.budgetTokens,
  ), 'token budget', settings.budgetTokens, 'a whole number of at least 1');
}

/** Steps of an epoch: every row is an anchor once. A last step of a single anchor is left out, for it would have no negatives of its own kind. */
export function contrastiveStepsPerEpoch(rowCount: number, batchSize: number): number {
  const whole = Math.floor(rowCount / batchSize);
  return rowCount % batchSize >= 2 ? whole + 1 : Math.max(1, whole);
}

export function contrastiveSteps(settings: ContrastiveSettings, rowCount: number): number {
  const all = settings.epochs * contrastiveStepsPerEpoch(rowCount, settings.batchSize);
  return Math.min(all, settings.maxSteps ?? all);
}

export interface StepShape {
  readonly capacity: BatchCapacity;
  /** As `createContrastiveModel` takes it. */
  readonly cachedTexts: number | null;
}

/**
 * The micro-batches that a run needs, and whether its batches are cut into several. Throws `budget-below-length` where one row alone
 * exceeds the budget, or the whole batch does with caching off.
 */
export function stepShape(settings: ContrastiveSettings, offsets: Uint32Array): StepShape {
  let longest = 1;
  for (let row = 0; row + 1 < offsets.length; row++)
    longest = Math.max(longest, (offsets[row + 1] as number) - (offsets[row] as number));
  const texts = textsPerStep(settings);
  // Any row may come several times in a batch, as positive or negative of others: even the longest.
  const most = texts * longest;
  const { budgetTokens, gradientCaching } = settings;
  const fits = most <= budgetTokens;
  if (longest > budgetTokens || (gradientCaching === 'off' && !fits))
    throw new TrainingError(
      'budget-below-length',
      gradientCaching === 'off'
        ? `A batch may have ${most} tokens, beyond the budget of ${budgetTokens}.`
        : `A text of ${longest} tokens is beyond the budget of ${budgetTokens}.`,
      gradientCaching === 'off'
        ? `Switch gradient caching on, or raise the budget to ${most}.`
        : `Raise the token budget to at least ${longest}, or shorten texts.`,
      { most, longest, budgetTokens },
    );
  const isCached = gradientCaching === 'on' || (gradientCaching === 'auto' && !fits);
  return {
    capacity: {
      tokens: Math.max(longest, isCached ? Math.min(budgetTokens, most) : most),
      sequences: texts,
      maxLength: longest,
    },
    cachedTexts: isCached ? texts : null,
  };
}

/** Throws `no-training-rows` for fewer than two rows, `training-data-invalid` where categories and rows do not agree or a row is empty. */
export function assertContrastiveRows(
  { ids, offsets, categories }: ContrastiveRows,
  method: ContrastiveSettings['method'],
): void {
  const count = offsets.length - 1;
  if (count < 2)
    throw new TrainingError(
      'no-training-rows',
      `There are ${Math.max(0, count)} texts to tune on.`,
      'Contrast needs at least two texts: load more instructions.',
    );
  const isSound =
    offsets[count] === ids.length &&
    (method === 'simcse' || categories?.length === count) &&
    offsets.every((at, i) => i === 0 || at > (offsets[i - 1] as number));
  if (!isSound)
    throw new TrainingError(
      'training-data-invalid',
      'Tokens, rows and categories do not agree.',
      'Extract the categories of these instructions again, then start the run.',
    );
}
