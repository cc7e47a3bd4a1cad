import type { LibraryExample } from './types.ts';
import { IncubatorError } from './errors.ts';
import { writeObject } from './pasted.ts';

/** What a generator is given: chat models get system and user turns, completion models the same as one text. */
export interface BuiltPrompt {
  readonly system: string;
  readonly user: string;
  /** How the reply has to begin, for completion models and constrained sampling: nothing to parse before it. */
  readonly start: string;
  readonly examplesUsed: number;
  /** By the counter that was given. */
  readonly tokens: number;
}

export interface PromptPreset {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly system: string;
  /** `{instruction}` once; `{classes}`, `{examples}`, `{variation}` where wanted. */
  readonly template: string;
  /** How an in-context example is written; joined by empty lines. */
  readonly example: (example: LibraryExample) => string;
}

const inOneLine = ({ description, labels, samples }: LibraryExample) =>
  samples.map((texts) => `Instruction: ${description}\nObject: ${writeObject(labels, texts)}`).join('\n\n');

const rules =
  'You write data for text classifiers. To an instruction that names classes you answer with one JSON object and nothing else. Its keys are exactly the named classes, in their order; each value is one realistic text of that class, in the voice of the people who write such texts. The texts of one object are about as long as each other and never name their class unless such texts would.';

export const promptPresets = [
  {
    id: 'incubator',
    name: 'Instruction → object',
    description:
      'Incubator’s form: an instruction, then one object with a text of every class. For models tuned to it, and completion models.',
    system: '',
    template: '{examples}\n\nInstruction: {instruction}\nObject:',
    example: inOneLine,
  },
  {
    id: 'rules',
    name: 'Rules in words',
    description: 'Says what an object has to be. For chat models of a billion parameters and more.',
    system: rules,
    template: '{examples}\n\nInstruction: {instruction}\nClasses: {classes}\nAnswer with one JSON object.',
    example: inOneLine,
  },
  {
    id: 'varied',
    name: 'Rules, varied',
    description:
      'The same, with another setting, writer and length for each object, drawn by the seed: fewer repetitions.',
    system: rules,
    template:
      '{examples}\n\nInstruction: {instruction}\nClasses: {classes}\nWrite them as {variation}. Answer with one JSON object.',
    example: inOneLine,
  },
  {
    id: 'plain',
    name: 'Shortest',
    description:
      'A few words and no examples, for models of a hundred million parameters, which lose the thread in longer ones.',
    system: '',
    template: '{instruction}\nOne short text for each of {classes}, as JSON:',
    example: () => '',
  },
] as const satisfies readonly PromptPreset[];

export type PromptId = (typeof promptPresets)[number]['id'] | 'own';

const writers = [
  'an expert would',
  'someone in a hurry would',
  'a teenager would',
  'a careful writer would',
  'an annoyed person would',
  'a cheerful person would',
  'someone who is not a native speaker would',
  'a dry, factual person would',
  'an elderly person would',
  'a journalist would',
  'a parent of small children would',
  'a student would',
];
const settings = [
  'in the early morning',
  'about something that just happened',
  'about a plan for next week',
  'in a small town',
  'while travelling',
  'at work',
  'with one surprising detail',
  'with a number or a date in it',
  'with a place in it',
  'about an everyday matter',
  'about a rare case',
  'as a question',
];
const lengths = [
  'in one short sentence each',
  'in two sentences each',
  'in a sentence or two each',
  'in a short paragraph each',
];

/** One of 576 ways of writing; draws go through all of them before one repeats. */
export function variation(draw: number, seed: number): string {
  const total = writers.length * settings.length * lengths.length;
  // A step that shares no factor with the total visits every combination once.
  const at = (((draw * 131 + seed * 17) % total) + total) % total;
  const writer = writers[at % writers.length];
  const setting = settings[Math.floor(at / writers.length) % settings.length];
  return `${writer} write, ${setting}, ${lengths[Math.floor(at / (writers.length * settings.length))]}`;
}

/** A template of one's own. Throws `template-invalid` without `{instruction}`. */
export function ownPrompt(template: string): PromptPreset {
  if (template.split('{instruction}').length !== 2)
    throw new IncubatorError(
      'template-invalid',
      'The template has to hold {instruction} exactly once.',
      'Write {instruction} where the instruction goes; {classes}, {examples} and {variation} are optional.',
    );
  return { id: 'own', name: 'Own template', description: '', system: '', template, example: inOneLine };
}

export interface PromptInput {
  readonly preset: PromptPreset;
  readonly instruction: string;
  readonly labels: readonly string[];
  /** Most similar first; those that do not fit are left out from the end. */
  readonly examples: readonly LibraryExample[];
  /** Tokens that prompt and reply share; what the reply may take is subtracted. */
  readonly contextTokens: number;
  readonly replyTokens: number;
  /** Exact where a tokenizer is at hand; else an estimate. */
  readonly countTokens?: (text: string) => number;
  readonly draw: number;
  readonly seed: number;
}

/** About four characters a token in English, three and a half to be safe. */
export const estimateTokens = (text: string): number => Math.ceil(text.length / 3.5);

/**
 * A prompt within the context. Examples fall first; the best stands nearest to the instruction. Throws `instruction-empty`, `prompt-too-long`.
 */
export function buildPrompt(input: PromptInput): BuiltPrompt {
  const { preset, labels, contextTokens, replyTokens, countTokens = estimateTokens } = input;
  const instruction = input.instruction.trim();
  if (instruction === '')
    throw new IncubatorError(
      'instruction-empty',
      'There is no instruction.',
      "Say what the classifier shall tell apart, e.g. “Build a classifier that can categorize messages by 'praise' and 'complaint'.”",
    );
  const hasSlot = preset.template.includes('{examples}');
  const fill = (count: number) => {
    const examples = hasSlot ? input.examples.slice(0, count).reverse().map(preset.example).join('\n\n') : '';
    // Values are put in by name, not by replacement patterns: an instruction may hold `$&` or `{classes}`.
    const values: Readonly<Record<string, string>> = {
      instruction,
      classes: labels.map((label) => JSON.stringify(label)).join(', '),
      examples,
      variation: variation(input.draw, input.seed),
    };
    return preset.template
      .replaceAll(/\{(instruction|classes|examples|variation)\}/gu, (_, name: string) => values[name] ?? '')
      .trim();
  };
  const start = `{${JSON.stringify(labels[0] ?? '')}: "`;
  for (let count = hasSlot ? input.examples.length : 0; count >= 0; count--) {
    const user = fill(count);
    const tokens = countTokens(`${preset.system}\n${user}`);
    if (tokens + replyTokens <= contextTokens)
      return { system: preset.system, user, start, examplesUsed: count, tokens };
  }
  const tokens = countTokens(`${preset.system}\n${fill(0)}`);
  throw new IncubatorError(
    'prompt-too-long',
    `The prompt takes ${tokens} tokens and the reply ${replyTokens}; the model reads ${contextTokens}.`,
    'Shorten the instruction, lower the longest reply, or choose a generator with a longer context.',
    { tokens, replyTokens, contextTokens },
  );
}

/** The same for a model that only continues a text. */
export const asCompletion = ({ system, user }: BuiltPrompt): string =>
  system === '' ? user : `${system}\n\n${user}`;
