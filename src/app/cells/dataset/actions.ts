import { toWire, VerbenaError } from '../../../base/errors.ts';
import type { CorpusSummary, Mapping } from '../../../services/corpus/contract.ts';
import { pickFiles } from '../../files.ts';
import { notebook, runner } from '../../runtime.ts';
import { corpusService } from '../../services.ts';
import { session } from '../../session.ts';
import { toast, toastError } from '../../toasts.ts';

export class DatasetError extends VerbenaError<'sample-missing' | 'no-data'> {}

/** What may be dropped as data. Anything else is sniffed as well: contents decide, not names. */
export const dataFileTypes = '.csv,.tsv,.txt,.json,.jsonl,.ndjson,.gz';

export const sampleName = 'howto-steps.jsonl';

export async function chooseDataFiles(): Promise<void> {
  const files = await pickFiles({ accept: dataFileTypes, multiple: true });
  if (files.length > 0) await acceptData(files, 'files');
}

/** Looks into the files. Known shapes are indexed at once; for others the mapping panel opens. */
export async function acceptData(files: readonly File[], kind: 'sample' | 'files'): Promise<void> {
  try {
    const sniffed = await Promise.all(files.map((file) => corpusService().sniff(file)));
    session.setState({ incoming: { kind, files, sniffed } });
    document.getElementById('dataset')?.scrollIntoView({ block: 'start' });
    if (sniffed.every(({ recognised }) => recognised)) await runner.run('dataset');
  } catch (error) {
    failDataset(error);
  }
}

/** Shows an error where the data stands; what was open before stays. */
function failDataset(error: unknown): void {
  notebook.dispatch('dataset', { kind: 'start', nowMs: Date.now() });
  notebook.dispatch('dataset', { kind: 'fail', error: toWire(error) });
  document.getElementById('dataset')?.scrollIntoView({ block: 'start' });
}

/** Opens the corpus that comes with Verbena. */
export async function openSample(): Promise<void> {
  try {
    const response = await fetch(new URL(`samples/${sampleName}`, document.baseURI));
    if (!response.ok || response.headers.get('content-type')?.includes('text/html'))
      throw new DatasetError(
        'sample-missing',
        'The sample corpus is not on this server.',
        'Run `npm run sample` where Verbena is served from, or drop a file of your own.',
      );
    const file = new File([await response.blob()], sampleName, { type: 'application/x-ndjson' });
    await acceptData([file], 'sample');
  } catch (error) {
    failDataset(error);
  }
}

/** Takes the user's word for where text and labels stand. */
export function setMapping(at: number, mapping: Mapping): void {
  const { incoming } = session.getState();
  if (!incoming) return;
  const sniffed = incoming.sniffed.map((file, index) => (index === at ? { ...file, mapping } : file));
  session.setState({ incoming: { ...incoming, sniffed } });
}

/** Reads the file's begin again under another delimiter or header: the columns become others. */
export async function sniffAgain(
  at: number,
  given: Partial<Pick<Mapping, 'delimiter' | 'hasHeader'>>,
): Promise<void> {
  const { incoming } = session.getState();
  const file = incoming?.files[at];
  const before = incoming?.sniffed[at];
  if (!incoming || !file || !before) return;
  const { format, delimiter, hasHeader } = before.mapping;
  try {
    const again = await corpusService().sniff(file, { format, delimiter, hasHeader, ...given });
    const now = session.getState().incoming;
    if (now?.files !== incoming.files) return;
    // Asked for by hand: stays in the panel until the user says so.
    const sniffed = now.sniffed.map((other, index) => (index === at ? again : other));
    session.setState({ incoming: { ...now, sniffed } });
  } catch (error) {
    toastError(error);
  }
}

/** Opens the data of a restored notebook from its OPFS copy, where the user kept one. */
export async function restoreData(): Promise<void> {
  const result = notebook.store.getState().results.dataset;
  try {
    if (!result) return;
    const { dataHash } = result.provenance;
    const summary = await corpusService().restore(dataHash);
    if (!summary) return;
    const wanted = notebook.store.getState().parameters.dataset.mergeDuplicates;
    const merged = summary.merged === wanted ? summary : await corpusService().setMerged(wanted);
    await attach(merged);
  } catch (error) {
    toastError(error);
  } finally {
    session.setState({ restoring: false });
  }
}

/** Takes over a corpus that is open in the worker. Everything made from other data goes. */
export async function attach(corpus: CorpusSummary): Promise<void> {
  const labelTable = await corpusService().labelTable();
  session.setState({
    corpus,
    labelTable,
    incoming: null,
    selection: null,
    split: null,
    splitReport: null,
    tokens: null,
  });
  notebook.setAttached(true);
}

/** Copies the data into OPFS, so that a reload finds it. */
export async function keepCopy(
  onProgress: Parameters<ReturnType<typeof corpusService>['keep']>[0],
  signal: AbortSignal,
): Promise<void> {
  const corpus = await corpusService().keep(onProgress, signal);
  session.setState({ corpus });
  const result = notebook.store.getState().results.dataset;
  if (result) notebook.record('dataset', { ...result, summary: corpus as unknown as typeof result.summary });
  toast('A copy is kept in this browser; a reload finds it.', { tone: 'good' });
}
