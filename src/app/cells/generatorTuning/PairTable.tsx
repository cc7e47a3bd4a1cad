import { Trash2 } from 'lucide-react';
import { useId, useState } from 'react';
import { asObject } from '../../../core/incubator/pasted.ts';
import { pairsToJsonl } from '../../../core/incubator/tuningSet/jsonl.ts';
import type { PairOrigin } from '../../../core/incubator/tuningSet/types.ts';
import { formatCount, plural } from '../../../notebook/format.ts';
import { saveFile } from '../../files.ts';
import { Button } from '../../ui/Button.tsx';
import { Check } from '../../ui/Check.tsx';
import { DataTable, type Column } from '../../ui/DataTable.tsx';
import { editPair, removePair, type ShownPair } from './store.ts';

const originNames: Readonly<Record<PairOrigin, string>> = {
  library: 'library',
  corpus: 'open data',
  generated: 'generated set',
  file: 'file',
  augmented: 'augmented',
};

const columns: Column<ShownPair>[] = [
  {
    id: 'use',
    header: 'Use',
    value: ({ isExcluded }) => (isExcluded ? 0 : 1),
    render: ({ id, description, isExcluded }) => (
      <Check
        isSelected={!isExcluded}
        label={`Use “${description}”`}
        onChange={(isUsed) => editPair(id, { isExcluded: isUsed ? undefined : true })}
      >
        {null}
      </Check>
    ),
    width: '48px',
    isControl: true,
  },
  {
    id: 'description',
    header: 'Description',
    value: ({ description }) => description,
    width: 'minmax(220px, 4fr)',
  },
  {
    id: 'classes',
    header: 'Classes',
    value: ({ labels }) => labels.join(', '),
    width: 'minmax(140px, 2fr)',
  },
  {
    id: 'dictionaries',
    header: 'Dictionaries',
    value: ({ samples }) => samples.length,
    width: '96px',
    isNumber: true,
  },
  {
    id: 'origin',
    header: 'From',
    value: ({ origin, source }) =>
      source === originNames[origin] ? source : `${originNames[origin]}: ${source}`,
    width: 'minmax(100px, 1.5fr)',
  },
];

/** Every pair with a tick and its source; a press opens it, to read its dictionaries and write its description anew. */
export function PairTable({ pairs }: { readonly pairs: readonly ShownPair[] }) {
  const used = pairs.filter(({ isExcluded }) => !isExcluded);
  const dictionaries = used.reduce((sum, { samples }) => sum + samples.length, 0);
  return (
    <DataTable
      name="Tuning pairs"
      summary={`${plural(used.length, 'pair')} of ${formatCount(pairs.length)} in use, with ${plural(dictionaries, 'dictionary', 'dictionaries')}: an example to learn from each. Press a row to read and edit it.`}
      rows={pairs}
      columns={columns}
      getKey={({ id }) => id}
      searchable
      rowTone={({ isExcluded }) => (isExcluded ? 'quiet' : undefined)}
      detail={pairDetail}
      emptyText="No pair: turn on a source, or add a file."
      tools={
        <Button
          isDisabled={used.length === 0}
          onPress={() => saveFile(pairsToJsonl(used), 'tuning-pairs.jsonl', 'application/jsonl')}
        >
          Save as JSONL
        </Button>
      }
    />
  );
}

// Undo and redo change a description from outside: what is being written gives way to it.
const pairDetail = (pair: ShownPair) => <PairDetail key={`${pair.id}\n${pair.description}`} pair={pair} />;

function PairDetail({ pair }: { readonly pair: ShownPair }) {
  const { id, description, labels, samples, isEdited, origin } = pair;
  const [text, setText] = useState(description);
  const field = useId();
  const commit = () => {
    const next = text.trim();
    if (next === '' || next === description) setText(description);
    else editPair(id, { description: next });
  };
  return (
    <div className="stack pair-detail">
      <label className="field-label" htmlFor={field}>
        Description
      </label>
      <textarea
        id={field}
        className="text-input pair-description"
        rows={2}
        value={text}
        onChange={(event) => setText(event.target.value)}
        onBlur={commit}
        onKeyDown={(event) => {
          if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) commit();
          if (event.key === 'Escape') setText(description);
        }}
      />
      <div className="row">
        {isEdited && (
          <Button variant="quiet" onPress={() => editPair(id, { description: undefined })}>
            Back to the description as it was made
          </Button>
        )}
        {(origin === 'file' || origin === 'augmented') && (
          <Button variant="quiet" icon={Trash2} onPress={() => removePair(pair)}>
            Remove
          </Button>
        )}
      </div>
      {samples.map((texts, at) => (
        // eslint-disable-next-line react/no-array-index-key -- dictionaries have no identity but their place
        <pre key={at} className="incubator-reply" tabIndex={0}>
          {JSON.stringify(asObject(labels, texts), null, 1)}
        </pre>
      ))}
    </div>
  );
}
