import { readFile } from 'node:fs/promises';
import { noEdits } from '../../src/core/labels/edits.ts';
import { selectLabels, type SelectedLabels } from '../../src/core/labels/selection.ts';
import { loadTokenizer } from '../../src/core/tokenizer/tokenizer.ts';
import { openSafetensors } from '../../src/models/files/safetensors.ts';
import type { WeightSource } from '../../src/models/weights.ts';
import type { TokenRows } from '../../src/training/types.ts';
import { readLabelledRows } from './rows.ts';

/** Real wikiHow rows with the label threshold at which they are trained. They are not part of the repository. */
export const wikihowSets = {
  titles: { file: '../shared/data/wikihow_multilabel/titles.jsonl', threshold: 500 },
  steps: { file: '../shared/data/wikihow_multilabel/steps.jsonl', threshold: 200 },
} as const;
export type WikihowSet = keyof typeof wikihowSets;

const miniFolder = 'public/models/verbena-mini';

/** verbena-mini as the product ships it: XLNet of 4 layers and width 128, random weights. */
export async function openMini(): Promise<{ readonly config: unknown; readonly weights: WeightSource }> {
  return {
    config: JSON.parse(await readFile(`${miniFolder}/config.json`, 'utf8')) as unknown,
    weights: await openSafetensors(new Uint8Array(await readFile(`${miniFolder}/model.safetensors`))),
  };
}

/** The rows that the threshold keeps, with their texts and labels. */
export async function selectedRows(
  name: WikihowSet,
): Promise<{ texts: string[]; selection: SelectedLabels }> {
  const { file, threshold } = wikihowSets[name];
  const { table, texts } = await readLabelledRows(file);
  const selection = selectLabels(table, noEdits, threshold);
  return { texts: Array.from(selection.rowIds, (row) => texts[row] as string), selection };
}

/** Texts as verbena-mini's token ids, laid end to end. */
export async function tokenRows(
  texts: readonly string[],
  rowIds: Uint32Array,
  maxLength: number,
): Promise<TokenRows> {
  const tokenizer = loadTokenizer({
    tokenizerJson: await readFile(`${miniFolder}/tokenizer.json`, 'utf8'),
    tokenizerConfigJson: await readFile(`${miniFolder}/tokenizer_config.json`, 'utf8'),
  });
  const encoded = texts.map((text) => tokenizer.encode(text, maxLength).ids);
  const offsets = new Uint32Array(encoded.length + 1);
  encoded.forEach((ids, i) => (offsets[i + 1] = (offsets[i] as number) + ids.length));
  const ids = new Int32Array(offsets.at(-1) ?? 0);
  encoded.forEach((row, i) => ids.set(row, offsets[i]));
  return { rowIds, offsets, ids };
}
