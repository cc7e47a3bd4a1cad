import { createStore } from 'zustand/vanilla';
import { nextTask } from '../../base/breath.ts';
import { isAbort, VerbenaError } from '../../base/errors.ts';
import { progressEta, throwIfAborted, throttled, type Progress } from '../../base/progress.ts';
import { toast, toastError, type Toast } from '../toasts.ts';

export class ExportError extends VerbenaError<'export-under-way'> {}

/** A report, picture or file in the making or being opened: what `ExportProgress` shows. */
export interface ExportJob {
  readonly name: string;
  readonly progress: Progress | null;
  /** Remaining milliseconds; null before there is evidence. */
  readonly etaMs: number | null;
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

/** What is said at the end, with a way back where there is one. */
export type ExportEnd = string | { readonly message: string; readonly action: NonNullable<Toast['action']> };

/**
 * Runs one export, with progress on the page and a way to stop. `work` returns the sentence to say at its end, `stopped` is what to
 * say of a stop. Errors are shown, never thrown; a second export while one runs is refused, since both would read the same page.
 */
export async function runExport(
  name: string,
  work: (options: ExportOptions) => Promise<ExportEnd>,
  stopped = 'Nothing was saved.',
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
  exportJob.setState({ job: { name, progress: null, etaMs: null, stop } });
  const eta = progressEta();
  const onProgress = throttled((progress) => {
    const etaMs = eta(progress, performance.now());
    exportJob.setState({ job: { name, progress, etaMs, stop } });
  });
  const pause = async () => {
    await nextTask();
    throwIfAborted(signal);
  };
  try {
    await pause();
    const end = await work({ signal, onProgress, pause });
    if (typeof end === 'string') toast(end, { tone: 'good' });
    else toast(end.message, { tone: 'good', action: end.action });
  } catch (error) {
    if (isAbort(error)) toast(`${name}: stopped. ${stopped}`);
    else toastError(error);
  } finally {
    exportJob.setState({ job: null });
  }
}
