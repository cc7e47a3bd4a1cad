import { promptTemplates, type PromptId } from '../../src/core/embedding/prompts.ts';
import { scratchDefaults } from '../../src/models/bert/scratch.ts';
import { contrastiveDefaults } from '../../src/training/contrastive/settings.ts';
import type { Variant } from './tune.ts';

const prompt = (id: PromptId) => {
  const found = promptTemplates.find((template) => template.id === id);
  if (!found) throw new Error(id);
  return found;
};

export const tuned: Variant = {
  name: 'tuned',
  prompt: prompt('none'),
  size: { ...scratchDefaults, layers: 1, inner: 256 },
  settings: {
    ...contrastiveDefaults,
    pooling: 'mean',
    batchSize: 64,
    epochs: 1,
    learningRate: 2e-3,
    budgetTokens: 65_536,
    checkpointEverySteps: 1_000_000,
  },
  textTokens: 24,
};

const shortly = { ...tuned.settings, maxSteps: 120 };

/** Rows of the table: what is different from `tuned`. The comparisons have 120 steps each. */
export const variants: readonly Variant[] = [
  { ...tuned, name: 'untrained', settings: { ...tuned.settings, maxSteps: 0 } },
  tuned,
  { ...tuned, name: 'short', settings: shortly },
  { ...tuned, name: 'short-no-hard-negatives', settings: { ...shortly, hardNegatives: false } },
  { ...tuned, name: 'short-simcse', settings: { ...shortly, method: 'simcse' } },
  { ...tuned, name: 'short-semantic-prompt', prompt: prompt('semantic'), settings: shortly },
  { ...tuned, name: 'short-pie-prompt', prompt: prompt('pie'), settings: shortly },
];
