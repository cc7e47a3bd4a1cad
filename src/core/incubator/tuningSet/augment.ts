import { random } from '../../../base/random.ts';
import { findObjects } from '../jsonObjects.ts';
import { asObject } from '../pasted.ts';
import { estimateTokens, type BuiltPrompt } from '../prompts.ts';
import { normalised, type Reply } from '../replies.ts';
import { contentId, type TuningPair } from './types.ts';

// Incubator grows 25 tasks to 12,000 by asking a large model for more of the kind, shown a few of them in context.

export const augmentDropReasons = {
  'no-description': 'no description',
  'no-object': 'no object in the reply',
  'not-json': 'not JSON',
  truncated: 'cut off',
  'too-few-classes': 'fewer than two classes',
  'not-text': 'a value is no text',
  'empty-text': 'an empty text',
  'too-long': 'a text is too long',
  'same-text': 'one text for two classes',
  copied: 'copied from an example',
  duplicate: 'said before',
} as const;
export type AugmentDropReason = keyof typeof augmentDropReasons;

const system =
  'You invent tasks for text classifiers. A task is one line that asks for a classifier and names its classes in quotes, then one JSON object whose keys are exactly these classes and whose values are one realistic text of each. You answer with one new task of another subject than those shown, and nothing else.';

const written = ({ description, labels, samples }: TuningPair) =>
  `Task: ${description}\nObject: ${JSON.stringify(asObject(labels, samples[0] ?? []))}`;

export interface AugmentPromptOptions {
  /** Pairs shown at most; drawn by seed and draw. */
  readonly shown: number;
  readonly contextTokens: number;
  readonly replyTokens: number;
  readonly draw: number;
  readonly seed: number;
  readonly countTokens?: (text: string) => number;
}

/** Asks for a new pair, given some in context; fewer where the context is short. */
export function augmentPrompt(
  pairs: readonly TuningPair[],
  options: AugmentPromptOptions,
): { readonly prompt: BuiltPrompt; readonly shown: readonly TuningPair[] } {
  const { contextTokens, replyTokens, draw, seed, countTokens = estimateTokens } = options;
  const drawn = random(seed, 0xa06, draw)
    .shuffle([...pairs])
    .slice(0, options.shown);
  for (let count = drawn.length; ; count--) {
    const shown = drawn.slice(0, count);
    const user = [...shown.map(written), 'Task:'].join('\n\n');
    const tokens = countTokens(`${system}\n${user}`);
    if (count <= 1 || tokens + replyTokens <= contextTokens)
      return { prompt: { system, user, start: '', examplesUsed: count, tokens }, shown };
  }
}

export interface AugmentRules {
  readonly maxTextChars: number;
  /** Descriptions and texts that are known; new ones have to be new. */
  readonly known: readonly TuningPair[];
  /** The generator's name. */
  readonly source: string;
}

/**
 * Reads a reply: the line before its first object is the description (`Task:` in front is left out), the object the dictionary. Also
 * `{"description": …, "object": {…}}`. What does not fit has its reason.
 */
export function readAugmentation(reply: Reply, rules: AugmentRules): TuningPair | AugmentDropReason {
  const { objects, failures } = findObjects(reply.text);
  const [object] = objects;
  if (!object) {
    const [failure] = failures;
    if (!failure) return reply.finish === 'length' ? 'truncated' : 'no-object';
    return failure.reason === 'truncated' && reply.finish === 'end' ? 'not-json' : failure.reason;
  }
  const nested = nestedPair(object.entries);
  const entries = nested?.entries ?? object.entries;
  const description = nested?.description ?? descriptionBefore(reply.text.slice(0, object.start));
  if (description === '') return 'no-description';
  if (entries.length < 2) return 'too-few-classes';
  const texts: string[] = [];
  for (const [, value] of entries) {
    if (typeof value !== 'string') return 'not-text';
    if (value.trim() === '') return 'empty-text';
    if (value.length > rules.maxTextChars) return 'too-long';
    texts.push(value.trim());
  }
  if (new Set(texts.map(normalised)).size < texts.length) return 'same-text';
  const labels = entries.map(([key]) => key);
  const said = new Set(texts.map(normalised));
  if (
    rules.known.some(({ samples }) => samples.some((one) => one.some((text) => said.has(normalised(text)))))
  )
    return 'copied';
  const own = normalised(description);
  if (rules.known.some((pair) => normalised(pair.description) === own)) return 'duplicate';
  return {
    id: `augmented:${contentId(description, ...labels, ...texts)}`,
    origin: 'augmented',
    source: rules.source,
    description,
    labels,
    samples: [texts],
  };
}

type Entries = readonly (readonly [key: string, value: unknown])[];

/** A pair written as one object, as chat models like to. */
function nestedPair(entries: Entries): { readonly description: string; readonly entries: Entries } | null {
  const values = new Map(entries);
  const description = values.get('description') ?? values.get('task') ?? values.get('instruction');
  const inner = values.get('object') ?? values.get('samples') ?? values.get('sample') ?? values.get('texts');
  const first: unknown = Array.isArray(inner) ? inner[0] : inner;
  if (typeof description !== 'string' || typeof first !== 'object' || first === null) return null;
  return { description: description.trim(), entries: Object.entries(first as Record<string, unknown>) };
}

function descriptionBefore(text: string): string {
  const lines = text
    .split(/\r?\n/u)
    .map((line) =>
      line
        .replaceAll(/```\w*|\*\*/gu, '')
        .replace(/^\s*(?:task|description|instruction)\s*:\s*/iu, '')
        .replace(/\s*(?:object|json)\s*:\s*$/iu, '')
        .trim(),
    )
    .filter((line) => line !== '');
  return (lines.at(-1) ?? '').slice(0, 2000);
}
