import * as z from 'zod/mini';
import type { EmbedderKind, ModelChoice } from './parameters.ts';

export const generatorKinds = ['hub', 'browser', 'endpoint', 'decoder'] as const;
export type GeneratorKind = (typeof generatorKinds)[number];

/** A set's objects that were chosen to be used, by their ordinals in what was generated. */
export interface KeptObjects {
  readonly setId: string;
  readonly objects: readonly number[];
}

/** Keys of a set that are no classes of its, such as the premise that texts belong to. */
export interface KeysAside {
  readonly setId: string;
  readonly keys: readonly string[];
}

export interface IncubatorParameters {
  readonly instruction: string;
  /** Null: as the instruction names them. */
  readonly labels: readonly string[] | null;
  /** A preset's id, or `own`. */
  readonly prompt: string;
  readonly ownTemplate: string;
  /** In-context examples; fewer where the context is short. */
  readonly examples: number;
  /** Objects wanted. */
  readonly count: number;
  readonly generator: GeneratorKind;
  readonly hub: {
    readonly repository: string;
    readonly revision: string;
    readonly dtype: 'fp32' | 'fp16' | 'q8' | 'q4' | 'q4f16';
  };
  readonly endpoint: {
    readonly url: string;
    readonly model: string;
    /** Requests at once. */
    readonly parallel: number;
    /** Tokens that the server's model reads and writes together: servers do not say. */
    readonly contextTokens: number;
    /** Of a million tokens, in any currency; 0 for a machine of one's own. */
    readonly inputPrice: number;
    readonly outputPrice: number;
  };
  readonly decoder: ModelChoice;
  /** Sampling forced to one object with exactly the classes as keys, where the generator can be. */
  readonly constrained: boolean;
  readonly temperature: number;
  readonly topP: number;
  readonly minP: number;
  /** Tokens of a reply at most. */
  readonly replyTokens: number;
  readonly maxTextChars: number;
  readonly dropNearDuplicates: boolean;
  readonly seed: number;
  readonly diversify: {
    readonly k: number;
    readonly batchSize: number;
    readonly unit: 'joined' | 'perClass' | 'both';
    readonly method: 'kmeans' | 'hierarchical' | 'hdbscan' | 'random';
    /** What turns texts into vectors; `encoder` and `hub` as the embedding cell has them set. */
    readonly embedder: EmbedderKind;
    readonly seed: number;
  };
  readonly kept: readonly KeptObjects[];
  readonly setAside: readonly KeysAside[];
}

/** A generator that asks before it fetches, and sampling that keeps replies readable. */
export const defaultIncubator: IncubatorParameters = {
  instruction: '',
  labels: null,
  prompt: 'rules',
  ownTemplate: '{examples}\n\nInstruction: {instruction}\nObject:',
  examples: 2,
  count: 128,
  generator: 'hub',
  hub: { repository: 'HuggingFaceTB/SmolLM2-360M-Instruct', revision: 'main', dtype: 'q4' },
  endpoint: {
    url: 'http://localhost:11434/v1',
    model: '',
    parallel: 2,
    contextTokens: 4096,
    inputPrice: 0,
    outputPrice: 0,
  },
  decoder: { kind: 'hub', repository: 'HuggingFaceTB/SmolLM2-135M-Instruct', revision: 'main' },
  constrained: true,
  temperature: 0.9,
  topP: 1,
  minP: 0.05,
  replyTokens: 256,
  maxTextChars: 600,
  dropNearDuplicates: true,
  seed: 13,
  diversify: { k: 8, batchSize: 64, unit: 'joined', method: 'kmeans', embedder: 'tfidf', seed: 13 },
  kept: [],
  setAside: [],
};

const name = z.string().check(z.minLength(1), z.maxLength(500));
const whole = z.int().check(z.gte(0));
const seed = z.int().check(z.gte(0), z.lte(0xffff_ffff));
const below1 = z.number().check(z.gte(0), z.lt(1));

/** What a file or a link may hold; schemas of models and embedders are those of the other cells. */
export const incubatorSchema = <Model extends z.ZodMiniType, Embedder extends z.ZodMiniType>(
  model: Model,
  embedder: Embedder,
) =>
  z.object({
    instruction: z.string().check(z.maxLength(8000)),
    labels: z.nullable(z.array(name)),
    prompt: name,
    ownTemplate: z.string().check(z.maxLength(8000)),
    examples: z.int().check(z.gte(0), z.lte(8)),
    count: z.int().check(z.gte(16), z.lte(4096)),
    generator: z.enum(generatorKinds),
    hub: z.object({
      repository: name,
      revision: name,
      dtype: z.enum(['fp32', 'fp16', 'q8', 'q4', 'q4f16']),
    }),
    endpoint: z.object({
      url: z.string().check(z.maxLength(1000)),
      model: z.string().check(z.maxLength(500)),
      parallel: z.int().check(z.gte(1), z.lte(16)),
      contextTokens: z.int().check(z.gte(256), z.lte(1_000_000)),
      inputPrice: z.number().check(z.gte(0)),
      outputPrice: z.number().check(z.gte(0)),
    }),
    decoder: model,
    constrained: z.boolean(),
    temperature: z.number().check(z.gte(0), z.lte(2)),
    topP: z.number().check(z.gt(0), z.lte(1)),
    minP: below1,
    replyTokens: z.int().check(z.gte(16), z.lte(4096)),
    maxTextChars: z.int().check(z.gte(10), z.lte(8000)),
    dropNearDuplicates: z.boolean(),
    seed,
    diversify: z.object({
      k: z.int().check(z.gte(1), z.lte(512)),
      batchSize: z.int().check(z.gte(2), z.lte(4096)),
      unit: z.enum(['joined', 'perClass', 'both']),
      method: z.enum(['kmeans', 'hierarchical', 'hdbscan', 'random']),
      embedder,
      seed,
    }),
    kept: z.array(z.object({ setId: name, objects: z.array(whole) })),
    setAside: z.array(z.object({ setId: name, keys: z.array(name) })),
  });
