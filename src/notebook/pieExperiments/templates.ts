import type { Pooling } from '../../core/embedding/pooling.ts';
import { promptTemplates } from '../../core/embedding/prompts.ts';
import type { KeptTemplate } from '../keptExperiments/types.ts';
import type { EmbeddingParameters, ModelChoice, TuningParameters } from '../parameters.ts';
import type { PieExperimentId, PieTest, PieVariantSpec, TruthKind } from './types.ts';

/** What there is to experiment with, at the moment of the press. */
export interface PieFacts {
  /** The embedding cell's settings. */
  readonly base: EmbeddingParameters;
  /** The tuning cell's. */
  readonly tuning: TuningParameters;
  /** The file has labels that are categories. */
  readonly hasLabels: boolean;
  /** Further data sets with labels. */
  readonly sets: readonly string[];
  /** Encoders tuned in this browser. */
  readonly tuned: readonly {
    readonly id: string;
    readonly name: string;
    readonly hardNegatives: boolean;
    readonly template: string;
    readonly pooling: Pooling;
    readonly maxLength: number;
  }[];
}

export interface PieTemplate extends KeptTemplate {
  readonly id: PieExperimentId;
  /** What is missing for it; null where it can run. */
  readonly lacks: (facts: PieFacts) => string | null;
  readonly variants: (facts: PieFacts) => readonly PieVariantSpec[];
}

const clusterMetrics = [
  { key: 'ari', name: 'ARI' },
  { key: 'purity', name: 'Purity' },
  { key: 'nmi', name: 'NMI' },
  { key: 'silhouette', name: 'Silhouette' },
] as const;

/** Prompts of growing length that ask for the same; the last says PIE's words twice. */
export const lengthTemplates: readonly { readonly name: string; readonly template: string }[] = [
  { name: 'none', template: '{instruction}' },
  { name: 'two words', template: '{instruction}\nThe task:' },
  { name: 'a line', template: '{instruction}\n\nThe task of the given instruction is:' },
  {
    name: 'two lines',
    template: 'Given the instruction below:\n\n{instruction}\n\nafter thinking step by step, the task is:',
  },
  { name: 'PIE', template: promptTemplates[0].template },
  {
    name: 'PIE, said twice',
    template: promptTemplates[0].template.replace(
      'With this in mind,',
      'What matters is not what the words are about but what is to be done. The essence of an instruction is its task intention. With this in mind,',
    ),
  },
];

/** Words of a prompt without its text. */
export function promptWords(template: string): number {
  return template.replace('{instruction}', ' ').split(/\s+/u).filter(Boolean).length;
}

/** The embedding cell's network, or this page's own encoder where the cell has none. */
export function neural(base: EmbeddingParameters): EmbeddingParameters {
  return base.embedder === 'encoder' || base.embedder === 'hub' ? base : { ...base, embedder: 'encoder' };
}

/** Tokens that a small vocabulary makes of a word of a prompt, at most. */
const tokensPerWord = 3;

/** With room for a text beside its own template: a longest prompt that lost words would not be the longest. */
function roomy(embedding: EmbeddingParameters): EmbeddingParameters {
  const least = tokensPerWord * promptWords(embedding.ownTemplate) + 32;
  return { ...embedding, maxLength: Math.max(embedding.maxLength, least) };
}

const tfidf = (base: EmbeddingParameters): EmbeddingParameters => ({ ...base, embedder: 'tfidf' });

const truthOf = ({ hasLabels }: PieFacts): TruthKind => (hasLabels ? 'labels' : 'wink');

function reference(facts: PieFacts, test: PieTest, x: string | number, id = 'tfidf'): PieVariantSpec {
  return { id, name: 'TF-IDF', series: 'TF-IDF', x, embedding: tfidf(facts.base), test, isReference: true };
}

/** Networks that are tested by the same clusters, and TF-IDF beside them at a place of the axis. */
function besideTfidf(
  facts: PieFacts,
  networks: readonly Pick<PieVariantSpec, 'id' | 'name' | 'x' | 'embedding'>[],
  at: string | number = 'TF-IDF',
): readonly PieVariantSpec[] {
  const test = { kind: 'clusters', truth: truthOf(facts) } as const;
  return [
    ...networks.map(({ id, name, x, embedding }) => ({
      id,
      name,
      series: 'Network',
      x,
      embedding,
      test,
      isReference: false,
    })),
    reference(facts, test, at),
  ];
}

const prompted = (base: EmbeddingParameters, prompt: string): EmbeddingParameters => ({
  ...neural(base),
  prompt,
});

