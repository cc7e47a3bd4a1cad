import { onDemand } from '../notebook/cells.ts';
import { fileNameOf, newDocument, serialiseDocument, type NotebookDocument } from '../notebook/document.ts';
import { isOpen } from '../notebook/experiments/list.ts';
import { cells } from './cells/registry.ts';
import { chains, folds, setFolded } from './chains.ts';
import { chooseDataFiles, openSample } from './cells/dataset/actions.ts';
import { pickFiles, saveFile } from './files.ts';
import { goTo } from './goTo.ts';
import { savePicture } from './report/picture.ts';
import { exportReport } from './report/report.ts';
import { overlays, toggleOutline } from './overlayState.ts';
import { autosave, notebook, openDocument, runner, storage } from './runtime.ts';
import { nextTheme } from './theme.ts';
import { isTyping, matchesShortcut, numberShortcut } from './shortcuts.ts';
import { toast, toastError } from './toasts.ts';

/** What can be done, as data: menus, the palette, the help sheet, shortcuts and tests read this one table. */
export interface Command {
  readonly id: string;
  readonly label: string;
  readonly group: 'Notebook' | 'Run' | 'Edit' | 'Data' | 'View' | 'Go to';
  /** `mod` is Ctrl, or Command on a Mac. */
  readonly shortcut?: string | undefined;
  readonly isEnabled?: () => boolean;
  readonly run: () => void;
}

const history = () => notebook.history.getState();

/** Opens a document and offers the way back to the one that was open. */
export async function openWithUndo(document: NotebookDocument, message: string): Promise<void> {
  await autosave.flush();
  const previous = openDocument(document);
  toast(message, { action: { label: 'Undo', run: () => void openDocument(previous) } });
}

/** Opens a `.verbena.json` file, or a `.verbena.zip` with all that the notebook made. */
export async function openNotebookFile(file: File): Promise<void> {
  try {
    if (/\.zip$/iu.test(file.name)) return await (await import('./bundle/open.ts')).openBundleFile(file);
    const { parseDocument } = await import('../notebook/readDocument.ts');
    const { besideOthers } = await import('../notebook/library.ts');
    const parsed = parseDocument(await file.text());
    await autosave.flush();
    const { document, isSecond } = await besideOthers(storage, parsed);
    const beside = isSecond ? ' beside the notebook it was saved from, which has changed since' : '';
    await openWithUndo(document, `Opened “${document.title}”${beside}.`);
  } catch (error) {
    toastError(error);
  }
}

export function saveNotebookFile(): void {
  const document = notebook.document();
  saveFile(serialiseDocument(document), fileNameOf(document.title), 'application/json');
}

const isBusy = () =>
  Object.values(notebook.store.getState().activities).some(({ kind }) => kind !== 'failed');

