import { fitPrompt } from '../../core/embedding/promptRoom.ts';
import { applyPrompt } from '../../core/embedding/prompts.ts';
import type { EmbedRequest, TokenCounts } from './contract.ts';

/** What of a tokenizer is asked: ids with special tokens, cut to a length. */
export interface PromptTokenizer {
  encode(text: string, maxLength?: number): { readonly ids: Int32Array };
}

/** Token ids of prompted texts, each at most `maxLength` long. */
export interface PromptedTokens {
  readonly ids: Int32Array;
  readonly offsets: Uint32Array;
  readonly counts: TokenCounts;
}

/**
 * Puts texts into a template and cuts those that are too long inside it: the last words of PIE's prompt are what its last token
 * reads, so they stay. A template that would leave a text too little room loses words at its beginning (`fitPrompt`), for all texts
 * alike, and `counts.dropped` says which. Yields texts done. Throws `template-invalid`, `prompt-too-long`, `tokenizer-max-length`.
 */
export function* promptedTokens(
  texts: readonly string[],
  tokenizer: PromptTokenizer,
  { template, addPeriod, maxLength }: EmbedRequest,
): Generator<number, PromptedTokens> {
  // By the prompt and the limit alone: what is tuned, tested and asked for later is read in the same words.
  const {
    prompt,
    tokens: templateTokens,
    dropped,
  } = fitPrompt(template, maxLength, (one) => tokenizer.encode(applyPrompt(one, '', false)).ids.length);
  const rows: Int32Array[] = [];
  let [total, longest, truncated] = [0, 0, 0];
  for (const text of texts) {
    let ids = tokenizer.encode(applyPrompt(prompt, text, addPeriod)).ids;
    if (ids.length > maxLength) {
      truncated++;
      const room = Math.max(0, maxLength - templateTokens);
      let kept = text;
      for (let tries = 0; ids.length > maxLength && kept.length > 0 && tries < 12; tries++) {
        const own = Math.max(1, ids.length - templateTokens);
        kept = kept.slice(0, Math.floor(Math.min(0.98, room / own) * kept.length));
        ids = tokenizer.encode(applyPrompt(prompt, kept, false)).ids;
      }
      if (ids.length > maxLength) ids = tokenizer.encode(applyPrompt(prompt, '', false), maxLength).ids;
    }
    rows.push(Int32Array.from(ids));
    total += ids.length;
    longest = Math.max(longest, ids.length);
    if (rows.length % 64 === 0) yield rows.length;
  }
  const offsets = new Uint32Array(rows.length + 1);
  const ids = new Int32Array(total);
  rows.forEach((row, i) => {
    ids.set(row, offsets[i]);
    offsets[i + 1] = (offsets[i] as number) + row.length;
  });
  const mean = texts.length === 0 ? 0 : total / texts.length;
  return { ids, offsets, counts: { template: templateTokens, mean, longest, truncated, dropped } };
}
