import { isAbort, toWire } from '../../../base/errors.ts';
import { notebook } from '../../runtime.ts';
import { trainingResult } from '../training/task.ts';
import { evaluationStore } from './store.ts';
import { recordEvaluation, showEvaluation } from './task.ts';

/** Quiet after which the recorded numbers follow the slider. */
const quietMs = 400;

/**
 * Keeps what is shown in step with the controls, with a training that has ended, and with a reload. Reads kept outputs only;
 * starts no work. Returns how to end it.
 */
export function followNotebook(): () => void {
  let shown = '';
  let recorded = '';
  let trained: unknown = null;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const follow = () => {
    const { parameters, results } = notebook.store.getState();
    const { split, which, decision, threshold } = parameters.evaluation;
    const { chosenRunId, loaded } = evaluationStore.getState();
    const runId = chosenRunId ?? trainingResult(results.training?.summary)?.runId ?? null;

    // The result's identity counts as well: a resumed run keeps its id and has new outputs.
    const wanted = `${runId}/${split}/${which}`;
    if (runId !== null && (wanted !== shown || results.training !== trained)) {
      shown = wanted;
      trained = results.training;
      showEvaluation().catch((error: unknown) => {
        if (!isAbort(error)) evaluationStore.setState({ problem: toWire(error) });
      });
    }
    if (runId === null) shown = '';

    const decided = `${decision}/${threshold}`;
    if (loaded && decided !== recorded) {
      const isFirst = recorded === '';
      recorded = decided;
      clearTimeout(timer);
      if (!isFirst) timer = setTimeout(() => recordEvaluation(loaded), quietMs);
    }
  };

  follow();
  const ends = [notebook.store.subscribe(follow), evaluationStore.subscribe(follow)];
  return () => {
    clearTimeout(timer);
    for (const end of ends) end();
  };
}
