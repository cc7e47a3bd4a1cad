import { Columns3, Database, FolderOpen, HardDrive, HardDriveDownload, Sparkles } from 'lucide-react';
import { useEffect, useState } from 'react';
import { toWire, isAbort } from '../../../base/errors.ts';
import type { Progress } from '../../../base/progress.ts';
import { formatBytes, formatCount, formatDuration, formatPercent, plural } from '../../../notebook/format.ts';
import type { CorpusSummary } from '../../../services/corpus/contract.ts';
import { useIsAtWork, useNotebook, useResult, useSession } from '../../hooks.ts';
import { overlays } from '../../overlayState.ts';
import { toast } from '../../toasts.ts';
import { Button } from '../../ui/Button.tsx';
import { CellFrame } from '../../ui/CellFrame.tsx';
import { Figure, FigureRow } from '../../ui/Figure.tsx';
import { EmptyState, Note } from '../../ui/panels.tsx';
import { ProgressPill } from '../../ui/StatePill.tsx';
import { later } from '../../ui/later.tsx';
import { changeColumns, chooseDataFiles, keepCopy, openSample } from './actions.ts';
import './dataset.css';

// Only whoever has opened files meets these.
const DatasetDetails = later(async () => (await import('./DatasetTables.tsx')).DatasetDetails);
const MappingPanel = later(async () => (await import('./MappingPanel.tsx')).MappingPanel);
const SkippedFiles = later(async () => (await import('./SkippedFiles.tsx')).SkippedFiles);

/** Files in, an indexed corpus out: summary, bad rows, duplicates. */
export function DatasetCell() {
  const result = useResult('dataset');
  const corpus = useSession((state) => state.corpus);
  const incoming = useSession((state) => state.incoming);
  const looking = useSession((state) => state.looking);
  const opened = useSession((state) => state.opened);
  const restoring = useSession((state) => state.restoring);
  const source = useNotebook((state) => state.parameters.dataset.source);
  const isBusy = useIsAtWork('dataset');
  const summary = corpus ?? (result ? (result.summary as unknown as CorpusSummary) : null);

  return (
    <CellFrame
      cell="dataset"
      title="Data"
      purpose="Reads how-to records from CSV, TSV, JSON, JSONL, MediaWiki XML or Parquet files, gzipped, zipped, or a folder of them. The files are read in this tab; nothing is uploaded."
      {...(summary && !isBusy
        ? {
            secondary: (
              <>
                <Button icon={FolderOpen} onPress={() => void chooseDataFiles()}>
                  Open other files
                </Button>
                {corpus && opened && !incoming && (
                  <Button icon={Columns3} onPress={changeColumns}>
                    Choose other columns
                  </Button>
                )}
                {corpus && !corpus.storedInOpfs && <KeepCopy byteLength={totalBytes(corpus)} />}
                {corpus?.storedInOpfs && (
                  <Button
                    variant="quiet"
                    icon={HardDrive}
                    onPress={() => overlays.setState({ open: 'storage' })}
                    tip="A reload finds the data. Shows what is kept and how much room it takes."
                  >
                    A copy is kept in this browser
                  </Button>
                )}
              </>
            ),
          }
        : {})}
      remedy={(code) =>
        code === 'no-data' || code === 'sample-missing'
          ? { label: 'Choose files', run: () => void chooseDataFiles() }
          : { label: 'Choose other files', run: () => void chooseDataFiles() }
      }
    >
      {looking && <ProgressPill progress={looking.progress} etaMs={null} onStop={looking.stop} />}
      {incoming && !isBusy && <MappingPanel incoming={incoming} />}
      {!summary && !incoming && !restoring && <EmptyData />}
      {isBusy && !summary && <ReservedFigures />}
      {summary && !corpus && !restoring && !isBusy && (
        <Note
          tone="warn"
          action={
            source.kind === 'sample'
              ? { label: 'Open the sample again', run: () => void openSample(source.name) }
              : { label: 'Choose the files', run: () => void chooseDataFiles() }
          }
        >
          <p>The figures below are from the last run. To go on, open {namesOf(summary)} again.</p>
        </Note>
      )}
      {corpus && opened && !incoming && opened.skippedCount > 0 && (
        <SkippedFiles skipped={opened.skipped} count={opened.skippedCount} />
      )}
      {summary && <Summary summary={summary} isOpen={corpus !== null} />}
    </CellFrame>
  );
}

