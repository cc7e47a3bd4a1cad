import { lengthHistogram } from '../../../core/tokenizer/lengths.ts';
import type { Plain } from '../../../notebook/plain.ts';
import type { CellOutcome, RunContext } from '../../../notebook/runner.ts';
import { tokenizerFor } from '../../../notebook/trainingData.ts';
import { formatNumber } from '../../../notebook/format.ts';
import type { TokenTable } from '../../../services/text/contract.ts';
import { DatasetError } from '../dataset/actions.ts';
import { notebook } from '../../runtime.ts';
import { currentSelection } from '../../selection.ts';
import { textService } from '../../services.ts';
import { session } from '../../session.ts';
import { fetchTexts } from '../../texts.ts';
import { loadTokenizer } from './tokenizers.ts';

/** The token-length histogram and what is cut off, as plain data. */
export interface TextSummary {
  readonly model: string;
  readonly rows: number;
  readonly tokens: number;
  /** Before truncation. */
  readonly meanLength: number;
  readonly medianLength: number;
  readonly p95Length: number;
  readonly maxLength: number;
  readonly limit: number;
  /** True where the limit is the model's and the notebook asks for more; absent in results of before. */
  readonly limitedByModel?: boolean;
  readonly truncatedRows: number;
  /** Tokens beyond the limit, which the model never reads. */
  readonly lostTokens: number;
  readonly bins: { readonly width: number; readonly counts: readonly number[] };
  readonly cacheHash: string;
}

/** Cleans and tokenises the kept rows; ids come from the OPFS cache where text and settings were seen before. */
export async function runText({ signal, onProgress }: RunContext): Promise<CellOutcome> {
  const selection = currentSelection();
  if (!selection)
    throw new DatasetError(
      'no-data',
      'There is no text without data.',
      'Drop a file onto the page, or try the sample.',
    );
  const { text, training } = notebook.store.getState().parameters;
  const { cleaning, model, maxLength, keeps } = text;
  const tokenizer = await loadTokenizer(model, { signal, onProgress });
  const texts = await fetchTexts(selection.rowIds, { signal, onProgress });
  const tokens = await textService().tokenizeRows(
    selection.rowIds,
    texts,
    cleaning,
    tokenizerFor(tokenizer, training.hyperparameters),
    maxLength,
    onProgress,
    signal,
    keeps,
  );
  session.setState({ tokens });
  const limitedByModel = tokens.maxLength < maxLength;
  const summary: TextSummary = { ...summarise(tokens, tokenizer.name), limitedByModel };
  return {
    headline: `${formatNumber(summary.meanLength, 3)} tokens/row`,
    summary: summary as unknown as Plain,
    model: tokenizer.name,
  };
}

function summarise({ fullLengths, ids, maxLength, hash }: TokenTable, model: string): TextSummary {
  const lengths = lengthHistogram(fullLengths, maxLength);
  return {
    model,
    rows: fullLengths.length,
    tokens: ids.length,
    meanLength: lengths.mean,
    medianLength: lengths.median,
    p95Length: lengths.p95,
    maxLength: lengths.max,
    limit: maxLength,
    truncatedRows: lengths.truncatedRows,
    lostTokens: lengths.lostTokens,
    bins: { width: lengths.binWidth, counts: lengths.counts },
    cacheHash: hash,
  };
}
