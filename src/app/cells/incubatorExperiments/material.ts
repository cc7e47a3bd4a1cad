import { VerbenaError } from '../../../base/errors.ts';
import { leastObjects } from '../../../core/incubator/experiments/material.ts';
import { goldRows, type ClassTarget } from '../../../core/incubator/classifier/mapping.ts';
import type { IncubatorFacts } from '../../../notebook/incubatorExperiments/templates.ts';
import type { JudgedBy } from '../../../notebook/incubatorExperiments/types.ts';
import { notebook } from '../../runtime.ts';
import { session } from '../../session.ts';
import { targetsOf } from '../classifiers/store.ts';
import { decoderFiles, isAllowed } from '../incubator/generators.ts';
import { currentGeneratedSets, type PublishedSet } from '../incubator/store.ts';

export class IncubatorExperimentsError extends VerbenaError<
  'no-generated-set' | 'experiment-no-generator' | 'experiment-set-changed'
> {}

/** The set that is chosen, else the newest. */
export function chosenGeneratedSet(
  sets: readonly PublishedSet[] = currentGeneratedSets(),
  setId: string | null = notebook.store.getState().parameters.incubatorExperiments.setId,
): PublishedSet | null {
  return sets.find(({ id }) => id === setId) ?? sets.at(-1) ?? null;
}

/** Real rows that exactly one class of a set claims, under the mapping of the classifiers' cell. */
export interface RealRows {
  readonly rows: Uint32Array;
  readonly classOf: Uint32Array;
  readonly targets: readonly ClassTarget[];
}

/** Null where no data is open, or where fewer than two classes have rows in it: nothing can be told apart then. */
export function realRowsOf({ set }: PublishedSet): RealRows | null {
  const { labelTable } = session.getState();
  if (!labelTable) return null;
  const { mapping } = notebook.store.getState().parameters.classifiers;
  const targets = targetsOf(set.labels, labelTable.labels, mapping);
  const { rows, classOf } = goldRows(targets, labelTable);
  return new Set(classOf).size === set.labels.length ? { rows, classOf, targets } : null;
}

/** Stands for what a set holds: a variant of other content does not compare. */
export const keyOfSet = ({ id, set }: PublishedSet): string =>
  JSON.stringify([id, set.labels, set.samples.length, set.samples.at(-1)]);

/** Who judges classifiers of a set now. */
export function judgedByNow(published: PublishedSet): JudgedBy {
  const real = realRowsOf(published);
  if (!real) return { kind: 'heldOut', rows: 0 };
  const dataHash = session.getState().corpus?.dataHash;
  return { kind: 'real', rows: real.rows.length, ...(dataHash === undefined ? {} : { dataHash }) };
}

/** Whether texts that judged then are those that would judge now. */
export const isSameJudge = (then: JudgedBy, now: JudgedBy): boolean =>
  then.kind === now.kind &&
  then.rows === now.rows &&
  (then.dataHash === undefined || then.dataHash === now.dataHash);

/** Why nothing can be generated now; null where it can. */
function generatorLack(): string | null {
  const { incubator } = notebook.store.getState().parameters;
  if (incubator.generator === 'endpoint' && !isAllowed(incubator))
    return 'Allow the server in the Incubator cell first: texts are generated for each wording.';
  if (incubator.generator === 'decoder' && incubator.decoder.kind === 'files' && decoderFiles() === null)
    return 'Choose the model’s files in the Incubator cell first: texts are generated for each wording.';
  const isHub =
    incubator.generator === 'hub' || (incubator.generator === 'decoder' && incubator.decoder.kind === 'hub');
  if (isHub && !hasGenerated())
    return 'Needs a generator: generate a set with a model in the Incubator cell first, so that nothing is fetched unasked.';
  return null;
}

/** A model was at work in this notebook. */
const hasGenerated = () =>
  (notebook.store.getState().results.incubator?.provenance.model ?? '') !== '' &&
  !/^(?:sample set|generations )/u.test(notebook.store.getState().results.incubator?.provenance.model ?? '');

/** What there is to experiment with. */
export function factsOf(published: PublishedSet): IncubatorFacts {
  const { paraphraseObjects } = notebook.store.getState().parameters.incubatorExperiments;
  const count = published.set.samples.length;
  const judge = judgedByNow(published);
  const held = judge.kind === 'real' ? 0 : Math.max(1, Math.round(count / 4));
  return {
    instruction: published.set.instruction,
    labels: published.set.labels,
    trainable: count < leastObjects ? 0 : count - held,
    pool: judge.kind === 'real' ? judge.rows - Math.min(2000, Math.ceil(judge.rows / 2)) : 0,
    noGenerator: generatorLack(),
    paraphraseObjects,
  };
}
