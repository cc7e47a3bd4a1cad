import { useCallback, useEffect, useMemo, useState } from 'react';
import { isAbort } from '../../../base/errors.ts';
import type { Progress } from '../../../base/progress.ts';
import { formatBytes, formatCount, plural } from '../../../notebook/format.ts';
import type { BadRow, CorpusRow, CorpusSummary, DuplicateGroup } from '../../../services/corpus/contract.ts';
import { saveFile } from '../../files.ts';
import { useParameters } from '../../hooks.ts';
import { runner } from '../../runtime.ts';
import { corpusService } from '../../services.ts';
import { toastError } from '../../toasts.ts';
import { Button } from '../../ui/Button.tsx';
import { DataTable, type Column } from '../../ui/DataTable.tsx';
import { Switch } from '../../ui/fields.tsx';
import { ProgressPill } from '../../ui/StatePill.tsx';
import { mappingSentence } from './mapping.ts';

/** What stands under the figures: duplicates merged or not, files, rows, what could not be read. */
export function DatasetDetails({
  summary,
  isOpen,
}: {
  readonly summary: CorpusSummary;
  readonly isOpen: boolean;
}) {
  const { rowCount, badRowCount, duplicateRows, files, merged } = summary;
  const [{ mergeDuplicates }, change] = useParameters('dataset');
  return (
    <>
      {isOpen && (duplicateRows > 0 || merged) && (
        <Switch
          label={`Merge duplicates (${plural(duplicateRows, 'row')})`}
          description="Rows with the same text become one row that carries all their labels. Can be taken back."
          value={mergeDuplicates}
          onChange={(value) => {
            change({ mergeDuplicates: value });
            void runner.run('dataset');
          }}
        />
      )}
      {files.length > 1 && <FileTable summary={summary} />}
      {isOpen && <RowBrowser key={summary.dataHash + String(merged)} rowCount={rowCount} />}
      {isOpen && duplicateRows > 0 && !merged && <Duplicates key={summary.dataHash} count={duplicateRows} />}
      {isOpen && badRowCount > 0 && <BadRows key={`bad${summary.dataHash}`} summary={summary} />}
    </>
  );
}

/** Rows shown of a list that may have millions. */
const shownRows = 1000;
const sampleRows = 200;

/** What `fetch` answers; `undefined` while under way. Keep the function stable. */
function useFetched<T>(fetch: () => Promise<T>): T | undefined {
  const [value, setValue] = useState<T>();
  useEffect(() => {
    let alive = true;
    const load = async () => {
      const fetched = await fetch();
      if (alive) setValue(fetched);
    };
    load().catch(toastError);
    return () => {
      alive = false;
    };
  }, [fetch]);
  return value;
}

const fileColumns: readonly Column<CorpusSummary['files'][number]>[] = [
  { id: 'name', header: 'File', value: ({ name }) => name },
  { id: 'rows', header: 'Rows', value: ({ rows }) => rows },
  { id: 'bytes', header: 'Size', value: ({ byteLength }) => byteLength, format: formatBytes },
  {
    id: 'mapping',
    header: 'Read as',
    value: ({ mapping }) => mappingSentence(mapping),
    width: 'minmax(240px, 4fr)',
  },
];

function FileTable({ summary }: { readonly summary: CorpusSummary }) {
  return <DataTable name="Files" rows={summary.files} columns={fileColumns} />;
}

const rowColumns: readonly Column<CorpusRow>[] = [
  { id: 'line', header: 'Line', value: ({ line }) => line, width: '72px' },
  { id: 'text', header: 'Text', value: ({ text }) => text, width: 'minmax(240px, 3fr)' },
  {
    id: 'labels',
    header: 'Labels',
    value: ({ labels }) => labels.join(', '),
    width: 'minmax(160px, 2fr)',
  },
];

function rowDetail({ text, labels, file, line }: CorpusRow) {
  return (
    <div className="stack prose">
      <p className="row-text">{text}</p>
      <p className="small quiet">
        {file}, line {formatCount(line)} · {labels.length === 0 ? 'no labels' : labels.join(' · ')}
      </p>
    </div>
  );
}

/** Rows from all over the corpus, evenly spaced: the first ones of a sorted dump would all be about one thing. */
function RowBrowser({ rowCount }: { readonly rowCount: number }) {
  const fetchRows = useCallback(() => {
    const count = Math.min(sampleRows, rowCount);
    return corpusService().rows(
      Uint32Array.from({ length: count }, (_, i) => Math.floor((i * rowCount) / count)),
    );
  }, [rowCount]);
  const rows = useFetched(fetchRows);
  if (rowCount === 0) return null;
  return (
    <DataTable
      name="Rows"
      summary={
        rowCount > sampleRows
          ? `${formatCount(sampleRows)} of ${formatCount(rowCount)}, evenly spaced over the files`
          : `All ${formatCount(rowCount)}`
      }
      rows={rows ?? []}
      columns={rowColumns}
      getKey={({ row }) => row}
      searchable
      maxHeight={304}
      emptyText={rows ? 'No rows.' : 'Reading…'}
      detail={rowDetail}
    />
  );
}

