import { describe, expect, it } from 'vitest';
import { defaultParameters } from './parameters.ts';
import { parametersSchema } from './parametersSchema.ts';

const withLoss = (loss: unknown) => ({
  ...defaultParameters,
  training: {
    ...defaultParameters.training,
    hyperparameters: { ...defaultParameters.training.hyperparameters, loss },
  },
});

describe('the loss in saved documents', () => {
  it('may be missing, as in documents from before there was a choice', () => {
    const { loss: _, ...before } = defaultParameters.training.hyperparameters;
    const old = {
      ...defaultParameters,
      training: { ...defaultParameters.training, hyperparameters: before },
    };
    expect(parametersSchema.parse(old)).toEqual(old);
  });

  it.each([
    { kind: 'bce' },
    { kind: 'cross-entropy' },
    { kind: 'weighted', weighting: 'inverse-frequency' },
    { kind: 'weighted', weighting: 'effective-number', beta: 0.99 },
    { kind: 'focal', gamma: 2, alpha: null },
    { kind: 'asymmetric', gammaPositive: 0, gammaNegative: 4, clip: 0.05 },
  ])('survives a save: %o', (loss) => {
    expect(parametersSchema.parse(withLoss(loss))).toEqual(withLoss(loss));
  });

  it.each([{ kind: 'hinge' }, { kind: 'focal', gamma: -1, alpha: null }, { kind: 'weighted' }])(
    'is refused where it cannot be: %o',
    (loss) => {
      const { error } = parametersSchema.safeParse(withLoss(loss));
      expect(error?.issues[0]?.path.slice(0, 3)).toEqual(['training', 'hyperparameters', 'loss']);
    },
  );
});
