import { EmbeddingError } from './vectors.ts';

export interface PromptTemplate {
  readonly id: string;
  readonly name: string;
  /** `{instruction}` stands for the text. */
  readonly template: string;
}

const slot = '{instruction}';

/** The templates of PIE (arXiv 2409.19680), word for word, and none at all. */
export const promptTemplates = [
  {
    id: 'pie',
    name: 'PIE',
    template:
      'The essence of an instruction is its task intention. With this in mind, given the instruction below:\n\n{instruction}\n\nafter thinking step by step, the task of the given instruction is:',
  },
  { id: 'semantic', name: 'Semantic', template: 'This sentence of "{instruction}" means:' },
  {
    id: 'describes-task',
    name: 'Describes a task',
    template:
      'Below is an instruction that describes a task\n\n{instruction}\n\nThe task of the given instruction is:',
  },
  {
    id: 'wants-you-to',
    name: 'Wants you to',
    template: 'The following instruction\n{instruction}\nwants you to:',
  },
  {
    id: 'identify-type',
    name: 'Identify its task type',
    template: 'Given the following instruction\n{instruction}\n  please identify its task type:',
  },
  {
    id: 'what-type',
    name: 'What type of task',
    template: 'What type of task does the following instruction represent?\n{instruction}\n',
  },
  { id: 'none', name: 'No template', template: '{instruction}' },
] as const satisfies readonly PromptTemplate[];

export type PromptId = (typeof promptTemplates)[number]['id'];

/** Checks an own template. Throws `template-invalid` unless `{instruction}` stands in it once. */
export function ownTemplate(template: string): PromptTemplate {
  const slots = template.split(slot).length - 1;
  if (slots !== 1)
    throw new EmbeddingError(
      'template-invalid',
      slots === 0 ? `The template lacks ${slot}.` : `The template holds ${slot} ${slots} times.`,
      `Write ${slot} once, where the text is to stand.`,
    );
  return { id: 'own', name: 'Own template', template };
}

/**
 * The text that is embedded. `addPeriod` closes a text that does not end in `. ? " '`, as upstream does in training and clustering,
 * and not in the similarity test.
 */
export function applyPrompt({ template }: PromptTemplate, instruction: string, addPeriod: boolean): string {
  const text = addPeriod && !/[.?"']$/u.test(instruction) ? `${instruction}.` : instruction;
  // Not `replace`, which would read "$&" in the text.
  return template.split(slot).join(text);
}
