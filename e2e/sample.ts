import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { linkHash } from '../src/notebook/link.ts';
import { defaultParameters, type NotebookParameters } from '../src/notebook/parameters.ts';

const folder = join(import.meta.dirname, '../public/samples');

/** Every n-th row of the shipped sample corpus, as a file to drop: the same long tail, fewer rows. */
export function sampleRows(everyNth: number): string {
  const lines = readFileSync(join(folder, 'howto-steps.jsonl'), 'utf8').split('\n');
  return `${lines.filter((line, at) => line !== '' && at % everyNth === 0).join('\n')}\n`;
}

/** The first rows of the shipped instructions, as a file to drop. */
export function instructionRows(count: number): string {
  const lines = readFileSync(join(folder, 'instructions.jsonl'), 'utf8').split('\n');
  return `${lines.slice(0, count).join('\n')}\n`;
}

/** Objects of a shipped generated set: a text of each class. */
export function generatedObjects(file: string): Readonly<Record<string, string>>[] {
  const lines = readFileSync(join(folder, 'generated', file), 'utf8')
    .trim()
    .split('\n');
  return lines.map((line) => JSON.parse(line) as Record<string, string>);
}

/** The address of a notebook with these parameters, as a shared link has it. */
export function notebookLink(
  change: (defaults: NotebookParameters) => NotebookParameters,
  title = 'Test notebook',
): string {
  return `/#${linkHash(title, change(defaultParameters))}`;
}

type Hyperparameters = NotebookParameters['training']['hyperparameters'];

/** A link for a short run; nothing else differs from a new notebook. */
export function shortRunLink(
  threshold: number,
  hyperparameters: Partial<Hyperparameters>,
  lowering: NotebookParameters['training']['lowering'] = 'auto',
  decisionThreshold = 0.5,
): string {
  return notebookLink((defaults) => ({
    ...defaults,
    labels: { ...defaults.labels, threshold },
    text: { ...defaults.text, maxLength: 64 },
    evaluation: { ...defaults.evaluation, threshold: decisionThreshold },
    training: {
      ...defaults.training,
      lowering,
      hyperparameters: { ...defaults.training.hyperparameters, budgetTokens: 512, ...hyperparameters },
    },
  }));
}
