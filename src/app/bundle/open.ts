import { isBundle, openBundle } from '../../notebook/bundle/read.ts';
import { restoreBundle } from '../../notebook/bundle/restore.ts';
import { sentenceOf } from '../../notebook/bundle/words.ts';
import { runExport } from '../report/exportJob.ts';
import { autosave, openDocument } from '../runtime.ts';
import { toast, toastError } from '../toasts.ts';
import { bundleStores } from './stores.ts';

/** The first of some files that is a notebook with everything. */
export async function bundleAmong(files: readonly File[]): Promise<File | null> {
  for (const file of files) if (await isBundle(file)) return file;
  return null;
}

/** Opens a notebook with everything beside those that are here, with a way back. */
export function openBundleFile(file: File): Promise<void> {
  return runExport(
    `Opening ${file.name}`,
    async ({ signal, onProgress }) => {
      await autosave.flush();
      const restored = await restoreBundle(await openBundle(file), bundleStores(), { signal, onProgress });
      const previous = openDocument(restored.document);
      // Lists may take their workers a moment; the notebook stands already.
      showRestored().catch(toastError);
      const back = async () => {
        openDocument(previous);
        // Nothing that is still on its way to storage may come after what takes it away.
        await autosave.flush();
        await restored.undo();
        showRestored().catch(toastError);
        toast(`Took “${restored.document.title}” and what came with it away again.`);
      };
      const action = { label: 'Undo', run: () => void back().catch(toastError) };
      return { message: sentenceOf(restored), action };
    },
    'Nothing was opened.',
  );
}

/** Lists that were read before are read again. */
async function showRestored(): Promise<void> {
  const [classifiers, tuning, training] = await Promise.all([
    import('../cells/classifiers/store.ts'),
    import('../cells/tuning/store.ts'),
    import('../cells/training/trainer.ts'),
  ]);
  await classifiers.loadClassifiers();
  if (tuning.tuningStore.getState().encoders) await tuning.refreshEncoders();
  if (training.trainingSession().store.getState().runs) await training.trainingSession().refresh();
}
