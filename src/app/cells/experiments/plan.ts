import { createStore } from 'zustand/vanilla';
import { isOpen } from '../../../notebook/experiments/list.ts';
import { templateOf } from '../../../notebook/experiments/templates.ts';
import { defaultValues, variantsOf, type TemplateValues } from '../../../notebook/experiments/variants.ts';
import type { Experiment, TemplateId, Variant } from '../../../notebook/experiments/types.ts';
import { plural } from '../../../notebook/format.ts';
import type { NotebookParameters } from '../../../notebook/parameters.ts';
import { hyperparameterProblems } from '../../../training/hyperparameters.ts';
import { trainerSettings } from '../../../notebook/trainingData.ts';
import { notebook } from '../../runtime.ts';
import { session } from '../../session.ts';
import { keptAt, variantEstimateMs } from './estimate.ts';

/** What is typed into the templates; a reload starts from the defaults again, what was run is in the document. */
export const draft = createStore<TemplateValues>(() => defaultValues);

/** Models of the list where none was ticked: the notebook's own. */
function valuesFor(parameters: NotebookParameters, values: TemplateValues): TemplateValues {
  return values.models.length > 0 ? values : { ...values, models: [parameters.text.model] };
}

/** Why a variant with these settings cannot run; null where it can. */
function obstacle(parameters: NotebookParameters, kind: Variant['kind']): string | null {
  const kept = keptAt(parameters.labels);
  if (kept?.labels === 0) return 'Keeps no label.';
  if (kind === 'reference') return null;
  const [problem] = hyperparameterProblems(trainerSettings(parameters));
  return problem ? `${problem.message} ${problem.remedy}` : null;
}

/** What a press on Run will queue, and how long it may take. */
export interface Plan {
  readonly variants: readonly Variant[];
  readonly toRun: number;
  readonly skipped: readonly Variant[];
  /** Null where the speed of one of them is not known yet. */
  readonly totalMs: number | null;
  /** Why nothing can be queued; null where something can. */
  readonly problem: string | null;
}

/** Ids only matter where the plan becomes an experiment. */
export function planOf(template: TemplateId, values: TemplateValues, parameters: NotebookParameters): Plan {
  const variants = variantsOf(template, valuesFor(parameters, values), parameters, obstacle);
  const open = variants.filter(isOpen);
  let totalMs: number | null = 0;
  for (const variant of open) {
    const ms = variantEstimateMs({ base: parameters }, variant);
    totalMs = totalMs === null || ms === null ? null : totalMs + ms;
  }
  const networks = open.filter(({ kind }) => kind === 'network').length;
  const { validation, test } = parameters.split;
  return {
    variants,
    toRun: open.length,
    skipped: variants.filter(({ state, kind }) => state.kind === 'skipped' && kind === 'network'),
    totalMs,
    problem:
      networks === 0
        ? 'No variant can run with these values.'
        : validation + test === 0 && template !== 'folds'
          ? 'The split has neither test nor validation rows to judge on.'
          : validation === 0 && template === 'picking'
            ? 'Thresholds are picked on validation rows: give them a share in the Split cell.'
            : template === 'rows' && session.getState().corpus?.articles === undefined
              ? 'Nothing in this data says which rows are of one article: choose a column in the mapping panel.'
              : null,
  };
}

/** The plan as an experiment of the open data; null where none is open. */
export function experimentOf(template: TemplateId, values: TemplateValues): Experiment | null {
  const { corpus } = session.getState();
  if (!corpus) return null;
  const { parameters, experiments } = notebook.store.getState();
  const { variants, problem } = planOf(template, values, parameters);
  if (problem !== null) return null;
  const same = experiments.filter((one) => one.template === template).length;
  const { title } = templateOf(template);
  return {
    id: crypto.randomUUID(),
    template,
    title: same === 0 ? title : `${title} ${same + 1}`,
    createdAt: new Date().toISOString(),
    base: parameters,
    dataHash: corpus.dataHash,
    variants,
  };
}

/** `2 variants and 2 references`. */
export function countWords(variants: readonly Variant[]): string {
  const networks = variants.filter(({ kind }) => kind === 'network').length;
  const references = variants.length - networks;
  const first = plural(networks, 'variant');
  return references === 0 ? first : `${first}, ${plural(references, 'reference')}`;
}
