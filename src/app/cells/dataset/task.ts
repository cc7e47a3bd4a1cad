import { formatShort } from '../../../notebook/format.ts';
import type { Plain } from '../../../notebook/plain.ts';
import type { CellOutcome, RunContext } from '../../../notebook/runner.ts';
import type { CorpusSummary } from '../../../services/corpus/contract.ts';
import { notebook } from '../../runtime.ts';
import { corpusService } from '../../services.ts';
import { session } from '../../session.ts';
import { attach, DatasetError, restoreData, sampleName } from './actions.ts';

/** A notebook remembers so many names and mappings; a folder may have ten thousand. */
const rememberedFiles = 200;

/**
 * Indexes the files that wait; without any, brings the open corpus in line with the merge switch, or opens the kept copy.
 * An abort keeps the corpus that was open before.
 */
export async function runDataset({ signal, onProgress }: RunContext): Promise<CellOutcome> {
  const service = corpusService();
  const { incoming } = session.getState();
  if (!incoming) {
    if (!session.getState().corpus) await restoreData({ onProgress, signal });
    const { corpus } = session.getState();
    if (!corpus)
      throw new DatasetError(
        'no-data',
        'There is no data in this tab.',
        'Drop a file onto the page, choose one, or try the sample.',
      );
    const wanted = notebook.store.getState().parameters.dataset.mergeDuplicates;
    if (corpus.merged === wanted) return outcomeOf(corpus);
    const summary = await service.setMerged(wanted, onProgress, signal);
    await attach(summary);
    return outcomeOf(summary);
  }

  let summary = await service.open(
    incoming.files,
    incoming.sniffed.map(({ mapping }) => mapping),
    onProgress,
    signal,
    { topicDepth: incoming.topicDepth },
  );
  // Ours to copy: a reload of the sample notebook then finds it without asking.
  if (incoming.kind === 'sample') summary = await service.keep(onProgress, signal).catch(() => summary);
  notebook.setParameters('dataset', {
    mergeDuplicates: false,
    source:
      incoming.kind === 'sample'
        ? { kind: 'sample', name: incoming.files[0]?.name ?? sampleName }
        : {
            kind: 'files',
            files: incoming.sniffed.slice(0, rememberedFiles).map(({ name, mapping }) => ({ name, mapping })),
            ...(incoming.topicDepth > 0 ? { topicDepth: incoming.topicDepth } : {}),
          },
  });
  await attach(summary, incoming);
  return outcomeOf(summary);
}

function outcomeOf(summary: CorpusSummary): CellOutcome {
  return {
    headline: `${formatShort(summary.rowCount)} rows`,
    summary: summary as unknown as Plain,
    dataHash: summary.dataHash,
  };
}
