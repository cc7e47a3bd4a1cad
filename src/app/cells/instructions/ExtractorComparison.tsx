import { FileDown } from 'lucide-react';
import { useMemo } from 'react';
import { useStore } from 'zustand';
import { compareExtractors } from '../../../core/verbNoun/agreement.ts';
import { categoryKey, type TaskCategory } from '../../../core/verbNoun/category.ts';
import { synonymMapper } from '../../../core/verbNoun/groups.ts';
import { formatCount, formatPercent } from '../../../notebook/format.ts';
import { toCsv } from '../../../base/csv.ts';
import { saveFile } from '../../files.ts';
import { useParameters } from '../../hooks.ts';
import { Button } from '../../ui/Button.tsx';
import { DataTable, type Column } from '../../ui/DataTable.tsx';
import { Output } from '../../ui/Output.tsx';
import { SimpleTable } from '../../ui/SimpleTable.tsx';
import { ProgressPill } from '../../ui/StatePill.tsx';
import {
  compareWithOther,
  extractorNames,
  instructionsStore,
  mappedLabels,
  type Instructions,
} from './store.ts';

interface Row {
  readonly row: number;
  readonly text: string;
  readonly first: string;
  readonly second: string;
  readonly gold: string;
}

const keyOf = (category: TaskCategory | null | undefined) => (category ? categoryKey(category) : '–');

/** What the other extractor says: how often the two agree, who has the labels right, and where they differ. */
export function ExtractorComparison({ instructions }: { readonly instructions: Instructions }) {
  const [parameters] = useParameters('instructions');
  const last = useStore(instructionsStore, (state) => state.other);
  const comparing = useStore(instructionsStore, (state) => state.comparing);
  const other =
    last && last.dataHash === instructions.dataHash && last.extractor !== instructions.extractor
      ? last
      : null;
  const read = useMemo(() => {
    if (!other) return null;
    // As found, before corrections by hand: those know only the one.
    const map = synonymMapper(parameters.groups);
    const joined = (found: readonly (TaskCategory | null)[]) => found.map((one) => one && map(one));
    const [first, second] = [joined(instructions.found), joined(other.found)];
    const gold = mappedLabels(instructions.gold, parameters);
    const comparison = compareExtractors(first, second, gold);
    const rows = comparison.differing.map((row): Row => ({
      row,
      text: instructions.texts[row] ?? '',
      first: keyOf(first[row]),
      second: keyOf(second[row]),
      gold: gold[row] ?? '',
    }));
    return { comparison, rows };
  }, [instructions, other, parameters]);
  const names = {
    first: extractorNames[instructions.extractor],
    second: extractorNames[other?.extractor ?? (instructions.extractor === 'wink' ? 'compromise' : 'wink')],
  };
  const columns = useMemo(
    (): Column<Row>[] => [
      { id: 'text', header: 'Text', value: ({ text }) => text, width: 'minmax(220px, 4fr)' },
      { id: 'first', header: names.first, value: ({ first }) => first, width: 'minmax(120px, 1.5fr)' },
      { id: 'second', header: names.second, value: ({ second }) => second, width: 'minmax(120px, 1.5fr)' },
      { id: 'gold', header: 'Label', value: ({ gold }) => gold, width: 'minmax(120px, 1.5fr)' },
    ],
    [names.first, names.second],
  );
  if (!read)
    return (
      <div className="row">
        {comparing ? (
          <ProgressPill progress={comparing.progress} etaMs={null} onStop={comparing.stop} />
        ) : (
          <Button
            tip="Another tagger and other rules read the same texts: where the two differ, either may be wrong."
            onPress={() => void compareWithOther()}
          >
            Compare with {names.second.toLowerCase()}
          </Button>
        )}
      </div>
    );
  const { comparison, rows } = read;
  const { labelled, same, first, second } = comparison;
  const share = (value: number) => (Number.isFinite(value) ? formatPercent(value, 1) : '–');
  const table = {
    header: [
      'extractor',
      'rows',
      'verb',
      'noun',
      'pair',
      'only this one right',
      'both right',
      'neither right',
    ],
    rows: [
      [names.first, first, labelled.onlyFirst] as const,
      [names.second, second, labelled.onlySecond] as const,
    ].map(([name, { rows: judged, verb, noun, pair }, only]) =>
      [name, judged, verb, noun, pair, only, labelled.both, labelled.neither].map((value) =>
        typeof value === 'number' && Number.isNaN(value) ? null : value,
      ),
    ),
  };
  return (
    <>
      <Output
        name="Extractors compared"
        exports={{ table: () => table }}
        actions={[
          {
            id: 'csv',
            label: 'Save as CSV',
            icon: FileDown,
            run: () => saveFile(toCsv(table.header, table.rows), 'extractors-compared.csv', 'text/csv'),
          },
        ]}
        summary={`They say the same pair of ${share(same.pair)} of ${formatCount(comparison.rows)} texts, the same verb of ${share(same.verb)}, the same noun of ${share(same.noun)}.`}
      >
        <SimpleTable
          caption="Agreement of each extractor with the file’s labels"
          header={['Extractor', 'Verb', 'Noun', 'Pair']}
          rows={[
            { key: 'first', cells: [names.first, share(first.verb), share(first.noun), share(first.pair)] },
            {
              key: 'second',
              cells: [names.second, share(second.verb), share(second.noun), share(second.pair)],
            },
          ]}
        />
        {first.rows > 0 && (
          <SimpleTable
            caption="Labelled texts by who has the pair right"
            header={[`Of ${formatCount(first.rows)} labelled`, `${names.second}: right`, 'wrong']}
            rows={[
              {
                key: 'right',
                cells: [`${names.first}: right`, formatCount(labelled.both), formatCount(labelled.onlyFirst)],
              },
              {
                key: 'wrong',
                cells: ['wrong', formatCount(labelled.onlySecond), formatCount(labelled.neither)],
              },
            ]}
          />
        )}
      </Output>
      <DataTable
        name="Where extractors differ"
        summary={`${formatCount(rows.length)} of ${formatCount(comparison.rows)} texts.`}
        rows={rows}
        columns={columns}
        getKey={({ row }) => row}
        searchable
      />
    </>
  );
}
