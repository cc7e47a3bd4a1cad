import { FileDown } from 'lucide-react';
import type { VectorRow } from '../../../core/embedding/parquetVectors.ts';
import { toNpy } from '../../../core/embedding/npy.ts';
import { toSparseNpz } from '../../../core/embedding/npz.ts';
import { categoryKey } from '../../../core/verbNoun/category.ts';
import { notebook } from '../../runtime.ts';
import { fileStem, saveFile } from '../../files.ts';
import { session } from '../../session.ts';
import { fetchTexts } from '../../texts.ts';
import { toastError } from '../../toasts.ts';
import { Button } from '../../ui/Button.tsx';
import { currentInstructions, finalCategories } from '../instructions/store.ts';
import type { Embedding } from './store.ts';

/** A writer that most visits never need. */
const parquetWriter = () => import('../../../core/embedding/parquetVectors.ts');

/** Vectors for NumPy and for data frames, and the rows they belong to. */
export function Exports({ embedding }: { readonly embedding: Embedding }) {
  const { points, name } = embedding;
  const stem = fileStem(name);
  const isDense = !('rowCount' in points);
  return (
    <>
      {!isDense && (
        <Button
          icon={FileDown}
          tip="A row a text, a column a word; scipy.sparse.load_npz reads it"
          onPress={() => saveFile(new Blob([toSparseNpz(points)]), `${stem}.npz`)}
        >
          Save .npz
        </Button>
      )}
      {isDense && (
        <>
          <Button
            icon={FileDown}
            tip="float32, a row a text; numpy.load reads it. Save rows gives the texts in the same order."
            onPress={() => saveFile(new Blob([toNpy(points)]), `${stem}.npy`)}
          >
            Save .npy
          </Button>
          <Button
            icon={FileDown}
            tip="id, text, category, label and vector in one file; pandas, Polars and Arrow read it"
            onPress={() =>
              void Promise.all([rowsOfData(), parquetWriter()])
                .then(([rows, { toParquet }]) =>
                  saveFile(new Blob([toParquet(points, rows, name)]), `${stem}.parquet`),
                )
                .catch(toastError)
            }
          >
            Save .parquet
          </Button>
        </>
      )}
      <Button
        icon={FileDown}
        variant="quiet"
        tip="id, text, category and label, one JSON object a line, in the order of the vectors"
        onPress={() =>
          void Promise.all([rowsOfData(), parquetWriter()])
            .then(([rows, { rowLines }]) =>
              saveFile(rowLines(rows), `${stem}-rows.jsonl`, 'application/x-ndjson'),
            )
            .catch(toastError)
        }
      >
        Save rows
      </Button>
    </>
  );
}

/** Every row of the open data with what is known of it. */
async function rowsOfData(): Promise<VectorRow[]> {
  const { corpus, labelTable } = session.getState();
  const instructions = currentInstructions();
  const all = Uint32Array.from({ length: corpus?.rowCount ?? 0 }, (_, row) => row);
  const texts = instructions?.texts ?? (await fetchTexts(all));
  const final = instructions
    ? finalCategories(instructions, notebook.store.getState().parameters.instructions)
    : [];
  return texts.map((text, id) => {
    const category = final[id];
    const ids = labelTable
      ? [...labelTable.labelIds.subarray(labelTable.rowOffsets[id], labelTable.rowOffsets[id + 1])]
      : [];
    return {
      id,
      text,
      category: category ? categoryKey(category) : null,
      label: ids.length === 0 ? null : ids.map((at) => labelTable?.labels[at] ?? '').join('##'),
    };
  });
}
