import * as z from 'zod/mini';
import { recomputeChoices, storageChoices, updateChoices } from '../models/memoryMode.ts';
import { maxChains } from '../core/encodings/plan.ts';
import { extractorKinds } from '../core/verbNoun/extractors.ts';
import { incubatorSchema } from './incubatorSchema.ts';
import { clusterMethods, embedderKinds } from './parameters.ts';
import { below1, name, seed, whole } from './schemaParts.ts';

// What a file or a link may hold: parameters.ts says what each means.

const share = z.number().check(z.gte(0), z.lte(0.9));
const positiveWhole = z.int().check(z.gte(1));
const positive = z.number().check(z.gt(0));

const mapping = z.object({
  format: z.enum(['csv', 'tsv', 'json', 'jsonl', 'mediawiki', 'parquet']),
  schema: z.enum([
    'howsumm-step',
    'howsumm-method',
    'wikihow-all',
    'wikihow-sep',
    'mediawiki',
    'text-labels',
    'topic-tree',
    'unknown',
  ]),
  gzip: z.boolean(),
  textColumns: z.array(name),
  labelColumns: z.array(name),
  labelSeparator: z.nullable(z.string().check(z.maxLength(20))),
  delimiter: z.string().check(z.maxLength(4)),
  hasHeader: z.boolean(),
  rowUnit: z.optional(z.enum(['record', 'method', 'step'])),
  articleColumn: z.optional(name),
  member: z.optional(z.string().check(z.maxLength(1000))),
});

const source = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('none') }),
  z.object({ kind: z.literal('sample'), name }),
  z.object({
    kind: z.literal('files'),
    files: z.array(z.object({ name, mapping })),
    topicDepth: z.optional(z.number().check(z.gte(0), z.lte(20))),
  }),
]);

const model = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('embedded'), name }),
  z.object({ kind: z.literal('hub'), repository: name, revision: name }),
  z.object({ kind: z.literal('files'), name }),
  z.object({ kind: z.literal('tuned'), id: name, name }),
]);

const gamma = z.number().check(z.gte(0), z.lte(20));

const loss = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('bce') }),
  z.object({ kind: z.literal('cross-entropy') }),
  z.object({
    kind: z.literal('weighted'),
    weighting: z.enum(['inverse-frequency', 'effective-number']),
    beta: z.exactOptional(below1),
  }),
  z.object({
    kind: z.literal('focal'),
    gamma,
    alpha: z.nullable(z.number().check(z.gt(0), z.lt(1))),
  }),
  z.object({ kind: z.literal('asymmetric'), gammaPositive: gamma, gammaNegative: gamma, clip: below1 }),
]);

const encoding = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('binary-relevance') }),
  z.object({
    kind: z.literal('chain'),
    order: z.enum(['frequency', 'given']),
    chains: z.int().check(z.gte(1), z.lte(maxChains)),
    passes: z.enum(['decision', 'probability']),
  }),
  z.object({ kind: z.literal('label-embedding') }),
  z.object({
    kind: z.literal('hierarchical'),
    consistency: z.enum(['product', 'minimum']),
    parents: z.union([
      z.literal('containment'),
      z.array(z.readonly(z.tuple([name, name]))).check(z.maxLength(20_000)),
    ]),
  }),
]);

const rowEdit = z.discriminatedUnion('kind', [
  z.object({ row: whole, kind: z.literal('exclude') }),
  z.object({ row: whole, kind: z.literal('relabel'), add: z.array(name), remove: z.array(name) }),
]);

