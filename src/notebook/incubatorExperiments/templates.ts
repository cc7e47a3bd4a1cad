import { paraphrases } from '../../core/incubator/tuningSet/descriptions.ts';
import type { DiversifyMethod } from '../../core/incubator/diversity/choose.ts';
import type { KeptTemplate } from '../keptExperiments/types.ts';
import type { IncubatorExperimentId, IncubatorVariantSpec } from './types.ts';

/** What there is to experiment with, at the moment of the press. */
export interface IncubatorFacts {
  readonly instruction: string;
  readonly labels: readonly string[];
  /** Objects of the set that can be trained on. */
  readonly trainable: number;
  /** Real rows that can be trained on. */
  readonly pool: number;
  /** Why no text can be generated now; null where it can. */
  readonly noGenerator: string | null;
  /** Objects that a paraphrase is asked for. */
  readonly paraphraseObjects: number;
}

export interface IncubatorTemplate extends KeptTemplate {
  readonly id: IncubatorExperimentId;
  readonly isLogAxis?: boolean;
  readonly isLine: boolean;
  readonly lacks: (facts: IncubatorFacts) => string | null;
  readonly variants: (facts: IncubatorFacts) => readonly IncubatorVariantSpec[];
}

const scores = [
  { key: 'accuracy', name: 'Accuracy' },
  { key: 'macroF1', name: 'Macro-F1' },
] as const;
const diversity = [
  { key: 'distance', name: 'Distance' },
  { key: 'selfBleu4', name: 'Self-BLEU-4' },
  { key: 'vendi', name: 'Vendi' },
  { key: 'objects', name: 'Objects' },
] as const;

const methodNames: Readonly<Record<DiversifyMethod, string>> = {
  kmeans: 'k-means',
  hierarchical: 'Hierarchical (Ward)',
  hdbscan: 'Density (HDBSCAN)',
  random: 'Random draw',
};

/** Objects that are kept of all: 8 in 100 where there are many, a third of a small set, so that there is something to train on. */
const keptShare = (trainable: number) => Math.min(0.34, Math.max(0.08, 32 / Math.max(1, trainable)));

const atLeast = (least: number) => (facts: IncubatorFacts) =>
  facts.trainable >= least ? null : `Needs ${least} objects to train on; this set has ${facts.trainable}.`;

function choice(
  method: DiversifyMethod,
  k: number,
  batchSize: number,
  x: string | number,
): IncubatorVariantSpec {
  return {
    id: `${method}-${k}-${batchSize}`,
    name: `${methodNames[method]}, ${k} of ${batchSize}`,
    series: methodNames[method],
    x,
    test: { kind: 'choose', method, k, batchSize },
    isReference: method === 'random',
  };
}

