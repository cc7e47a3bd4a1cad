import * as z from 'zod/mini';
import { generatorKinds } from './incubatorParameters.ts';
import { below1, name, seed, whole } from './schemaParts.ts';

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
