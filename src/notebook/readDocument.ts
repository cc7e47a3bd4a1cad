import * as z from 'zod/mini';
import { withDates } from './ages.ts';
import { cellIds } from './cells.ts';
import { NotebookFileError, type NotebookDocument } from './document.ts';
import { experimentsSchema } from './experiments/schema.ts';
import { defaultParameters } from './parameters.ts';
import { parametersSchema } from './parametersSchema.ts';
import { completed, type Plain } from './plain.ts';

// Apart from document.ts, so that a page whose notebook is new carries no schema.

const result = z.object({
  provenance: z.object({
    dataHash: z.string(),
    parameters: z.any(),
    seed: z.nullable(z.number()),
    model: z.nullable(z.string()),
    device: z.string(),
    version: z.string(),
    probabilities: z.optional(z.string()),
    startedAt: z.string(),
    durationMs: z.number(),
  }),
  inputs: z.any(),
  headline: z.string(),
  summary: z.any(),
  isStopped: z.optional(z.boolean()),
});

const documentSchema = z.object({
  id: z.string().check(z.minLength(1), z.maxLength(100)),
  title: z.string().check(z.maxLength(500)),
  createdAt: z.string(),
  modifiedAt: z.string(),
  parameters: parametersSchema,
  results: z.partialRecord(z.enum(cellIds), result),
  experiments: experimentsSchema,
});

/**
 * Reads a `.verbena.json` file. Parameters that an older version did not know take their defaults.
 * Throws `NotebookFileError` with the path of the first value that does not fit.
 */
export function parseDocument(text: string): NotebookDocument {
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch (cause) {
    throw new NotebookFileError(
      'notebook-not-json',
      'This file is not JSON, or it is cut off.',
      'Open a file that Verbena saved (its name ends in .verbena.json).',
      {},
      cause,
    );
  }
  return readDocument(raw);
}

/** The same checks for a value that is parsed already, such as one from IndexedDB. */
export function readDocument(raw: unknown): NotebookDocument {
  const head =
    typeof raw === 'object' && raw !== null ? (raw as { format?: unknown; version?: unknown }) : {};
  if (head.format !== 'verbena-notebook')
    throw new NotebookFileError(
      'notebook-wrong-format',
      'This JSON file is not a Verbena notebook.',
      'Open a .verbena.json file; to load data, drop the file onto the page instead.',
    );
  if (typeof head.version === 'number' && head.version > 1)
    throw new NotebookFileError(
      'notebook-newer',
      `This notebook was saved by a newer Verbena (format ${head.version}; this one reads 1).`,
      'Reload the page to get the newest version, then open the file again.',
    );
  const { parameters, experiments, ...rest } = raw as { parameters?: unknown; experiments?: unknown };
  const filled = completed(parameters, defaultParameters as unknown as Plain);
  const parsed = documentSchema.safeParse({
    results: {},
    ...rest,
    parameters: filled,
    experiments: withWholeSettings(experiments ?? []),
  });
  if (!parsed.success) throw invalid('notebook', parsed.error.issues);
  const document = parsed.data as Omit<NotebookDocument, 'format' | 'version'>;
  const { comparison } = document.results;
  return {
    format: 'verbena-notebook',
    version: 1,
    ...document,
    ...(comparison && {
      results: { ...document.results, comparison: withDates(comparison, comparison.provenance.startedAt) },
    }),
  };
}

/** Experiments carry the settings of their time: filled like the notebook's own. What is no experiment is left to the schema. */
function withWholeSettings(experiments: unknown): unknown {
  if (!Array.isArray(experiments)) return experiments;
  return experiments.map((one: unknown) =>
    typeof one === 'object' && one !== null && 'base' in one
      ? { ...one, base: completed(one.base, defaultParameters as unknown as Plain) }
      : one,
  );
}

/** Names the first value that does not fit. */
export function invalid(what: string, issues: readonly z.core.$ZodIssue[]): NotebookFileError {
  const [issue] = issues;
  const path = issue?.path.join('.') ?? '';
  return new NotebookFileError(
    'notebook-invalid',
    `A value in this ${what} does not fit: ${path === '' ? 'the whole' : path}${issue ? ` (${issue.message || issue.code})` : ''}.`,
    `Correct ${path === '' ? 'it' : `“${path}”`} in a text editor, or save the notebook again where it came from.`,
    { path, issues: issues.length },
  );
}