export const incubatorTemplates: readonly IncubatorTemplate[] = [
  {
    id: 'k',
    title: 'K from 3 to 15',
    question: 'How many objects should be kept of a batch, when as many are kept of all?',
    axis: 'K, kept of each batch',
    isLine: true,
    metrics: [...scores, ...diversity],
    lacks: atLeast(48),
    variants({ trainable }) {
      const share = keptShare(trainable);
      return [3, 4, 5, 6, 8, 10, 12, 15].flatMap((k) =>
        (['kmeans', 'random'] as const).map((method) => choice(method, k, Math.round(k / share), k)),
      );
    },
  },
  {
    id: 'method',
    title: 'Clustering method',
    question: 'k-means, hierarchical, density, or a draw by chance: which objects teach most?',
    axis: 'Method',
    isLine: false,
    metrics: [...scores, ...diversity],
    lacks: atLeast(24),
    variants({ trainable }) {
      const batchSize = Math.round(8 / keptShare(trainable));
      return (['kmeans', 'hierarchical', 'hdbscan', 'random'] as const).map((method) =>
        choice(method, 8, batchSize, methodNames[method]),
      );
    },
  },
  {
    id: 'samples',
    title: 'Samples from 16 to 4,096',
    question: 'How many generated objects are enough?',
    axis: 'Objects trained on',
    isLogAxis: true,
    isLine: true,
    metrics: [...scores, { key: 'objects', name: 'Objects' }],
    lacks: atLeast(16),
    variants({ trainable, pool, labels }) {
      const sizes = [16, 32, 64, 128, 256, 512, 1024, 2048, 4096].filter((size) => size <= trainable);
      const all = sizes.includes(trainable) || trainable > 4096 ? sizes : [...sizes, trainable];
      const generated = all.map((objects): IncubatorVariantSpec => ({
        id: `generated-${objects}`,
        name: `${objects} generated objects`,
        series: 'Generated',
        x: objects,
        test: { kind: 'size', objects },
        isReference: false,
      }));
      const real = all
        .filter((objects) => objects * labels.length <= pool)
        .map((objects): IncubatorVariantSpec => ({
          id: `real-${objects}`,
          name: `${objects} real rows of each class`,
          series: 'As many real rows',
          x: objects,
          test: { kind: 'real', objects },
          isReference: true,
        }));
      return [...generated, ...real];
    },
  },
  {
    id: 'diversified',
    title: 'With and without diversification',
    question: 'Are objects chosen by clusters worth more than as many drawn by chance?',
    axis: 'Objects kept',
    isLogAxis: true,
    isLine: true,
    metrics: [...scores, ...diversity],
    lacks: atLeast(32),
    variants({ trainable }) {
      return [8, 16, 32, 64, 128, 256, 512, 1024]
        .filter((count) => 2 * count <= trainable)
        .flatMap((count) =>
          (['kmeans', 'random'] as const).map((method) => {
            const spec = choice(method, 8, Math.floor((8 * trainable) / count), count);
            return Object.assign(spec, {
              id: `${method}-${count}`,
              name: `${method === 'kmeans' ? 'Diversified' : 'By chance'}, ${count} objects`,
              series: method === 'kmeans' ? 'Diversified (k-means)' : 'As many by chance',
            });
          }),
        );
    },
  },
  {
    id: 'dependence',
    title: 'Dependent against independent classes',
    question: 'Does a class such as “other” gain when classes are trained together and not each on its own?',
    axis: 'Classes',
    isLine: false,
    metrics: [...scores, { key: 'lastF1', name: 'F1 of the last class' }],
    lacks: atLeast(16),
    variants({ labels }) {
      const leads =
        labels.length > 2 ? Array.from({ length: Math.min(5, labels.length - 2) }, (_, at) => at + 1) : [];
      return [...leads, labels.length].flatMap((classes) =>
        (['joint', 'independent'] as const).map((training): IncubatorVariantSpec => {
          const x = classes === labels.length ? `all ${classes}` : `${classes} + other`;
          const series = training === 'joint' ? 'Trained together' : 'Each on its own';
          return {
            id: `${training}-${classes}`,
            name: `${series}, ${x}`,
            series,
            x,
            test: { kind: 'dependence', classes, training },
            isReference: training === 'independent',
          };
        }),
      );
    },
  },
  {
    id: 'compound',
    title: 'Length of compound queries',
    question: 'How much does a ranking lose with every concept that a query adds?',
    axis: 'Concepts in a query',
    isLine: true,
    metrics: [
      { key: 'averagePrecision', name: 'Average precision' },
      { key: 'precision', name: 'R-precision' },
      { key: 'chance', name: 'Chance' },
      { key: 'formulas', name: 'Queries' },
    ],
    lacks: atLeast(16),
    variants({ labels }) {
      const longest = labels.length === 2 ? 2 : 6;
      const names = { product: 'Product', minMax: 'Min and max', logOdds: 'Log-odds' } as const;
      return Array.from({ length: longest }, (_, at) => at + 1).flatMap((operands) =>
        (['product', 'minMax', 'logOdds'] as const).map((semantics): IncubatorVariantSpec => ({
          id: `${semantics}-${operands}`,
          name: `${names[semantics]}: ${operands} ${operands === 1 ? 'concept' : 'concepts'}`,
          series: names[semantics],
          x: operands,
          test: { kind: 'compound', operands, semantics },
          isReference: false,
        })),
      );
    },
  },
  {
    id: 'paraphrase',
    title: 'Paraphrased instructions',
    question: 'Does another wording of the same instruction grow another classifier?',
    axis: 'Instruction',
    isLine: false,
    metrics: [...scores, { key: 'objects', name: 'Objects' }],
    lacks: (facts) => facts.noGenerator ?? atLeast(16)(facts),
    variants({ instruction, labels, paraphraseObjects: objects, trainable }) {
      return [
        {
          id: 'original',
          name: instruction,
          series: 'Instruction',
          x: 'original',
          test: { kind: 'size', objects: Math.min(objects, trainable) },
          isReference: true,
        },
        ...paraphrases(instruction, labels, 'texts', 4, 13).map((wording, at): IncubatorVariantSpec => ({
          id: `paraphrase-${at + 1}`,
          name: wording,
          series: 'Paraphrase',
          x: `paraphrase ${at + 1}`,
          test: { kind: 'paraphrase', instruction: wording, objects },
          isReference: false,
        })),
      ];
    },
  },
];

/** The template of an experiment. */
export function incubatorTemplate(id: IncubatorExperimentId): IncubatorTemplate {
  return incubatorTemplates.find((one) => one.id === id) ?? (incubatorTemplates[0] as IncubatorTemplate);
}
