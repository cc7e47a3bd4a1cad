import { ClipboardCopy, FileDown, Search } from 'lucide-react';
import { useState } from 'react';
import { useStore } from 'zustand';
import { formatNumber, plural } from '../../../notebook/format.ts';
import { copyText, saveFile } from '../../files.ts';
import { toast } from '../../toasts.ts';
import { Button } from '../../ui/Button.tsx';
import { DataTable, type Column } from '../../ui/DataTable.tsx';
import { TextField } from '../../ui/fields.tsx';
import { Output } from '../../ui/Output.tsx';
import { ProgressPill } from '../../ui/StatePill.tsx';
import { asPrompt, jsonLines, retrieve, usesStore, type ChosenRow } from './store.ts';

const columns: readonly Column<ChosenRow>[] = [
  {
    id: 'cosine',
    header: 'Cosine',
    value: ({ score }) => score,
    width: '80px',
    format: (value) => formatNumber(value, 3),
  },
  { id: 'text', header: 'Text', value: ({ text }) => text, width: 'minmax(240px, 5fr)' },
  { id: 'category', header: 'Category', value: ({ category }) => category, width: 'minmax(140px, 2fr)' },
];

/** A query and the texts nearest to it, as examples for a model. */
export function Retrieval({ isReady }: { readonly isReady: boolean }) {
  const { retrieved, busy } = useStore(usesStore);
  const [query, setQuery] = useState('');
  const isBusy = busy?.what === 'retrieval';
  return (
    <Output
      name="Demonstrations"
      summary={
        isReady
          ? 'The texts nearest to a query, to stand before it in a prompt.'
          : 'Find categories and embed first: a query is held against those vectors.'
      }
    >
      <form
        className="row uses-query"
        onSubmit={(event) => {
          event.preventDefault();
          if (isReady && !isBusy) void retrieve(query);
        }}
      >
        <TextField
          label="Query"
          value={query}
          onChange={setQuery}
          placeholder="Write a short poem about the sea"
          width={420}
        />
        <Button
          icon={Search}
          isDisabled={!isReady || query.trim() === '' || isBusy}
          onPress={() => void retrieve(query)}
        >
          Find demonstrations
        </Button>
        {isBusy && <ProgressPill progress={busy.progress} etaMs={busy.etaMs} onStop={busy.stop} />}
      </form>
      {retrieved && isReady && (
        <DataTable
          name="Nearest texts"
          summary={`${plural(retrieved.rows.length, 'text')} for “${retrieved.query}”.`}
          rows={retrieved.rows}
          columns={columns as Column<ChosenRow>[]}
          getKey={({ row }) => row}
          tools={
            <>
              <Button
                icon={ClipboardCopy}
                variant="quiet"
                tip="The nearest stands last, beside the query"
                onPress={() =>
                  void copyText(asPrompt(retrieved.query, retrieved.rows)).then((copied) =>
                    toast(copied ? 'Copied as a prompt.' : 'The browser did not allow copying.', {
                      tone: copied ? 'good' : 'bad',
                    }),
                  )
                }
              >
                Copy as prompt
              </Button>
              <Button
                icon={FileDown}
                variant="quiet"
                onPress={() =>
                  saveFile(
                    jsonLines(retrieved.rows, 'cosine'),
                    'demonstrations.jsonl',
                    'application/x-ndjson',
                  )
                }
              >
                Save .jsonl
              </Button>
            </>
          }
        />
      )}
    </Output>
  );
}
