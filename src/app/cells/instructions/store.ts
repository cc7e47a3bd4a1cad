import { createStore } from 'zustand/vanilla';
import { isAbort } from '../../../base/errors.ts';
import type { Progress } from '../../../base/progress.ts';
import { categoryAgreement } from '../../../core/verbNoun/agreement.ts';
import {
  categoryKey,
  categoryLabel,
  parseCategories,
  type TaskCategory,
} from '../../../core/verbNoun/category.ts';
import type { ExtractorKind } from '../../../core/verbNoun/extractors.ts';
import { synonymMapper } from '../../../core/verbNoun/groups.ts';
import type { LabelTable } from '../../../core/labels/labelTable.ts';
import { plural } from '../../../notebook/format.ts';
import type { CategoryEdit, InstructionParameters } from '../../../notebook/parameters.ts';
import type { CellOutcome, RunContext } from '../../../notebook/runner.ts';
import { connectInstructions } from '../../../services/instructions/client.ts';
import type { ExtractedCategories } from '../../../services/instructions/contract.ts';
import { notebook } from '../../runtime.ts';
import { once } from '../../services.ts';
import { session } from '../../session.ts';
import { fetchTexts } from '../../texts.ts';
import { toastError } from '../../toasts.ts';
import { DatasetError } from '../dataset/actions.ts';

export const instructionsService = once(connectInstructions);

/** Texts of the open data with what was found in them. */
export interface Instructions {
  readonly dataHash: string;
  readonly texts: readonly string[];
  /** The file's labels where they are categories (`verb|noun`), several joined by `##`; null where a row has none. */
  readonly gold: readonly (string | null)[];
  /** Rows whose labels name several tasks: they belong to no one category. */
  readonly several: ReadonlySet<number>;
  readonly extracted: ExtractedCategories;
  /** Of each row, before corrections and synonyms. */
  readonly found: readonly (TaskCategory | null)[];
  readonly extractor: ExtractorKind;
}

/** What the other extractor says of the same texts. */
export interface OtherExtraction {
  readonly dataHash: string;
  readonly extractor: ExtractorKind;
  readonly found: readonly (TaskCategory | null)[];
}

interface InstructionsState {
  readonly instructions: Instructions | null;
  /** Rows chosen on the map or by hand; null: none. */
  readonly chosen: ReadonlySet<number> | null;
  readonly other: OtherExtraction | null;
  readonly comparing: { readonly progress: Progress | null; readonly stop: () => void } | null;
}

export const instructionsStore = createStore<InstructionsState>(() => ({
  instructions: null,
  chosen: null,
  other: null,
  comparing: null,
}));

/** For the reader: what finds, and how. */
export const extractorNames = {
  wink: 'Rules on wink-nlp',
  compromise: 'Rules on compromise',
} as const satisfies Record<ExtractorKind, string>;

/** Of the open data, or null: what was extracted from other data is not shown. */
export function currentInstructions(): Instructions | null {
  const { instructions } = instructionsStore.getState();
  return instructions?.dataHash === session.getState().corpus?.dataHash ? instructions : null;
}

/** All texts of the open data. Throws `no-data`, `aborted`. */
export async function allTexts({ signal, onProgress }: RunContext) {
  const { corpus, labelTable } = session.getState();
  if (!corpus || !labelTable || corpus.rowCount === 0)
    throw new DatasetError(
      'no-data',
      'There are no instructions without data.',
      'Drop a file with a text column, or open the sample instructions.',
    );
  const known = currentInstructions();
  const rows = Uint32Array.from({ length: corpus.rowCount }, (_, row) => row);
  return { corpus, labelTable, texts: known?.texts ?? (await fetchTexts(rows, { signal, onProgress })) };
}

export async function runInstructions(context: RunContext): Promise<CellOutcome> {
  const { corpus, labelTable, texts } = await allTexts(context);
  const service = instructionsService();
  const { extractor } = notebook.store.getState().parameters.instructions;
  const extracted = await service.extract(texts, context.onProgress, context.signal, extractor);
  const instructions: Instructions = {
    dataHash: corpus.dataHash,
    texts,
    ...goldLabels(labelTable),
    extracted,
    found: primaryOf(extracted),
    extractor,
  };
  instructionsStore.setState({ instructions, chosen: null });
  const final = finalCategories(instructions, notebook.store.getState().parameters.instructions);
  const distinct = new Set(final.flatMap((category) => (category ? [categoryKey(category)] : []))).size;
  const agreement = categoryAgreement(instructions.found, instructions.gold);
  return {
    headline: plural(distinct, 'task'),
    summary: {
      rows: texts.length,
      categories: distinct,
      withoutCategory: final.filter((category) => category === null).length,
      ...(agreement.rows > 0
        ? {
            agreement: {
              rows: agreement.rows,
              verb: agreement.verb,
              noun: agreement.noun,
              pair: agreement.pair,
            },
          }
        : {}),
    },
    model: `verb-noun ${extractorNames[extractor].toLowerCase()}`,
  };
}