export const commands: readonly Command[] = [
  {
    id: 'notebook.new',
    label: 'New notebook',
    group: 'Notebook',
    run: () => void openWithUndo(newDocument(), 'Started a new notebook; the last one is kept.'),
  },
  {
    id: 'notebook.open',
    label: 'Open notebook file…',
    group: 'Notebook',
    shortcut: 'mod+O',
    run: () =>
      void pickFiles({ accept: '.json,.zip' }).then(([file]) => (file ? openNotebookFile(file) : undefined)),
  },
  {
    id: 'notebook.recent',
    label: 'Notebooks in this browser…',
    group: 'Notebook',
    run: () => overlays.setState({ open: 'notebooks' }),
  },
  {
    id: 'notebook.storage',
    label: 'Storage in this browser…',
    group: 'Notebook',
    run: () => overlays.setState({ open: 'storage' }),
  },
  {
    id: 'notebook.save',
    label: 'Save notebook to a file',
    group: 'Notebook',
    shortcut: 'mod+S',
    run: saveNotebookFile,
  },
  {
    id: 'notebook.saveAll',
    label: 'Save notebook with everything…',
    group: 'Notebook',
    shortcut: 'mod+shift+E',
    run: () => overlays.setState({ open: 'saveAll' }),
  },
  {
    id: 'notebook.link',
    label: 'Copy link with parameters',
    group: 'Notebook',
    run: () => void import('./shareLink.ts').then(({ copyShareLink }) => copyShareLink()).catch(toastError),
  },
  {
    id: 'notebook.report',
    label: 'Export report (one HTML file)',
    group: 'Notebook',
    shortcut: 'mod+shift+S',
    run: () => void exportReport(),
  },
  {
    id: 'notebook.picture',
    label: 'Save the whole notebook as a picture',
    group: 'Notebook',
    run: () => void savePicture(),
  },
  {
    id: 'notebook.share',
    label: 'Share…',
    group: 'Notebook',
    run: () => overlays.setState({ open: 'share' }),
  },
  {
    id: 'run.all',
    label: 'Run everything that is not up to date',
    group: 'Run',
    shortcut: 'mod+shift+Enter',
    run: () => void runner.runAll(),
  },
  ...cells
    .filter(({ id }) => id !== 'dataset' && id !== 'labels' && !onDemand.has(id))
    .map(({ id, title }): Command => ({
      id: `run.${id}`,
      label: `Run ${title.toLowerCase()} and what it needs`,
      group: 'Run',
      run: () => void runner.runThrough(id),
    })),
  {
    id: 'run.experiments',
    label: 'Continue experiments',
    group: 'Run',
    isEnabled: () => notebook.store.getState().experiments.some(({ variants }) => variants.some(isOpen)),
    run: () => void runner.run('experiments'),
  },
  {
    id: 'run.comparison',
    label: 'Compare the runs that are ticked',
    group: 'Run',
    run: () => void runner.run('comparison'),
  },
  {
    id: 'run.incubator',
    label: 'Generate in the incubator',
    group: 'Run',
    run: () => void runner.run('incubator'),
  },
  {
    id: 'run.stop',
    label: 'Stop everything',
    group: 'Run',
    shortcut: 'mod+.',
    isEnabled: isBusy,
    run: () => runner.stopAll(),
  },
  {
    id: 'edit.undo',
    label: 'Undo',
    group: 'Edit',
    shortcut: 'mod+Z',
    isEnabled: () => history().pastStates.length > 0,
    run: () => notebook.undo(),
  },
  {
    id: 'edit.redo',
    label: 'Redo',
    group: 'Edit',
    shortcut: 'mod+shift+Z',
    isEnabled: () => history().futureStates.length > 0,
    run: () => notebook.redo(),
  },
  { id: 'data.open', label: 'Open data files…', group: 'Data', run: () => void chooseDataFiles() },
  {
    id: 'data.sample',
    label: 'Try the sample data',
    group: 'Data',
    run: () => {
      goTo('dataset');
      void openSample();
    },
  },
  {
    id: 'view.palette',
    label: 'Command palette',
    group: 'View',
    shortcut: 'mod+K',
    run: () => overlays.setState({ open: 'palette' }),
  },
  {
    id: 'view.help',
    label: 'Help and shortcuts',
    group: 'View',
    shortcut: '?',
    run: () => overlays.setState({ open: 'help' }),
  },
  {
    id: 'view.theme',
    label: 'Switch theme: system, light, dark',
    group: 'View',
    run: () => toast(`Theme: ${nextTheme()}.`),
  },
  ...chains.map(({ id, name }): Command => ({
    id: `view.fold.${id}`,
    label: `Fold or show ${name}`,
    group: 'View',
    run: () => setFolded(id, !folds.getState().folded.has(id)),
  })),
  {
    id: 'view.outline',
    label: 'Show or hide the outline',
    group: 'View',
    shortcut: 'mod+\\',
    run: toggleOutline,
  },
  ...cells.map(({ id, title }, at): Command => ({
    id: `go.${id}`,
    label: `Go to ${title}`,
    group: 'Go to',
    shortcut: numberShortcut(at),
    run: () => goTo(id),
  })),
];

export function commandOf(id: string): Command {
  const found = commands.find((command) => command.id === id);
  if (!found) throw new Error(`No command ${id}.`);
  return found;
}

export function runCommand(command: Command): void {
  if (command.isEnabled?.() ?? true) command.run();
}

/** Undo inside a text field is the field's own. */
export function handleKey(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.isComposing) return;
  const command = commands.find(({ shortcut }) => shortcut && matchesShortcut(event, shortcut));
  if (!command) return;
  if (command.group === 'Edit' && isTextField(event.target)) return;
  event.preventDefault();
  runCommand(command);
}

function isTextField(target: EventTarget | null): boolean {
  return target instanceof HTMLInputElement ? target.type !== 'range' : isTyping(target);
}
