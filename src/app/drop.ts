import { acceptData } from './cells/dataset/actions.ts';
import { openNotebookFile } from './commands.ts';
import { acceptModel } from './modelFiles.ts';
import { notebook } from './runtime.ts';
import { plural } from '../notebook/format.ts';
import { toast } from './toasts.ts';

/** Files of a drop, folders walked. */
export async function filesOf(transfer: DataTransfer): Promise<File[]> {
  // Entries have to be taken before the first await: the list is emptied when the event is over.
  const entries = [...transfer.items]
    .map((item) => item.webkitGetAsEntry())
    .filter((entry) => entry !== null);
  if (entries.length === 0) return [...transfer.files];
  const lists = await Promise.all(entries.map(walk));
  return lists.flat();
}

async function walk(entry: FileSystemEntry): Promise<File[]> {
  if (entry.isFile)
    return [
      await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject)),
    ];
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  const files: File[] = [];
  // A reader hands out at most a hundred entries a call.
  for (;;) {
    const batch = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    );
    if (batch.length === 0) return files;
    // Together: one after another, ten thousand files take as many turns of the event loop.
    const lists = await Promise.all(batch.map(walk));
    for (const list of lists) files.push(...list);
  }
}

const weightsFile = /\.safetensors$|^pytorch_model.*\.bin$/;
const modelFile = /\.safetensors$|^config\.json$|^tokenizer\.json$|^tokenizer_config\.json$|^spiece\.model$/;

/** A large folder without weights is data, even where a `config.json` lies in it. */
const isDataFolder = (files: readonly File[]) =>
  files.length > 100 && !files.some(({ name }) => weightsFile.test(name));

const dataFile = /\.(?:csv|tsv|jsonl|ndjson|parquet|xml)(?:\.gz)?$/iu;

/** Models come with tables of their own scores: what looks like data beside one is read when somebody says so. */
function offerData(files: readonly File[]): void {
  const [first] = files;
  if (!first) return;
  toast(
    `${files.length === 1 ? `“${first.name}” was` : `${plural(files.length, 'data file')} were`} dropped with the model and not opened.`,
    { action: { label: 'Open as data', run: () => void acceptData(files, 'files') } },
  );
}

/** Sends dropped files where they belong: a notebook is opened, a model folder remembered, anything else is data. */
export async function acceptDropped(files: readonly File[]): Promise<void> {
  const visible = files.filter(({ name }) => !name.startsWith('.'));
  if (visible.length === 0) return;
  const document = visible.find(({ name }) => name.endsWith('.verbena.json'));
  if (document) return openNotebookFile(document);
  const archives = visible.filter(({ name }) => /\.zip$/iu.test(name));
  if (archives.length > 0) {
    const { bundleAmong, openBundleFile } = await import('./bundle/open.ts');
    const bundle = await bundleAmong(archives);
    if (bundle) return openBundleFile(bundle);
  }
  if (visible.some(({ name }) => modelFile.test(name)) && !isDataFolder(visible)) {
    const { takeStaticFiles } = await import('./cells/embedding/store.ts');
    if (await takeStaticFiles(visible)) {
      notebook.setParameters('embedding', { embedder: 'static', staticRepository: null });
      toast('A static embedding: the Embedding cell now uses it.', {
        tone: 'good',
        action: { label: 'Undo', run: () => notebook.undo() },
      });
      return;
    }
    acceptModel(visible);
    offerData(visible.filter(({ name }) => dataFile.test(name)));
    return;
  }
  await acceptData(visible, 'files');
}
