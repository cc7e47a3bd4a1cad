import type { ModelChoice } from '../../../notebook/parameters.ts';
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

export function modelName(choice: ModelChoice): string {
  return choice.kind === 'hub' ? choice.repository : choice.name;
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

/** Statistics over full lengths; at most `maxBins` bins of a round width. */
export function summarise(
  {
    fullLengths,
    ids,
    maxLength: limit,
    hash,
  }: Pick<TokenTable, 'fullLengths' | 'ids' | 'maxLength' | 'hash'>,
  model: string,
  maxBins = 60,
): TextSummary {
  const sorted = fullLengths.slice().sort();
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
  const longest = at(1);
  const width = roundWidth((longest + 1) / maxBins);
  const counts = Array.from({ length: Math.floor(longest / width) + 1 }, () => 0);
  let total = 0;
  let truncatedRows = 0;
  let lostTokens = 0;
  for (const length of fullLengths) {
    total += length;
    const bin = Math.floor(length / width);
    counts[bin] = (counts[bin] as number) + 1;
    if (length > limit) {
      truncatedRows++;
      lostTokens += length - limit;
    }
  }
  return {
    model,
    rows: fullLengths.length,
    tokens: ids.length,
    meanLength: fullLengths.length === 0 ? 0 : total / fullLengths.length,
    medianLength: at(0.5),
    p95Length: at(0.95),
    maxLength: longest,
    limit,
    truncatedRows,
    lostTokens,
    bins: { width, counts },
    cacheHash: hash,
  };
}

/** 1, 2, 5, 10, 20, 50, ... */
function roundWidth(width: number): number {
  if (width <= 1) return 1;
  const magnitude = 10 ** Math.floor(Math.log10(width));
  return magnitude * ([1, 2, 5, 10].find((step) => step * magnitude >= width) ?? 10);
}
