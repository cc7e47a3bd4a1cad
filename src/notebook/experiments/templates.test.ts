import { describe, expect, it } from 'vitest';
import { newDocument, NotebookFileError, serialiseDocument } from '../document.ts';
import { defaultParameters } from '../parameters.ts';
import { parametersSchema } from '../parametersSchema.ts';
import { templates } from './templates.ts';
import { defaultValues, parametersWith, variantsOf } from './variants.ts';
import type { Experiment, TemplateId, Variant } from './types.ts';
import { parseDocument } from '../readDocument.ts';

const base = defaultParameters;
const models = [
  base.text.model,
  { kind: 'hub', repository: 'google/electra-base-discriminator', revision: 'main' },
] as const;
const values = { ...defaultValues, models };
const plan = (template: TemplateId, change = {}) =>
  variantsOf(template, { ...values, ...change }, base, () => null);
const kinds = (variants: readonly Variant[]) => ({
  networks: variants.filter(({ kind }) => kind === 'network').length,
  references: variants.filter(({ kind }) => kind === 'reference').length,
});

describe('templates', () => {
  it.each([
    // One reference for each distinct set of texts, labels and rows.
    ['threshold', 4, 4],
    ['preprocessing', 6, 6],
    ['folds', 5, 5],
    ['seeds', 5, 1],
    ['learning-rate', 5, 1],
    ['loss', 5, 1],
    ['length', 4, 1],
    ['models', 2, 1],
    ['truncation', 3, 1],
    ['long-texts', 4, 1],
    // Names mean nothing to TF-IDF; every other encoding and every picking has its own reference.
    ['picking', 5, 5],
    ['encodings', 6, 5],
    ['rows', 3, 3],
  ] as const)('%s plans %i networks and %i references', (template, networks, references) => {
    expect(kinds(plan(template))).toEqual({ networks, references });
    expect(kinds(plan(template, { withReference: false }))).toEqual({ networks, references: 0 });
  });

  it.each(templates.map(({ id }) => id))(
    '%s: every variant is a setting that a notebook accepts, and no two are alike',
    (id) => {
      const settings = plan(id)
        .filter(({ kind }) => kind === 'network')
        .map(({ patch, fold, picking, rows }) => {
          const parameters = parametersWith(base, patch);
          expect(parametersSchema.safeParse(parameters).success).toBe(true);
          return JSON.stringify([parameters, fold, picking, rows]);
        });
      expect(new Set(settings).size).toBe(settings.length);
    },
  );

  it('changes nothing but what it names', () => {
    const [first] = plan('learning-rate');
    const { training, ...others } = parametersWith(base, first?.patch ?? null);
    const { training: own, ...rest } = base;
    expect(others).toEqual(rest);
    expect(training).toEqual({ ...own, hyperparameters: { ...own.hyperparameters, learningRate: 1e-4 } });
  });

  it('reads long texts in pieces that a micro-batch holds', () => {
    const settings = plan('long-texts', {
      pieceTokens: 4000,
      longestTokens: 4096,
      readingIds: ['windows-max', 'memory'],
    })
      .filter(({ kind }) => kind === 'network')
      .map(({ patch }) => parametersWith(base, patch));
    expect(settings.map(({ text }) => text.maxLength)).toEqual([4096, 4096]);
    expect(settings.map(({ training }) => training.hyperparameters)).toMatchObject([
      { longTexts: 'windows', windowPooling: 'max', segmentLength: 4000, budgetTokens: 4000 },
      { longTexts: 'recurrence', segmentLength: 4000, budgetTokens: 4000 },
    ]);
  });

  it('replaces a loss of another kind whole', () => {
    const focal = {
      ...base,
      training: {
        ...base.training,
        hyperparameters: {
          ...base.training.hyperparameters,
          loss: { kind: 'focal', gamma: 5, alpha: 0.3 } as const,
        },
      },
    };
    const losses = variantsOf('loss', values, focal, () => null).map(
      ({ patch }) => parametersWith(focal, patch).training.hyperparameters.loss,
    );
    expect(losses[0]).toEqual({ kind: 'bce' });
    expect(losses[1]).toEqual({ kind: 'weighted', weighting: 'inverse-frequency' });
    expect(losses[3]).toEqual({ kind: 'focal', gamma: 2, alpha: null });
  });

  it('leaves room for the longest row in a micro-batch', () => {
    const [longest] = plan('length', { lengths: [4096] });
    expect(parametersWith(base, longest?.patch ?? null).training.hyperparameters.budgetTokens).toBe(4096);
  });

  it('notes why a variant cannot run, and plans no reference for it', () => {
    const found = variantsOf('threshold', values, base, ({ labels }) =>
      labels.threshold > 400 ? 'Keeps no label.' : null,
    );
    expect(found.map(({ state }) => state.kind)).toEqual([
      'pending',
      'pending',
      'skipped',
      'skipped',
      'pending',
      'pending',
    ]);
  });
});

describe('experiments in a notebook file', () => {
  const experiment: Experiment = {
    id: 'e',
    template: 'threshold',
    title: 'Label threshold',
    createdAt: '2026-01-01T00:00:00.000Z',
    base,
    dataHash: 'd',
    variants: plan('threshold'),
  };
  const document = { ...newDocument(), experiments: [experiment] };

  it('are read back as they were written', () => {
    expect(parseDocument(serialiseDocument(document))).toEqual(document);
  });

  it('open where they were saved before a setting existed, and where there were none', () => {
    const raw = JSON.parse(serialiseDocument(document)) as { experiments?: { base: { split?: unknown } }[] };
    delete raw.experiments?.[0]?.base.split;
    expect(parseDocument(JSON.stringify(raw)).experiments[0]?.base.split).toEqual(base.split);
    delete raw.experiments;
    expect(parseDocument(JSON.stringify(raw)).experiments).toEqual([]);
  });

  it.each([
    ['no list', { length: 3 }],
    [
      'a variant in no state',
      [{ ...experiment, variants: [{ ...experiment.variants[0], state: { kind: 'won' } }] }],
    ],
    [
      'a fold of none',
      [{ ...experiment, variants: [{ ...experiment.variants[0], fold: { index: 0, of: 1 } }] }],
    ],
    ['an unknown template', [{ ...experiment, template: 'horoscope' }]],
    [
      'settings out of range',
      [{ ...experiment, base: { ...base, labels: { ...base.labels, threshold: 0 } } }],
    ],
  ])('are refused with %s', (_name, experiments) => {
    expect(() => parseDocument(JSON.stringify({ ...document, experiments }))).toThrow(NotebookFileError);
  });
});
