import type { LabelEncoding } from '../../core/encodings/types.ts';
import type { Hyperparameters } from '../../services/trainer/contract.ts';
import { encodingChoices, pickingChoices, readingChoices, rowChoices, truncationChoices } from './choices.ts';
import { modelName } from '../modelChoice.ts';
import type { ModelChoice, NotebookParameters } from '../parameters.ts';
import { completed, stable, type Plain } from '../plain.ts';
import type { FoldChoice, PickingId, RowUnitId, TemplateId, Variant } from './types.ts';

// What a template comes to: variants with their differences from the notebook's settings.

type Loss = NonNullable<Hyperparameters['loss']>;

/** The losses on offer, at their papers' usual settings. */
export const lossChoices: readonly { readonly id: string; readonly name: string; readonly loss: Loss }[] = [
  { id: 'bce', name: 'none', loss: { kind: 'bce' } },
  {
    id: 'inverse',
    name: 'inverse frequency',
    loss: { kind: 'weighted', weighting: 'inverse-frequency' },
  },
  {
    id: 'effective',
    name: 'effective number',
    loss: { kind: 'weighted', weighting: 'effective-number', beta: 0.999 },
  },
  { id: 'focal', name: 'focal', loss: { kind: 'focal', gamma: 2, alpha: null } },
  {
    id: 'asymmetric',
    name: 'asymmetric',
    loss: { kind: 'asymmetric', gammaPositive: 0, gammaNegative: 4, clip: 0.05 },
  },
];

/** What a reader may choose of a template. */
export interface TemplateValues {
  readonly thresholds: readonly number[];
  readonly folds: number;
  readonly seeds: readonly number[];
  readonly learningRates: readonly number[];
  readonly lossIds: readonly string[];
  readonly lengths: readonly number[];
  readonly models: readonly ModelChoice[];
  /** Tokens that truncation leaves. */
  readonly cutTokens: number;
  /** Tokens of a piece, and of the longest text that is read in pieces. */
  readonly pieceTokens: number;
  readonly longestTokens: number;
  readonly readingIds: readonly string[];
  readonly encodingIds: readonly string[];
  /** Adds TF-IDF with logistic regression on the same rows. */
  readonly withReference: boolean;
}

/** The paper's thresholds, five folds, and usual grids. */
export const defaultValues: TemplateValues = {
  thresholds: [100, 300, 500, 1000],
  folds: 5,
  seeds: [13, 14, 15, 16, 17],
  learningRates: [1e-4, 2e-4, 4e-4, 1e-3, 2e-3],
  lossIds: lossChoices.map(({ id }) => id),
  lengths: [32, 64, 128, 256],
  models: [],
  cutTokens: 128,
  pieceTokens: 512,
  longestTokens: 2048,
  readingIds: ['cut', 'cut-both', 'windows-mean', 'windows-max'],
  encodingIds: ['binary', 'chain', 'chains', 'names', 'product', 'minimum'],
  withReference: true,
};

interface Planned {
  readonly name: string;
  readonly x: number | string;
  readonly patch: Plain;
  readonly fold?: FoldChoice;
  readonly picking?: PickingId;
  readonly rows?: RowUnitId;
}

const switches = [
  ['removeSpecialCharacters', 'special characters'],
  ['removeStopWords', 'stop words'],
  ['lemmatise', 'lemmatised'],
  ['lowercase', 'lowercase'],
] as const;

const numbersOf = (values: readonly number[]) => [...new Set(values)].sort((a, b) => a - b);

function planned(template: TemplateId, values: TemplateValues, base: NotebookParameters): Planned[] {
  switch (template) {
    case 'threshold':
      return numbersOf(values.thresholds).map((threshold) => ({
        name: `threshold ${threshold}`,
        x: threshold,
        patch: { labels: { threshold } },
      }));
    case 'preprocessing': {
      const cleaning = (on: (key: string) => boolean) => ({
        text: { cleaning: Object.fromEntries(switches.map(([key]) => [key, on(key)])) },
      });
      return [
        { name: 'all off', x: 'all off', patch: cleaning(() => false) },
        ...switches.map(([key, name]) => ({ name, x: name, patch: cleaning((other) => other === key) })),
        { name: 'all on', x: 'all on', patch: cleaning(() => true) },
      ];
    }
    case 'folds':
      return Array.from({ length: values.folds }, (_, index) => ({
        name: `fold ${index + 1}`,
        x: `fold ${index + 1}`,
        patch: {},
        fold: { index, of: values.folds },
      }));
    case 'seeds':
      return numbersOf(values.seeds).map((seed) => ({
        name: `seed ${seed}`,
        x: `seed ${seed}`,
        patch: { training: { seed } },
      }));
    case 'learning-rate':
      return numbersOf(values.learningRates).map((learningRate) => ({
        name: `lr ${learningRate}`,
        x: learningRate,
        patch: { training: { hyperparameters: { learningRate } } },
      }));
    case 'loss':
      return lossChoices
        .filter(({ id }) => values.lossIds.includes(id))
        .map(({ name, loss }) => ({
          name,
          x: name,
          patch: { training: { hyperparameters: { loss: loss as unknown as Plain } } },
        }));
    case 'length':
      return numbersOf(values.lengths).map((maxLength) => ({
        name: `${maxLength} tokens`,
        x: maxLength,
        patch: {
          text: { maxLength },
          // A micro-batch has to hold the longest row.
          training: {
            hyperparameters: {
              budgetTokens: Math.max(maxLength, base.training.hyperparameters.budgetTokens),
            },
          },
        },
      }));
    case 'models':
      return values.models.map((model) => {
        const name = modelName(model);
        return { name, x: name, patch: { text: { model: model as unknown as Plain } } };
      });
    case 'truncation':
      return truncationChoices.map(({ id, name }) => ({
        name,
        x: name,
        patch: pieces(base, values.cutTokens, { maxLength: values.cutTokens, keeps: id }, {}),
      }));
    case 'long-texts':
      return readingChoices
        .filter(({ id }) => values.readingIds.includes(id))
        .map(({ id, name }) => ({ name, x: name, patch: readingPatch(id, values, base) }));
    case 'picking':
      return pickingChoices.map(({ id, name }) => ({ name, x: name, patch: {}, picking: id }));
    case 'rows':
      return rowChoices.map(({ id, name }) => ({
        name,
        x: name,
        // Else steps of a tested article are trained on.
        patch: { split: { groupArticles: true } },
        rows: id,
      }));
    case 'encodings':
      return encodingChoices
        .filter(({ id }) => values.encodingIds.includes(id))
        .map(({ name, encoding }) => ({
          name,
          x: name,
          patch: { training: { hyperparameters: { encoding: encoding as unknown as Plain } } },
        }));
  }
}