function primaryOf({ pairs, primary }: ExtractedCategories): (TaskCategory | null)[] {
  const categories = pairs.map((pair) => parseCategories(pair)[0] ?? null);
  return Array.from(primary, (id) => categories[id] ?? null);
}

/** Lets the extractor that was not chosen read the same texts, to see where the two differ. */
export async function compareWithOther(): Promise<void> {
  const instructions = currentInstructions();
  if (!instructions || instructionsStore.getState().comparing || !notebook.mayRun()) return;
  const extractor = instructions.extractor === 'wink' ? 'compromise' : 'wink';
  const controller = new AbortController();
  const running = (progress: Progress | null) => ({ progress, stop: () => controller.abort() });
  instructionsStore.setState({ comparing: running(null) });
  // A last report may arrive after the answer.
  let isOver = false;
  const report = (progress: Progress) => {
    if (!isOver && !controller.signal.aborted) instructionsStore.setState({ comparing: running(progress) });
  };
  try {
    const { texts, dataHash } = instructions;
    const extracted = await instructionsService().extract(texts, report, controller.signal, extractor);
    instructionsStore.setState({ other: { dataHash, extractor, found: primaryOf(extracted) } });
  } catch (error) {
    if (!isAbort(error) && !controller.signal.aborted) toastError(error);
  } finally {
    isOver = true;
    instructionsStore.setState({ comparing: null });
  }
}

/** Labels that read as categories. A row with several has any of them. */
export function goldLabels({
  rowCount,
  labels,
  rowOffsets,
  labelIds,
}: LabelTable): Pick<Instructions, 'gold' | 'several'> {
  const isCategory = labels.map((label) => parseCategories(label).length > 0);
  const several = new Set<number>();
  const gold = Array.from({ length: rowCount }, (_, row) => {
    const own = [...labelIds.subarray(rowOffsets[row], rowOffsets[row + 1])].filter((id) => isCategory[id]);
    if (own.length > 1) several.add(row);
    return own.length === 0 ? null : own.map((id) => labels[id]).join('##');
  });
  return { gold, several };
}

/** Corrections that belong to this data. */
export function editsFor({ edits }: InstructionParameters, dataHash: string): readonly CategoryEdit[] {
  return edits?.dataHash === dataHash ? edits.rows : [];
}

/** Categories after corrections by hand and synonyms; null where a text has none. */
export function finalCategories(
  { found, dataHash }: Pick<Instructions, 'found' | 'dataHash'>,
  parameters: InstructionParameters,
): (TaskCategory | null)[] {
  const map = synonymMapper(parameters.groups);
  const result = found.map((category) => category && map(category));
  for (const { row, verb, noun } of editsFor(parameters, dataHash))
    if (row < result.length) result[row] = verb && noun ? map({ verb, noun }) : null;
  return result;
}

/** Labels with synonyms joined, as the categories they are held against have them. */
export function mappedLabels(
  gold: readonly (string | null)[],
  { groups }: InstructionParameters,
): readonly (string | null)[] {
  if (groups.length === 0) return gold;
  const map = synonymMapper(groups);
  const known = new Map<string, string>();
  return gold.map((label) => {
    if (label === null) return null;
    const mapped = known.get(label) ?? categoryLabel(parseCategories(label).map(map));
    known.set(label, mapped);
    return mapped;
  });
}

/** Takes a category by hand; undoable. The same as what was found: the correction goes. */
export function correct(row: number, verb: string, noun: string): void {
  const instructions = currentInstructions();
  if (!instructions) return;
  const { dataHash, found } = instructions;
  const parameters = notebook.store.getState().parameters.instructions;
  const others = editsFor(parameters, dataHash).filter((edit) => edit.row !== row);
  const words = { verb: verb.trim().toLowerCase(), noun: noun.trim().toLowerCase() };
  const before = found[row] ?? null;
  const isAsFound = before?.verb === words.verb && before.noun === words.noun;
  const rows = isAsFound ? others : [...others, { row, ...words }];
  notebook.setParameters('instructions', { edits: rows.length === 0 ? null : { dataHash, rows } });
}
