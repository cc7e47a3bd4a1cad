import { notebook } from './runtime.ts';
import { session } from './session.ts';
import { toast } from './toasts.ts';

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
