import * as z from 'zod/mini';
import { parametersSchema } from '../parametersSchema.ts';
import { pickingIds, rowUnits, templateIds } from './types.ts';

const text = z.string().check(z.maxLength(1000));
const scores = z.object({
  microF1: z.number(),
  macroF1: z.number(),
  weightedF1: z.number(),
  samplesF1: z.number(),
  labelAccuracy: z.number(),
  subsetAccuracy: z.number(),
});

const result = z.object({
  runId: text,
  modelName: text,
  device: text,
  seed: z.nullable(z.number()),
  dataHash: text,
  version: text,
  startedAt: text,
  durationMs: z.number(),
  step: z.number(),
  totalSteps: z.number(),
  bestStep: z.nullable(z.number()),
  tokensPerSecond: z.nullable(z.number()),
  rows: z.object({ train: z.nullable(z.number()), validation: z.number(), judged: z.number() }),
  labels: z.number(),
  cost: z.optional(
    z.object({
      parameters: z.number(),
      addedParameters: z.number(),
      edges: z.number(),
      checked: z.number(),
      contradicted: z.number(),
      predictedAlone: z.number(),
    }),
  ),
  judged: z.enum(['test', 'validation']),
  rowsHash: text,
  scores,
  validation: z.nullable(scores),
  tuned: z.nullable(z.object({ threshold: z.number(), scores })),
  allZero: scores,
  labelPrior: scores,
  perLabel: z.object({
    names: z.array(z.string()),
    support: z.array(z.number()),
    f1: z.array(z.number()),
    tunedF1: z.nullable(z.array(z.number())),
  }),
});

const state = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('pending') }),
  z.object({
    kind: z.literal('started'),
    runId: text,
    startedAt: text,
    trainRows: z.nullable(z.number()),
  }),
  z.object({ kind: z.literal('done'), result }),
  z.object({
    kind: z.literal('failed'),
    error: z.object({
      code: text,
      message: z.string(),
      remedy: z.string(),
      details: z.record(z.string(), z.any()),
    }),
    runId: z.nullable(text),
  }),
  z.object({ kind: z.literal('skipped'), why: text }),
]);

/** What a notebook file may hold as experiments. */
export const experimentsSchema = z
  .array(
    z.object({
      id: text.check(z.minLength(1)),
      template: z.enum(templateIds),
      title: text,
      createdAt: text,
      base: parametersSchema,
      dataHash: text,
      variants: z
        .array(
          z.object({
            id: text.check(z.minLength(1)),
            kind: z.enum(['network', 'reference']),
            name: text,
            x: z.nullable(z.union([z.number(), text])),
            patch: z.any(),
            fold: z.nullable(
              z.object({ index: z.int().check(z.gte(0)), of: z.int().check(z.gte(2), z.lte(100)) }),
            ),
            picking: z.optional(z.enum(pickingIds)),
            rows: z.optional(z.enum(rowUnits)),
            state,
          }),
        )
        .check(z.maxLength(1000)),
    }),
  )
  .check(z.maxLength(500));
