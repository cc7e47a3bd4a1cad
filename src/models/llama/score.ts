import { throwIfAborted } from '../../base/progress.ts';
import { logSumExp } from '../../core/logarithms.ts';
import type { Decoder } from './decoder.ts';
import type { CausalExample, NewToken } from './feed.ts';

/**
 * Mean cross-entropy, in nats, of the tokens that examples are to learn, by the graph that generates: no dropout, and many examples a pass,
 * each in rows of the cache of its own. NaN where none counts. Throws `aborted`.
 */
export async function meanLoss(
  decoder: Decoder,
  examples: readonly CausalExample[],
  signal?: AbortSignal,
): Promise<number> {
  let [sum, count] = [0, 0];
  for (const group of groupsOf(examples, decoder.cacheRows)) {
    const asked: number[] = [];
    const tokens: NewToken[] = [];
    for (const { ids, learnedFrom } of group) {
      const own = tokens.length;
      ids.forEach((id, position) => {
        const next = ids[position + 1];
        const isAsked = next !== undefined && position + 1 >= Math.max(1, learnedFrom);
        if (isAsked) asked.push(next);
        tokens.push({ id, position, slot: own + position, shared: 0, own, isAsked });
      });
    }
    let done = 0;
    for (const pass of passesOf(tokens, decoder.passCapacity)) {
      throwIfAborted(signal);
      const rows = pass.filter(({ isAsked }) => isAsked).length;
      // A graph has no empty outputs: where nothing is asked, one token stands in and is not counted.
      const logits = await decoder.read(rows > 0 ? pass : asking(pass));
      const width = logits.length / Math.max(1, rows);
      for (let row = 0; row < rows; row++)
        sum += surprise(logits.subarray(row * width, (row + 1) * width), asked[done + row] ?? 0);
      done += rows;
      count += rows;
    }
  }
  return sum / count;
}

/** Examples that fit the cache together. */
function groupsOf(examples: readonly CausalExample[], rows: number): CausalExample[][] {
  const groups: CausalExample[][] = [];
  let used = Number.POSITIVE_INFINITY;
  for (const example of examples) {
    if (used + example.ids.length > rows) {
      groups.push([]);
      used = 0;
    }
    groups.at(-1)?.push(example);
    used += example.ids.length;
  }
  return groups;
}

/** The same pass, its first token asked. */
function asking([first, ...others]: readonly NewToken[]): NewToken[] {
  return first ? [{ ...first, isAsked: true }, ...others] : [];
}

/** Cuts tokens into passes. */
function passesOf(
  tokens: readonly NewToken[],
  { tokens: most, asked: mostAsked }: { readonly tokens: number; readonly asked: number },
): NewToken[][] {
  const passes: NewToken[][] = [];
  let asked = mostAsked;
  for (const token of tokens) {
    const last = passes.at(-1);
    if (!last || last.length === most || (token.isAsked && asked === mostAsked)) {
      passes.push([token]);
      asked = 0;
    } else last.push(token);
    if (token.isAsked) asked++;
  }
  return passes;
}

/** `-log p(token)`. */
const surprise = (logits: Float32Array, token: number): number =>
  logSumExp(logits) - (logits[token] as number);
