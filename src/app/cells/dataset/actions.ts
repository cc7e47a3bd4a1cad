import { isAbort, toWire, VerbenaError } from '../../../base/errors.ts';
import type { Progress, TaskOptions } from '../../../base/progress.ts';
import type { CorpusSummary, Mapping } from '../../../services/corpus/contract.ts';
import { readBenchmarkFiles } from './benchmarkFiles.ts';
import { isManyFiles, isSameShape } from './mapping.ts';
import { pickFiles } from '../../files.ts';
import { notebook, runner } from '../../runtime.ts';
import { corpusService } from '../../services.ts';
import { session, type Session } from '../../session.ts';
import { toast, toastError } from '../../toasts.ts';

export class DatasetError extends VerbenaError<'sample-missing' | 'no-data'> {}

/** What may be dropped as data. Anything else is sniffed as well: contents decide, not names. */
export const dataFileTypes = '.csv,.tsv,.txt,.json,.jsonl,.ndjson,.xml,.parquet,.zip,.gz';

export const sampleName = 'howto-steps.jsonl';

/** Instructions with their task categories, for the task embeddings. */
export const instructionSampleName = 'instructions.jsonl';

export async function chooseDataFiles(): Promise<void> {
  const files = await pickFiles({ accept: dataFileTypes, multiple: true });
  if (files.length > 0) await acceptData(files, 'files');
}

/** Looks into the files. Known shapes are indexed at once; for others the mapping panel opens. */
export async function acceptData(dropped: readonly File[], kind: 'sample' | 'files'): Promise<void> {
  session.getState().looking?.stop();
  const controller = new AbortController();
  const stop = () => controller.abort();
  const looking = (progress: Progress | null) => ({ progress, stop });
  try {
    const files = await readBenchmarkFiles(dropped);
    if (files.length === 0) return;
    if (files.length > 1) session.setState({ looking: looking(null) });
    const { entries, skipped, skippedCount } = await corpusService().inspect(
      files,
      (progress) => {
        if (!controller.signal.aborted && progress.total !== null && progress.total > 1)
          session.setState({ looking: looking(progress) });
      },
      controller.signal,
    );
    const sniffed = entries.map((entry) => entry.sniffed);
    const hasTree = sniffed.some(({ mapping }) => mapping.schema === 'topic-tree');
    session.setState({
      looking: null,
      incoming: {
        kind,
        files: entries.flatMap(({ fileIndex }) => files[fileIndex] ?? []),
        sniffed,
        skipped,
        skippedCount,
        topicDepth: hasTree ? defaultTopicDepth : 0,
      },
    });
    // A sample asks nothing: who opened it from another cell stays there.
    if (kind === 'files') document.getElementById('dataset')?.scrollIntoView({ block: 'start' });
    // What a file of its own would have refused is said before the rest is read.
    const isClear = skipped.every(({ code }) => code === 'other-kind');
    // Files that are being indexed meanwhile give way: these were opened later.
    if (isClear && !hasTree && sniffed.every(({ recognised }) => recognised)) await runner.runAnew('dataset');
  } catch (error) {
    // What was dropped meanwhile has its own.
    if (session.getState().looking?.stop === stop) session.setState({ looking: null });
    if (controller.signal.aborted) return;
    failDataset(error);
  }
}

const defaultTopicDepth = 2;

/** Opens the mapping panel again over what is open: other columns, other texts, other topics. */
export function changeColumns(): void {
  const { opened } = session.getState();
  if (opened) session.setState({ incoming: opened });
}

export function setTopicDepth(topicDepth: number): void {
  const { incoming } = session.getState();
  if (incoming) session.setState({ incoming: { ...incoming, topicDepth } });
}

/** Shows an error where the data stands; what was open before stays. */
function failDataset(error: unknown): void {
  notebook.dispatch('dataset', { kind: 'start', nowMs: Date.now() });
  notebook.dispatch('dataset', { kind: 'fail', error: toWire(error) });
  document.getElementById('dataset')?.scrollIntoView({ block: 'start' });
}

