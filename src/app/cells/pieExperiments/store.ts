import { pieTemplate, type PieFacts } from '../../../notebook/pieExperiments/templates.ts';
import {
  pieExperimentIds,
  type PieExperiment,
  type PieExperimentId,
} from '../../../notebook/pieExperiments/types.ts';
import type { CellOutcome, RunContext } from '../../../notebook/runner.ts';
import { createKeptQueue } from '../../keptExperiments/queue.ts';
import { notebook, runner } from '../../runtime.ts';
import { session } from '../../session.ts';
import { goldLabels } from '../instructions/store.ts';
import { refreshEncoders, tuningStore } from '../tuning/store.ts';
import { usesStore } from '../uses/store.ts';
import { readPieData, runPieVariant } from './run.ts';
import { isExperimentsOwn } from './tuned.ts';

/** What is there to experiment with. */
export function pieFacts(): PieFacts {
  const { labelTable } = session.getState();
  return {
    base: notebook.store.getState().parameters.embedding,
    tuning: notebook.store.getState().parameters.tuning,
    hasLabels: labelTable !== null && goldLabels(labelTable).gold.some((label) => label !== null),
    sets: usesStore
      .getState()
      .sets.filter(({ labels }) => labels.some((label) => label !== null))
      .map(({ name }) => name),
    tuned: (tuningStore.getState().encoders ?? [])
      .filter((encoder) => encoder.step > 0 && !isExperimentsOwn(encoder))
      .map(({ id, name, template, maxLength, settings }) => ({
        id,
        name,
        template,
        maxLength,
        hardNegatives: settings.hardNegatives,
        pooling: settings.pooling,
      })),
  };
}

/** A fresh list of an experiment's variants, with the settings of now. */
function begun(id: PieExperimentId): PieExperiment {
  const { seeds, rows } = notebook.store.getState().parameters.pieExperiments;
  const waiting = { kind: 'waiting' } as const;
  return {
    id,
    startedAt: new Date().toISOString(),
    dataHash: dataHashNow(),
    seeds,
    rows,
    variants: pieTemplate(id)
      .variants(pieFacts())
      .map((spec) => Object.assign(spec, { state: waiting })),
  };
}

const dataHashNow = (): string => session.getState().corpus?.dataHash ?? '';

export const pieQueue = createKeptQueue<PieExperiment>({
  cell: 'pieExperiments',
  ids: pieExperimentIds,
  begun,
  run: () => runner.runThrough('pieExperiments'),
  outcome: () => ({ seed: 13 }),
  isOutdated: ({ dataHash }) => dataHash !== dataHashNow(),
});

/** The cell's task. */
export async function runPieExperiments(context: RunContext): Promise<CellOutcome> {
  const data = await readPieData(context);
  return pieQueue.work(context, (variant, experiment, told) =>
    runPieVariant(variant, experiment, data, usesStore.getState().sets, told),
  );
}

/** Reads which encoders were tuned here; what cannot be read is none. */
export function readTuned(): void {
  if (tuningStore.getState().encoders === null) refreshEncoders().catch(() => undefined);
}