const badColumns: readonly Column<BadRow>[] = [
  { id: 'file', header: 'File', value: ({ file }) => file, width: 'minmax(100px, 1fr)' },
  { id: 'line', header: 'Line', value: ({ line }) => line, width: '88px' },
  { id: 'reason', header: 'Reason', value: ({ reason }) => reason, width: 'minmax(200px, 2fr)' },
  { id: 'excerpt', header: 'Row', value: ({ excerpt }) => excerpt, width: 'minmax(200px, 3fr)' },
];

function badRowDetail({ excerpt, code }: BadRow) {
  return (
    <div className="stack">
      <pre className="note-details">{excerpt}</pre>
      <span className="small quiet mono">{code}</span>
    </div>
  );
}

const firstBadRows = () => corpusService().badRows(0, shownRows);

/** Rows that were skipped, with their line and reason; all of them as CSV. */
function BadRows({ summary }: { readonly summary: CorpusSummary }) {
  const rows = useFetched(firstBadRows);
  const byCode = Object.entries(summary.badRowsByCode)
    .sort(([, a], [, b]) => b - a)
    .map(([code, count]) => `${code.replaceAll('-', ' ')} ${formatCount(count)}`)
    .join(' · ');
  return (
    <DataTable
      name="Rows not read"
      summary={`${plural(summary.badRowCount, 'row')} skipped: ${byCode}${summary.badRowCount > shownRows ? `. The first ${formatCount(shownRows)} are shown; the CSV has all.` : ''}`}
      rows={rows ?? []}
      columns={badColumns}
      maxHeight={304}
      searchable
      emptyText={rows ? 'No rows.' : 'Reading…'}
      onSaveCsv={() =>
        void corpusService()
          .badRowsCsv()
          .then((blob) => saveFile(blob, 'rows-not-read.csv'), toastError)
      }
      detail={badRowDetail}
    />
  );
}

const duplicateColumns: readonly Column<DuplicateGroup>[] = [
  { id: 'text', header: 'Text', value: ({ text }) => text, width: 'minmax(240px, 5fr)' },
  { id: 'copies', header: 'Copies', value: ({ rows }) => rows.length, width: '88px' },
];

function duplicateDetail({ text, rows }: DuplicateGroup) {
  return (
    <div className="stack prose">
      <p className="row-text">{text}</p>
      <p className="small quiet num">
        Rows{' '}
        {rows
          .slice(0, 40)
          .map((row) => formatCount(row + 1))
          .join(', ')}
      </p>
    </div>
  );
}

/** Texts that stand in several rows; looked for only when asked. */
function Duplicates({ count }: { readonly count: number }) {
  const [groups, setGroups] = useState<readonly DuplicateGroup[] | null>(null);
  const [work, setWork] = useState<{ progress: Progress | null; controller: AbortController } | null>(null);
  useEffect(() => () => work?.controller.abort(), [work?.controller]);
  const summary = useMemo(
    () =>
      groups &&
      `${plural(groups.length, 'text')}${groups.length >= shownRows ? ' (those with most copies)' : ''} in ${plural(count + groups.length, 'row')}`,
    [groups, count],
  );
  const look = () => {
    const controller = new AbortController();
    setWork({ progress: null, controller });
    const onProgress = (progress: Progress) => setWork((now) => (now ? { ...now, progress } : now));
    corpusService()
      .duplicates(shownRows, onProgress, controller.signal)
      .then(setGroups, (error: unknown) => {
        if (!isAbort(error)) toastError(error);
      })
      .finally(() => setWork(null));
  };
  if (!groups)
    return (
      <div className="row">
        {work ? (
          <ProgressPill progress={work.progress} etaMs={null} onStop={() => work.controller.abort()} />
        ) : (
          <Button onPress={look}>{`Show ${plural(count, 'duplicate')}`}</Button>
        )}
      </div>
    );
  return (
    <DataTable
      name="Duplicates"
      summary={summary}
      rows={groups}
      columns={duplicateColumns}
      initialSort={{ column: 'copies', direction: 'descending' }}
      maxHeight={304}
      searchable
      detail={duplicateDetail}
    />
  );
}