/** Text and training settings for pieces of so many tokens: a micro-batch has to hold one. */
function pieces(
  base: NotebookParameters,
  tokens: number,
  text: Readonly<Record<string, Plain>>,
  settings: Readonly<Record<string, Plain>>,
): Plain {
  const budgetTokens = Math.max(tokens, base.training.hyperparameters.budgetTokens);
  return { text, training: { hyperparameters: { ...settings, budgetTokens } } };
}

function readingPatch(
  id: (typeof readingChoices)[number]['id'],
  { pieceTokens, longestTokens }: TemplateValues,
  base: NotebookParameters,
): Plain {
  const whole = { maxLength: Math.max(pieceTokens, longestTokens), keeps: 'head' };
  const segment = { segmentLength: pieceTokens };
  switch (id) {
    case 'cut':
      return pieces(base, pieceTokens, { maxLength: pieceTokens, keeps: 'head' }, { longTexts: 'truncate' });
    case 'cut-both':
      return pieces(
        base,
        pieceTokens,
        { maxLength: pieceTokens, keeps: 'head-tail' },
        { longTexts: 'truncate' },
      );
    case 'windows-mean':
    case 'windows-max': {
      const windowPooling = id === 'windows-mean' ? 'mean' : 'max';
      return pieces(base, pieceTokens, whole, { longTexts: 'windows', windowPooling, ...segment });
    }
    case 'memory':
      return pieces(base, pieceTokens, whole, { longTexts: 'recurrence', ...segment });
  }
}

/** What the reference's regressions do with labels: names mean nothing to it. */
export function referenceEncoding({ training }: NotebookParameters): LabelEncoding | undefined {
  const { encoding } = training.hyperparameters;
  return encoding?.kind === 'chain' || encoding?.kind === 'hierarchical' ? encoding : undefined;
}

/** The notebook's settings with a variant's differences. */
export function parametersWith(base: NotebookParameters, patch: Plain): NotebookParameters {
  return completed(patch, base as unknown as Plain) as NotebookParameters;
}

/**
 * Every variant of a template, networks first, then one TF-IDF reference for each distinct set of texts, labels and rows
 * among them (encodings and pickings that it knows included): its scores depend on nothing else. `why` says of a variant why it cannot run; null where it can.
 */
export function variantsOf(
  template: TemplateId,
  values: TemplateValues,
  base: NotebookParameters,
  why: (parameters: NotebookParameters, kind: Variant['kind']) => string | null,
  newId: () => string = () => crypto.randomUUID(),
): Variant[] {
  const plan = planned(template, values, base);
  const variant = (
    kind: Variant['kind'],
    { name, x, patch, fold, picking, rows }: Planned,
    isShared: boolean,
  ): Variant => {
    const reason = why(parametersWith(base, patch), kind);
    return {
      id: newId(),
      kind,
      name: kind === 'reference' ? (isShared ? 'TF-IDF' : `TF-IDF, ${name}`) : name,
      x: isShared ? null : x,
      patch,
      fold: fold ?? null,
      ...(picking && { picking }),
      ...(rows && { rows }),
      state: reason === null ? { kind: 'pending' } : { kind: 'skipped', why: reason },
    };
  };
  const networks = plan.map((one) => variant('network', one, false));
  if (!values.withReference) return networks;
  const seen = new Map<string, Planned>();
  for (const one of plan) {
    const parameters = parametersWith(base, one.patch);
    if (why(parameters, 'reference') !== null) continue;
    const { labels, split, text } = parameters;
    const key = stable([
      labels,
      split,
      text.cleaning,
      one.fold ?? null,
      referenceEncoding(parameters) ?? null,
      one.picking ?? null,
      one.rows ?? null,
    ]);
    if (!seen.has(key)) seen.set(key, one);
  }
  const isShared = seen.size === 1 && plan.length > 1;
  return [...networks, ...Array.from(seen.values(), (one) => variant('reference', one, isShared))];
}
