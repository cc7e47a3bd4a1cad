import { VerbenaError } from '../base/errors.ts';
import type { ModelChoice } from '../notebook/parameters.ts';
import { notebook } from './runtime.ts';
import { session } from './session.ts';
import { toast } from './toasts.ts';

export class ModelFilesError extends VerbenaError<'model-folder-missing'> {}

/** The model that is chosen, with its files where they are the user's own. Throws `model-folder-missing` where those are not open in this tab. */
export function openedModel(model: ModelChoice) {
  if (model.kind !== 'files') return model;
  const { modelFiles } = session.getState();
  if (!modelFiles)
    throw new ModelFilesError(
      'model-folder-missing',
      `The folder “${model.name}” is not open in this tab.`,
      'Drop the model folder onto the page again, or choose another model.',
    );
  return { ...model, files: modelFiles };
}

/** Makes a dropped folder the model of this notebook. Whether it is complete is checked where it is loaded. */
export function acceptModel(files: readonly File[]): void {
  const path = files.find(({ webkitRelativePath }) => webkitRelativePath !== '')?.webkitRelativePath;
  const name =
    path?.split('/')[0] ?? files.find(({ name }) => name.endsWith('.safetensors'))?.name ?? 'dropped model';
  session.setState({ modelFiles: files });
  notebook.setParameters('text', { model: { kind: 'files', name } });
  toast(`Using the dropped model “${name}”.`, {
    tone: 'good',
    action: { label: 'Undo', run: () => notebook.undo() },
  });
}
