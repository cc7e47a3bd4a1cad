import { createStore } from 'zustand/vanilla';
import { nextTask } from '../../base/breath.ts';
import { isAbort, VerbenaError } from '../../base/errors.ts';
import { throwIfAborted, throttled, type Progress } from '../../base/progress.ts';
import { toast, toastError } from '../toasts.ts';

export class ExportError extends VerbenaError<'export-under-way'> {}

/** A report or picture in the making: what `ExportProgress` shows. */
export interface ExportJob {
  readonly name: string;
  readonly progress: Progress | null;
  readonly stop: () => void;
}

/** What the work of an export is handed. */
export interface ExportOptions {
  readonly signal: AbortSignal;
  readonly onProgress: (progress: Progress) => void;
  /** Lets the page draw and answer, then throws `aborted` where Stop was pressed: call it between two pieces of work. */
  readonly pause: () => Promise<void>;
}

export const exportJob = createStore<{ readonly job: ExportJob | null }>(() => ({ job: null }));

/**
 * Runs one export, with progress on the page and a way to stop. `work` returns the sentence to say at its end. Errors are
 * shown, never thrown; a second export while one runs is refused, since both would read the same page.
 */
export async function runExport(
  name: string,
  work: (options: ExportOptions) => Promise<string>,
): Promise<void> {
  const { job: other } = exportJob.getState();
  if (other) {
    toastError(
      new ExportError(
        'export-under-way',
        `${other.name} is still being made.`,
        'Wait for it, or stop it and try again.',
      ),
    );
    return;
  }
  const controller = new AbortController();
  const { signal } = controller;
  const stop = () => controller.abort();
  exportJob.setState({ job: { name, progress: null, stop } });
  const onProgress = throttled((progress) => exportJob.setState({ job: { name, progress, stop } }));
  const pause = async () => {
    await nextTask();
    throwIfAborted(signal);
  };
  try {
    await pause();
    toast(await work({ signal, onProgress, pause }), { tone: 'good' });
  } catch (error) {
    if (isAbort(error)) toast(`${name}: stopped. Nothing was saved.`);
    else toastError(error);
  } finally {
    exportJob.setState({ job: null });
  }
}
