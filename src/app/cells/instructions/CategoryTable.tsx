import { useMemo, useState } from 'react';
import { useStore } from 'zustand';
import { categoryKey, parseCategories, type TaskCategory } from '../../../core/verbNoun/category.ts';
import { formatCount, plural } from '../../../notebook/format.ts';
import { notebook } from '../../runtime.ts';
import { Button } from '../../ui/Button.tsx';
import { DataTable, type Column } from '../../ui/DataTable.tsx';
import { Switch, TextField } from '../../ui/fields.tsx';
import { correct, instructionsStore, type Instructions } from './store.ts';

interface Row {
  readonly row: number;
  readonly text: string;
  readonly verb: string;
  readonly noun: string;
  readonly steps: number;
  readonly stepText: string;
  readonly gold: string;
  readonly agrees: boolean | null;
}

/** Every text with what was found in it; a press on a line opens the correction. */
export function CategoryTable(props: {
  readonly instructions: Instructions;
  /** Synonyms joined, as in `final`. */
  readonly gold: readonly (string | null)[];
  readonly final: readonly (TaskCategory | null)[];
  readonly corrected: number;
}) {
  const { instructions, gold, final, corrected } = props;
  const chosen = useStore(instructionsStore, (state) => state.chosen);
  const [onlyWrong, setOnlyWrong] = useState(false);
  const hasGold = useMemo(() => instructions.gold.some((label) => label !== null), [instructions]);

  const rows = useMemo(() => {
    const { texts, extracted } = instructions;
    const all = texts.map((text, row): Row => {
      const category = final[row] ?? null;
      const [from, to] = [extracted.stepOffsets[row] ?? 0, extracted.stepOffsets[row + 1] ?? 0];
      const label = gold[row] ?? null;
      const steps = [...extracted.steps.subarray(from, to)].map((id) => extracted.pairs[id] ?? '');
      return {
        row,
        text,
        verb: category?.verb ?? '',
        noun: category?.noun ?? '',
        steps: to - from,
        stepText: steps.join(', '),
        gold: label ?? '',
        agrees:
          label === null
            ? null
            : category !== null &&
              parseCategories(label).some((one) => categoryKey(one) === categoryKey(category)),
      };
    });
    return all.filter(({ row, agrees }) => (!chosen || chosen.has(row)) && (!onlyWrong || agrees === false));
  }, [instructions, gold, final, chosen, onlyWrong]);

  const columns = useMemo((): Column<Row>[] => {
    const own: Column<Row>[] = [
      { id: 'text', header: 'Text', value: ({ text }) => text, width: 'minmax(220px, 4fr)' },
      { id: 'verb', header: 'Verb', value: ({ verb }) => verb, width: 'minmax(88px, 1fr)' },
      { id: 'noun', header: 'Noun', value: ({ noun }) => noun, width: 'minmax(88px, 1fr)' },
      { id: 'steps', header: 'Steps', value: ({ steps }) => steps, width: '72px' },
    ];
    if (hasGold)
      own.push({ id: 'gold', header: 'Label', value: ({ gold }) => gold, width: 'minmax(120px, 1.4fr)' });
    return own;
  }, [hasGold]);

  return (
    <DataTable
      name="Instructions"
      summary={`${chosen ? `${plural(chosen.size, 'text')} chosen on the map` : plural(instructions.texts.length, 'text')}${corrected > 0 ? `, ${formatCount(corrected)} corrected by hand` : ''}${rows.length !== (chosen?.size ?? instructions.texts.length) ? `, ${formatCount(rows.length)} shown` : ''}.`}
      rows={rows}
      columns={columns}
      getKey={({ row }) => row}
      searchable
      rowTone={({ agrees }) => (agrees === false ? 'warn' : undefined)}
      detail={correction}
      tools={
        <>
          {chosen && (
            <Button variant="quiet" onPress={() => instructionsStore.setState({ chosen: null })}>
              Show all
            </Button>
          )}
          {hasGold && <Switch label="Only disagreements" value={onlyWrong} onChange={setOnlyWrong} />}
        </>
      }
      emptyText="No text fits."
    />
  );
}

const correction = (row: Row) => <Correction key={`${row.verb}|${row.noun}`} row={row} />;

function Correction({ row }: { readonly row: Row }) {
  const [verb, setVerb] = useState(row.verb);
  const [noun, setNoun] = useState(row.noun);
  return (
    <div className="stack">
      <p>{row.text}</p>
      {row.steps > 1 && <p className="small quiet">Steps: {row.stepText}</p>}
      <div className="row">
        <TextField label="Verb" value={verb} onChange={setVerb} width={140} />
        <TextField label="Noun" value={noun} onChange={setNoun} width={140} />
        <Button onPress={() => correct(row.row, verb, noun)}>Correct</Button>
        {row.gold !== '' && (
          <Button
            variant="quiet"
            onPress={() => {
              const [first] = parseCategories(row.gold);
              if (first) correct(row.row, first.verb, first.noun);
            }}
          >
            Take the label
          </Button>
        )}
        <Button variant="quiet" onPress={() => notebook.undo()}>
          Undo
        </Button>
      </div>
    </div>
  );
}