/** What a file or a link may hold. Values out of range are refused with their path, never clamped in silence. */
export const parametersSchema = z.object({
  dataset: z.object({ source, mergeDuplicates: z.boolean() }),
  labels: z.object({
    threshold: positiveWhole,
    pinned: z.array(name),
    excluded: z.array(name),
    merges: z.record(name, name),
    rowEdits: z.nullable(z.object({ dataHash: z.string(), rows: z.array(rowEdit) })),
  }),
  split: z
    .object({
      seed,
      validation: share,
      test: share,
      groupDuplicates: z.boolean(),
      groupArticles: z.optional(z.literal(true)),
    })
    .check(
      z.refine(
        ({ validation, test }) => validation + test < 1,
        'validation and test leave no row to train on',
      ),
    ),
  text: z.object({
    model,
    cleaning: z.object({
      removeSpecialCharacters: z.boolean(),
      removeStopWords: z.boolean(),
      lemmatise: z.boolean(),
      lowercase: z.boolean(),
    }),
    maxLength: z.int().check(z.gte(8), z.lte(4096)),
    keeps: z.optional(z.enum(['head', 'tail', 'head-tail'])),
  }),
  training: z.object({
    seed,
    lowering: z.enum(['auto', 'webgpu', 'onnx']),
    hyperparameters: z.object({
      learningRate: positive,
      batchSize: positiveWhole,
      epochs: positiveWhole,
      maxSteps: z.nullable(positiveWhole),
      longTexts: z.optional(z.enum(['truncate', 'recurrence', 'windows'])),
      segmentLength: z.optional(positiveWhole),
      windowStride: z.optional(positiveWhole),
      windowPooling: z.optional(z.enum(['mean', 'max'])),
      budgetTokens: positiveWhole,
      schedule: z.enum(['constant', 'linear', 'cosine']),
      warmupSteps: whole,
      weightDecay: z.number().check(z.gte(0)),
      beta1: below1,
      beta2: below1,
      epsilon: positive,
      decay: z.enum(['all', 'no-bias-no-norm']),
      clipNorm: z.nullable(positive),
      dropout: z.nullable(below1),
      evaluateEverySteps: positiveWhole,
      checkpointEverySteps: positiveWhole,
      bestMetric: z.enum(['microF1', 'macroF1', 'loss']),
      patience: z.nullable(positiveWhole),
      memory: z.optional(
        z.union([
          z.literal('auto'),
          z.object({
            recompute: z.enum(recomputeChoices),
            storage: z.enum(storageChoices),
            update: z.optional(z.enum(updateChoices)),
          }),
        ]),
      ),
      precision: z.optional(z.enum(['auto', 'f32', 'f16'])),
      matrixInstructions: z.optional(z.enum(['on', 'off'])),
      tuning: z.optional(z.enum(['on', 'off'])),
      trained: z.optional(
        z.object({
          frozen: z.array(name),
          lora: z.nullable(
            z.object({ rank: positiveWhole, alpha: positive, dropout: below1, targets: z.array(name) }),
          ),
        }),
      ),
      loss: z.exactOptional(loss),
      encoding: z.optional(encoding),
    }),
  }),
  evaluation: z.object({
    split: z.enum(['train', 'validation', 'test']),
    which: z.enum(['best', 'last']),
    decision: z.enum(['global', 'per-label']),
    threshold: z.number().check(z.gte(0), z.lte(1)),
    baseline: z.boolean(),
  }),
  instructions: z.object({
    extractor: z.enum(extractorKinds),
    groups: z.array(
      z.object({
        scope: z.enum(['verb', 'noun', 'pair']),
        name,
        members: z.array(name).check(z.minLength(2)),
      }),
    ),
    edits: z.nullable(
      z.object({
        dataHash: z.string(),
        rows: z.array(
          z.object({
            row: whole,
            verb: z.string().check(z.maxLength(100)),
            noun: z.string().check(z.maxLength(100)),
          }),
        ),
      }),
    ),
  }),
  embedding: z.object({
    embedder: z.enum(embedderKinds),
    model,
    repository: name,
    dtype: z.enum(['fp32', 'fp16', 'q8']),
    staticRepository: z.nullable(name),
    pooling: z.enum(['mean', 'first', 'last', 'last-two-layers']),
    prompt: name,
    ownTemplate: z.string().check(z.maxLength(4000)),
    maxLength: z.int().check(z.gte(8), z.lte(4096)),
    rank: z.int().check(z.gte(2), z.lte(1024)),
    seed,
  }),
  tuning: z.object({
    start: z.enum(['scratch', 'model']),
    model,
    layers: z.int().check(z.gte(1), z.lte(24)),
    width: z.int().check(z.gte(16), z.lte(1024), z.multipleOf(16)),
    vocabularySize: z.int().check(z.gte(100), z.lte(100_000)),
    method: z.enum(['pie', 'simcse']),
    truth: z.enum(['labels', 'extracted']),
    prompt: name,
    ownTemplate: z.string().check(z.maxLength(4000)),
    pooling: z.enum(['mean', 'first', 'last', 'last-two-layers']),
    maxLength: z.int().check(z.gte(8), z.lte(4096)),
    batchSize: z.int().check(z.gte(2), z.lte(4096)),
    epochs: positiveWhole,
    maxSteps: z.nullable(positiveWhole),
    learningRate: positive,
    temperature: z.number().check(z.gt(0), z.lte(10)),
    hardNegatives: z.boolean(),
    masksSameCategory: z.boolean(),
    dropout: z.nullable(below1),
    loraRank: z.nullable(z.int().check(z.gte(1), z.lte(512))),
    budgetTokens: z.int().check(z.gte(64), z.lte(1_048_576)),
    gradientCaching: z.enum(['auto', 'on', 'off']),
    seed,
  }),
  clusters: z.object({
    k: z.nullable(positiveWhole),
    truth: z.enum(['labels', 'extracted']),
    seeds: z.int().check(z.gte(1), z.lte(20)),
    runs: z.int().check(z.gte(1), z.lte(50)),
    method: z.optional(z.enum(clusterMethods)),
    minClusterSize: z.optional(z.int().check(z.gte(2), z.lte(10_000))),
    device: z.optional(z.enum(['auto', 'cpu', 'webgpu'])),
  }),
  uses: z.object({
    demonstrations: z.int().check(z.gte(1), z.lte(100)),
    keep: z.int().check(z.gte(2), z.lte(100_000)),
    seed,
  }),
  incubator: incubatorSchema(model, z.enum(embedderKinds)),
  generatorTuning: z.object({
    sources: z.object({
      library: z.boolean(),
      corpus: z.boolean(),
      generated: z.boolean(),
      added: z.boolean(),
    }),
    pairs: z.int().check(z.gte(1), z.lte(10_000)),
    classes: z.int().check(z.gte(2), z.lte(16)),
    dictionaries: z.int().check(z.gte(1), z.lte(64)),
    maxTextChars: z.int().check(z.gte(10), z.lte(8000)),
    kind: z.string().check(z.minLength(1), z.maxLength(200)),
    edits: z.array(
      z.object({
        id: name,
        description: z.optional(z.string().check(z.minLength(1), z.maxLength(8000))),
        isExcluded: z.optional(z.literal(true)),
      }),
    ),
    augment: z.int().check(z.gte(1), z.lte(1000)),
    heldOut: z.number().check(z.gt(0), z.lte(0.9)),
    rank: z.int().check(z.gte(1), z.lte(256)),
    alpha: positive,
    dropout: below1,
    learningRate: positive,
    epochs: positiveWhole,
    batchSize: z.int().check(z.gte(1), z.lte(256)),
    maxLength: z.int().check(z.gte(32), z.lte(4096)),
    replies: z.int().check(z.gte(1), z.lte(64)),
    seed,
  }),
  incubatorExperiments: z.object({
    setId: z.nullable(name),
    seeds: z.int().check(z.gte(1), z.lte(20)),
    paraphraseObjects: z.int().check(z.gte(16), z.lte(512)),
  }),
  pieExperiments: z.object({
    seeds: z.int().check(z.gte(1), z.lte(20)),
    rows: z.nullable(z.int().check(z.gte(20))),
  }),
  classifiers: z.object({
    setId: z.nullable(name),
    model: z.enum(['linear', 'encoder']),
    training: z.enum(['joint', 'independent', 'both']),
    c: z.number().check(z.gt(0), z.lte(1e6)),
    ngramMax: z.union([z.literal(1), z.literal(2)]),
    heldOut: z.number().check(z.gte(0), z.lte(0.9)),
    seed,
    mapping: z.record(
      name,
      z.discriminatedUnion('kind', [
        z.object({ kind: z.literal('label'), label: name }),
        z.object({ kind: z.literal('rest') }),
        z.object({ kind: z.literal('none') }),
      ]),
    ),
  }),
  mining: z.object({
    formula: z.string().check(z.maxLength(20_000)),
    semantics: z.enum(['product', 'minMax', 'logOdds']),
    limit: z.int().check(z.gte(10), z.lte(10_000)),
    judgements: z.array(
      z.object({
        dataHash: z.string(),
        formula: z.string().check(z.maxLength(20_000)),
        marks: z.array(z.object({ row: whole, right: z.boolean() })),
      }),
    ),
  }),
});