function EmptyData() {
  return (
    <EmptyState
      icon={Database}
      title="Drop a file anywhere on this page"
      actions={
        <>
          <Button variant="primary" icon={Sparkles} onPress={() => void openSample()}>
            Try the sample
          </Button>
          <Button icon={FolderOpen} onPress={() => void chooseDataFiles()}>
            Choose files
          </Button>
        </>
      }
    >
      <p className="lead">
        Verbena trains a text classifier in this tab, from top to bottom: open data, choose labels, split,
        tokenise, train, read the evidence.
      </p>
      <p>
        Further down, on the same data: embeddings of instructions by their task. And from one sentence,
        without any: classifiers grown by a language model, in the Incubator.
      </p>
      <p>
        <strong>In:</strong> HowSumm step or method rows, wikihowAll and wikihowSep tables, MediaWiki XML
        exports, or any table with a text and a label column; plain, gzipped, zipped or as a folder. Several
        files at once are read as one corpus.
      </p>
      <p>
        <strong>Out:</strong> counts, lengths, rows that could not be read, duplicates, and the labels of the
        next cell.
      </p>
    </EmptyState>
  );
}

/** The places of the numbers to come, so that nothing jumps. */
function ReservedFigures() {
  return (
    <FigureRow>
      <Figure label="Rows" value={null} />
      <Figure label="Labels" value={null} />
      <Figure label="Median length" value={null} />
      <Figure label="Rows not read" value={null} />
    </FigureRow>
  );
}

function namesOf({ files, fileCount = files.length }: CorpusSummary): string {
  const names = files.slice(0, namedFiles).map(({ name }) => name);
  const more = fileCount - names.length;
  return `${names.join(', ')}${more > 0 ? ` and ${plural(more, 'more file')}` : ''}`;
}

const namedFiles = 8;
const totalBytes = ({ files }: CorpusSummary) => files.reduce((sum, { byteLength }) => sum + byteLength, 0);

function Summary({ summary, isOpen }: { readonly summary: CorpusSummary; readonly isOpen: boolean }) {
  const { rowCount, labelCount, badRowCount, duplicateRows, textLength, files, elapsedMs, merged } = summary;
  const bytes = totalBytes(summary);
  const read = rowCount + badRowCount;
  return (
    <>
      <div className="stack">
        <FigureRow>
          <Figure
            label="Rows"
            value={formatCount(rowCount)}
            baseline={`${summary.articles !== undefined && summary.articles < rowCount ? `of ${plural(summary.articles, 'article')}, ` : ''}${plural(summary.fileCount ?? files.length, 'file')}, ${formatBytes(bytes)}`}
          />
          <Figure label="Labels" value={formatCount(labelCount)} baseline="before any threshold" />
          <Figure
            label="Median length"
            value={formatCount(textLength.median)}
            unit="characters"
            baseline={`95 % under ${formatCount(textLength.p95)}, longest ${formatCount(textLength.max)}`}
          />
          <Figure
            label="Duplicates"
            term="duplicates"
            value={formatCount(duplicateRows)}
            baseline={merged ? 'merged' : formatPercent(rowCount === 0 ? 0 : duplicateRows / rowCount)}
          />
          <Figure
            label="Rows not read"
            value={formatCount(badRowCount)}
            baseline={
              badRowCount === 0 ? 'every row fits' : formatPercent(badRowCount / Math.max(1, read), 2)
            }
            {...(badRowCount > 0 ? { tone: 'warn' } : {})}
          />
        </FigureRow>
        <p className="small quiet num">
          Indexed in {formatDuration(elapsedMs)}
          {elapsedMs > 0 && ` (${formatBytes((bytes / elapsedMs) * 1000)}/s)`}. Text stays in the file and is
          decoded when asked for.
        </p>
      </div>
      {(summary.notes ?? []).map((note) => (
        <Note key={note}>
          <p>{note}</p>
        </Note>
      ))}
      <DatasetDetails summary={summary} isOpen={isOpen} />
    </>
  );
}

/** Asks before anything of the user's is written: the button is the consent. */
function KeepCopy({ byteLength }: { readonly byteLength: number }) {
  const [work, setWork] = useState<{ progress: Progress | null; controller: AbortController } | null>(null);
  useEffect(() => () => work?.controller.abort(), [work?.controller]);
  if (work)
    return <ProgressPill progress={work.progress} etaMs={null} onStop={() => work.controller.abort()} />;
  const keep = () => {
    const controller = new AbortController();
    setWork({ progress: null, controller });
    keepCopy((progress) => setWork((now) => (now ? { ...now, progress } : now)), controller.signal)
      .catch((error: unknown) => {
        if (isAbort(error)) return;
        const { message, remedy } = toWire(error);
        toast(`${message} ${remedy}`, { tone: 'bad' });
      })
      .finally(() => setWork(null));
  };
  return (
    <Button
      icon={HardDriveDownload}
      onPress={keep}
      tip={`Writes ${formatBytes(byteLength)} to this browser’s private storage, so that a reload finds the data.`}
    >
      Keep a copy in this browser
    </Button>
  );
}