/** Opens the corpus that comes with Verbena. */
export async function openSample(name: string = sampleName): Promise<void> {
  try {
    const response = await fetch(new URL(`samples/${name}`, document.baseURI));
    if (!response.ok || response.headers.get('content-type')?.includes('text/html'))
      throw new DatasetError(
        'sample-missing',
        'The sample corpus is not on this server.',
        'Run `npm run sample` where Verbena is served from, or drop a file of your own.',
      );
    const file = new File([await response.blob()], name, { type: 'application/x-ndjson' });
    await acceptData([file], 'sample');
  } catch (error) {
    failDataset(error);
  }
}

/** Takes the user's word for where text and labels stand. */
export function setMapping(at: number, mapping: Mapping): void {
  const { incoming } = session.getState();
  if (!incoming) return;
  const changed = incoming.sniffed[at];
  const together = isManyFiles(incoming.sniffed);
  const sniffed = incoming.sniffed.map((file, index) =>
    index === at || (together && changed && isSameShape(file, changed))
      ? { ...file, mapping: { ...mapping, gzip: file.mapping.gzip, member: file.mapping.member } }
      : file,
  );
  session.setState({ incoming: { ...incoming, sniffed } });
}

/** Reads the file's begin again under another delimiter or header: the columns become others. */
export async function sniffAgain(
  at: number,
  given: Partial<Pick<Mapping, 'delimiter' | 'hasHeader' | 'rowUnit'>>,
  textColumns?: readonly string[],
): Promise<void> {
  const { incoming } = session.getState();
  const file = incoming?.files[at];
  const before = incoming?.sniffed[at];
  if (!incoming || !file || !before) return;
  const { format, delimiter, hasHeader, member } = before.mapping;
  try {
    const again = await corpusService().sniff(file, { format, delimiter, hasHeader, ...given }, member);
    const now = session.getState().incoming;
    if (now?.files !== incoming.files) return;
    // Asked for by hand: stays in the panel until the user says so.
    const read = textColumns ? { ...again, mapping: { ...again.mapping, textColumns } } : again;
    const together = isManyFiles(now.sniffed);
    const sniffed = now.sniffed.map((other, index) => {
      if (index === at) return read;
      if (!together || !isSameShape(other, before)) return other;
      const { gzip, member: path } = other.mapping;
      return { ...other, columns: read.columns, mapping: { ...read.mapping, gzip, member: path } };
    });
    session.setState({ incoming: { ...now, sniffed } });
  } catch (error) {
    toastError(error);
  }
}

/** Opens the data of a restored notebook from its OPFS copy, where the user kept one. */
export async function restoreData({ signal, onProgress }: TaskOptions = {}): Promise<void> {
  const result = notebook.store.getState().results.dataset;
  try {
    if (!result) return;
    const { dataHash } = result.provenance;
    const summary = await corpusService().restore(dataHash);
    if (!summary) return;
    const wanted = notebook.store.getState().parameters.dataset.mergeDuplicates;
    const merged =
      summary.merged === wanted
        ? summary
        : await corpusService().setMerged(
            wanted,
            onProgress ?? (() => undefined),
            signal ?? new AbortController().signal,
          );
    await attach(merged);
  } catch (error) {
    if (isAbort(error)) throw error;
    toastError(error);
  } finally {
    session.setState({ restoring: false });
  }
}

/** Takes over a corpus that is open in the worker, read from `opened` where it is new. Everything made from other data goes. */
export async function attach(corpus: CorpusSummary, opened?: Session['incoming']): Promise<void> {
  const labelTable = await corpusService().labelTable();
  const { incoming } = session.getState();
  session.setState({
    corpus,
    labelTable,
    // What was dropped meanwhile still waits.
    ...(opened ? { opened, incoming: incoming === opened ? null : incoming } : {}),
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