/** What tuned encoders are held against: the cell's model, or the page's own where that is a tuned one itself. */
function untuned(base: EmbeddingParameters): EmbeddingParameters {
  return base.model.kind === 'tuned' ? { ...base, model: { kind: 'embedded', name: 'verbena-mini' } } : base;
}

/** How an encoder that is still to be tuned will be read: as it is tuned. */
function tunedReading(
  base: EmbeddingParameters,
  { prompt, ownTemplate, pooling, maxLength }: TuningParameters,
): EmbeddingParameters {
  return { ...base, embedder: 'encoder', prompt, ownTemplate, pooling, maxLength };
}

/** PIE against semantic against no prompt, and the TF-IDF row: what most tests are asked of. */
function mainEmbeddings(
  base: EmbeddingParameters,
): readonly { id: string; name: string; embedding: EmbeddingParameters }[] {
  return [
    { id: 'pie', name: 'PIE', embedding: prompted(base, 'pie') },
    { id: 'semantic', name: 'Semantic', embedding: prompted(base, 'semantic') },
    { id: 'none', name: 'No template', embedding: prompted(base, 'none') },
  ];
}

const always = () => null;

export const pieTemplates: readonly PieTemplate[] = [
  {
    id: 'prompt',
    title: 'PIE against other prompts',
    question: 'Do clusters follow tasks better when the prompt asks for the task?',
    axis: 'Prompt',
    metrics: clusterMetrics,
    lacks: always,
    variants: (facts) =>
      besideTfidf(
        facts,
        promptTemplates.map(({ id, name }) => ({ id, name, x: name, embedding: prompted(facts.base, id) })),
      ),
  },
  {
    id: 'length',
    title: 'Length of the prompt',
    question: 'How many words does the prompt need?',
    axis: 'Words in the prompt',
    metrics: clusterMetrics,
    lacks: always,
    variants: (facts) =>
      besideTfidf(
        facts,
        lengthTemplates.map(({ name, template }) => ({
          id: `length ${name}`,
          name,
          x: promptWords(template),
          embedding: roomy({ ...neural(facts.base), prompt: 'own', ownTemplate: template }),
        })),
        0,
      ),
  },
  {
    id: 'pooling',
    title: 'Pooling',
    question: 'Which hidden states make the vector?',
    axis: 'Pooling',
    metrics: clusterMetrics,
    lacks: always,
    variants: (facts) => {
      const poolings: readonly { pooling: Pooling; name: string }[] = [
        { pooling: 'mean', name: 'Mean' },
        { pooling: 'first', name: 'First token' },
        { pooling: 'last', name: 'Last token' },
        { pooling: 'last-two-layers', name: 'Last token, last 2 layers' },
      ];
      const network = neural(facts.base);
      return besideTfidf(
        facts,
        poolings
          .filter(({ pooling }) => network.embedder === 'encoder' || pooling !== 'last-two-layers')
          .map(({ pooling, name }) => ({ id: pooling, name, x: name, embedding: { ...network, pooling } })),
      );
    },
  },
  {
    id: 'extraction',
    title: 'Extraction method',
    question: 'Does it matter which extractor says what the tasks are?',
    axis: 'Categories by',
    metrics: clusterMetrics,
    lacks: always,
    variants: (facts) => {
      const truths: readonly { truth: TruthKind; name: string }[] = [
        ...(facts.hasLabels ? [{ truth: 'labels', name: 'Labels of the file' } as const] : []),
        { truth: 'wink', name: 'Rules on wink-nlp' },
        { truth: 'compromise', name: 'Rules on compromise' },
      ];
      return truths.flatMap(({ truth, name }) => {
        const test = { kind: 'clusters', truth } as const;
        const network = prompted(facts.base, 'pie');
        return [
          {
            id: `pie ${truth}`,
            name: `PIE, ${name}`,
            series: 'PIE',
            x: name,
            embedding: network,
            test,
            isReference: false,
          },
          { ...reference(facts, test, name, `tfidf ${truth}`), name: `TF-IDF, ${name}` },
        ];
      });
    },
  },
  {
    id: 'negatives',
    title: 'Tuning, with and without hard negatives',
    question:
      'What does contrastive tuning change, and do hard negatives help? Tunes its encoders itself, as the tuning cell is set, on half of the categories.',
    axis: 'Encoder',
    metrics: clusterMetrics,
    lacks: always,
    variants: (facts) => {
      const test = { kind: 'clusters', truth: truthOf(facts), isHeldOut: true } as const;
      const own = (hardNegatives: boolean): PieVariantSpec => {
        const tune: TuningParameters = { ...facts.tuning, method: 'pie', hardNegatives };
        const word = hardNegatives ? 'with' : 'without';
        return {
          id: `own ${word}`,
          name: `Tuned here ${word} hard negatives`,
          series: hardNegatives ? 'Hard negatives' : 'No hard negatives',
          x: hardNegatives ? 'With' : 'Without',
          embedding: tunedReading(facts.base, tune),
          test,
          tune,
          isReference: false,
        };
      };
      return [
        {
          id: 'untuned',
          name: 'Untuned',
          series: 'Untuned',
          x: 'Untuned',
          embedding: prompted(untuned(facts.base), 'pie'),
          test,
          isReference: false,
        },
        own(true),
        own(false),
        ...facts.tuned.map(({ id, name, hardNegatives, template, pooling, maxLength }) => ({
          id: `tuned ${id}`,
          // On what it was tuned is not known here: maybe on these texts.
          name: `Kept: ${name} (hard negatives ${hardNegatives ? 'on' : 'off'})`,
          series: hardNegatives ? 'Hard negatives' : 'No hard negatives',
          x: name,
          embedding: {
            ...facts.base,
            embedder: 'encoder' as const,
            model: { kind: 'tuned', id, name } satisfies ModelChoice,
            prompt: 'own',
            ownTemplate: template,
            pooling,
            maxLength,
          },
          test,
          isReference: false,
        })),
        reference(facts, test, 'TF-IDF'),
      ];
    },
  },
  {
    id: 'domains',
    title: 'Other domains',
    question: 'Does what was learnt on the open data serve other data sets?',
    axis: 'Data set',
    metrics: clusterMetrics,
    lacks: ({ sets }) =>
      sets.length === 0 ? 'Add a data set with labels, e.g. CLINC150 or BANKING77.' : null,
    variants: (facts) => {
      const network = neural(facts.base);
      return facts.sets.flatMap((set) => {
        const clusters = (learnsFrom: 'itself' | 'open') =>
          ({ kind: 'clusters', truth: 'labels', set, learnsFrom }) as const;
        const one = (series: string, embedding: EmbeddingParameters, learnsFrom: 'itself' | 'open') => ({
          id: `${set} ${series}`,
          name: `${set}, ${series}`,
          series,
          x: set,
          embedding,
          test: clusters(learnsFrom),
          isReference: false,
        });
        return [
          one('Network, PIE', { ...network, prompt: 'pie' }, 'open'),
          one('LSA of the open data', { ...facts.base, embedder: 'lsa' }, 'open'),
          one('TF-IDF of the open data', tfidf(facts.base), 'open'),
          {
            ...one('TF-IDF of its own', tfidf(facts.base), 'itself'),
            isReference: true,
          },
        ];
      });
    },
  },
  {
    id: 'nuance',
    title: 'What the vectors forget',
    question: 'Can a linear probe still read verb, noun and topic out of frozen vectors?',
    axis: 'What is read',
    metrics: [
      { key: 'verb', name: 'Verb' },
      { key: 'noun', name: 'Noun' },
      { key: 'topic', name: 'Topic' },
    ],
    lacks: always,
    variants: (facts) => [
      ...mainEmbeddings(facts.base).map(({ id, name, embedding }) => ({
        id,
        name,
        series: name,
        x: name,
        embedding,
        test: { kind: 'probe' } as const,
        isReference: false,
      })),
      reference(facts, { kind: 'probe' }, 'TF-IDF'),
    ],
  },
  {
    id: 'steps',
    title: 'Instructions of several steps',
    question: 'Do texts that ask for several things still lie near their like?',
    axis: 'Texts of',
    metrics: [
      { key: 'same', name: 'Nearest has the same task' },
      { key: 'shared', name: 'Nearest shares a step' },
    ],
    lacks: always,
    variants: (facts) =>
      (['one', 'several'] as const).flatMap((steps) => {
        const test = { kind: 'neighbours', steps } as const;
        const x = steps === 'one' ? 'one step' : 'several steps';
        const prompts = mainEmbeddings(facts.base)
          .slice(0, 2)
          .map(({ id, name, embedding }): PieVariantSpec => ({
            id: `${id} ${steps}`,
            name: `${name}, ${x}`,
            series: name,
            x,
            embedding,
            test,
            isReference: false,
          }));
        const bar = { ...reference(facts, test, x, `tfidf ${steps}`), name: `TF-IDF, ${x}` };
        return prompts.concat(bar);
      }),
  },
];

export const pieTemplate = (id: PieExperimentId): PieTemplate => {
  const found = pieTemplates.find((template) => template.id === id);
  if (!found) throw new Error(`No experiment is called ${id}.`);
  return found;
};
