import { plural } from '../../../notebook/format.ts';
import type { SkippedFile } from '../../../services/corpus/contract.ts';
import { DataTable, type Column } from '../../ui/DataTable.tsx';

const columns: readonly Column<SkippedFile>[] = [
  { id: 'name', header: 'File', value: ({ name }) => name, width: 'minmax(200px, 2fr)' },
  { id: 'reason', header: 'Why it is not read', value: ({ reason }) => reason, width: 'minmax(240px, 3fr)' },
];

/** Files that came along and are left out: all counted, the first thousand listed with their reasons. */
export function SkippedFiles({
  skipped,
  count,
}: {
  readonly skipped: readonly SkippedFile[];
  readonly count: number;
}) {
  return (
    <DataTable
      name="Files left out"
      summary={`${plural(count, 'file')}${count > skipped.length ? `, the first ${skipped.length} listed` : ''}`}
      rows={skipped}
      columns={columns}
      maxHeight={240}
      searchable
    />
  );
}
