import type { Vectors } from './vectors.ts';
import { EmbeddingError } from './vectors.ts';

/**
 * How the hidden states of a text's tokens become its vector. `first` is BERT's `[CLS]`; `last` XLNet's `<cls>` and a decoder's last
 * token; `last-two-layers` PIE's for decoders: the last token's mean over the last two layers.
 */
export type Pooling = 'mean' | 'first' | 'last' | 'last-two-layers';

export interface HiddenStates {
  /** `[T, width]` of the last layer: texts laid end to end, no padding. */
  readonly last: Float32Array;
  /** `[T, width]` of the layer before it; only `last-two-layers` asks for it. */
  readonly beforeLast?: Float32Array | undefined;
  /** Text i is tokens `[offsets[i], offsets[i + 1])`. */
  readonly offsets: ArrayLike<number>;
  readonly width: number;
}

/**
 * One vector a text, not normalised. `special`, 1 for tokens that are not of the text itself, keeps those out of `mean`.
 * Throws `embedding-shape`, `embedding-empty` for a text without tokens.
 */
export function pool(states: HiddenStates, pooling: Pooling, special: Uint8Array | null = null): Vectors {
  const { last, beforeLast, offsets, width } = states;
  const count = offsets.length - 1;
  const tokens = offsets[count] ?? 0;
  const needed = pooling === 'last-two-layers' ? [last, beforeLast] : [last];
  for (const layer of needed)
    if (layer?.length !== tokens * width)
      throw new EmbeddingError(
        'embedding-shape',
        `Hidden states of ${layer?.length ?? 0} values do not fit ${tokens} tokens of width ${width}.`,
        "Choose a pooling that the model's outputs allow.",
        { pooling, tokens, width },
      );
  const values = new Float32Array(count * width);
  for (let text = 0; text < count; text++) {
    const [from, to] = [offsets[text] as number, offsets[text + 1] as number];
    if (to <= from)
      throw new EmbeddingError(
        'embedding-empty',
        `Text ${text + 1} has no tokens.`,
        'Leave empty texts out, or use a prompt template.',
        { text },
      );
    const out = values.subarray(text * width, (text + 1) * width);
    if (pooling === 'mean') meanTokens(last, width, from, to, special, out);
    else {
      const at = (pooling === 'first' ? from : to - 1) * width;
      out.set(last.subarray(at, at + width));
      if (pooling === 'last-two-layers' && beforeLast)
        for (let i = 0; i < width; i++) out[i] = ((out[i] as number) + (beforeLast[at + i] as number)) / 2;
    }
  }
  return { count, width, values };
}

function meanTokens(
  states: Float32Array,
  width: number,
  from: number,
  to: number,
  special: Uint8Array | null,
  out: Float32Array,
): void {
  const tokens: number[] = [];
  for (let token = from; token < to; token++) if (!special?.[token]) tokens.push(token);
  // A text of special tokens only is still a text.
  if (tokens.length === 0) for (let token = from; token < to; token++) tokens.push(token);
  const sums = new Float64Array(width);
  for (const token of tokens)
    for (let i = 0; i < width; i++) sums[i] = (sums[i] as number) + (states[token * width + i] as number);
  for (let i = 0; i < width; i++) out[i] = (sums[i] as number) / tokens.length;
}
