/** A word, or several neighbouring ones, that is left out as a whole. */
export interface Unit {
  /** As shown. */
  readonly text: string;
  /** Tokens `[start, end)`. */
  readonly start: number;
  readonly end: number;
}

/** Token rows as the trainer takes them. */
export interface OccludedRows {
  readonly rowIds: Uint32Array;
  readonly offsets: Uint32Array;
  readonly ids: Int32Array;
}

/** Words up to which each is left out by itself. */
const mostUnits = 160;

// An unknown word is a word.
const special = /^(?!<unk>$|\[UNK\]$)(?:<[^>]+>|\[[A-Z]+\])$/u;

/**
 * Words of a tokenised text: pieces are joined as their tokenizer marks them (`▁` and `Ġ` begin a word, `##` goes on with one); special
 * tokens are no words. More than `most` words are taken together by equally many, so that the number of passes is bounded.
 */
export function wordUnits(tokens: readonly string[], most = mostUnits): Unit[] {
  const begins = tokens.some((token) => token.startsWith('▁'))
    ? '▁'
    : tokens.some((token) => token.includes('Ġ'))
      ? 'Ġ'
      : null;
  const words: { text: string; start: number; end: number }[] = [];
  let last: { text: string; start: number; end: number } | null = null;
  tokens.forEach((token, at) => {
    if (special.test(token)) {
      last = null;
      return;
    }
    const goesOn = begins === null ? token.startsWith('##') : !token.startsWith(begins);
    const text = begins === null ? token.replace(/^##/u, '') : token.replaceAll(begins, ' ').trim();
    if (last && goesOn) {
      last.text += text;
      last.end = at + 1;
    } else words.push((last = { text, start: at, end: at + 1 }));
  });
  const together = Math.ceil(words.length / most);
  if (together <= 1) return words.filter(({ text }) => text !== '');
  return Array.from({ length: Math.ceil(words.length / together) }, (_, i) => {
    const group = words.slice(i * together, (i + 1) * together);
    const texts = group.map(({ text }) => text);
    return { text: texts.join(' '), start: group[0]?.start ?? 0, end: group.at(-1)?.end ?? 0 };
  });
}

/** Row 0 is the text as it is; row u + 1 lacks unit u. */
export function occludedRows(ids: Int32Array, units: readonly Unit[]): OccludedRows {
  const lengths = [ids.length, ...units.map(({ start, end }) => ids.length - (end - start))];
  const offsets = new Uint32Array(lengths.length + 1);
  lengths.forEach((length, row) => (offsets[row + 1] = (offsets[row] as number) + length));
  const all = new Int32Array(offsets[lengths.length] as number);
  all.set(ids, 0);
  units.forEach(({ start, end }, unit) => {
    const at = offsets[unit + 1] as number;
    all.set(ids.subarray(0, start), at);
    all.set(ids.subarray(end), at + start);
  });
  return { rowIds: Uint32Array.from(lengths, (_, row) => row), offsets, ids: all };
}

/**
 * What each unit adds to a label's logit (Li, Monroe and Jurafsky 2016): the logit with everything minus the logit without the unit.
 * Above 0 the unit speaks for the label. `logits` are of `occludedRows`, `[1 + units, labels]`.
 */
export function occlusionEffects(logits: Float32Array, labelCount: number, label: number): Float64Array {
  const rows = logits.length / labelCount;
  const whole = logits[label] as number;
  return Float64Array.from(
    { length: rows - 1 },
    (_, unit) => whole - (logits[(unit + 1) * labelCount + label] as number),
  );
}

/**
 * Token strings of a text that was cut: `tokens` belong to `full`, of which `cut` keeps a beginning and the special tokens at the end.
 * Null where the two do not belong together.
 */
export function tokensOfCut(
  cut: Int32Array,
  full: readonly number[],
  tokens: readonly string[],
): string[] | null {
  if (cut.length > full.length || full.length !== tokens.length) return null;
  let kept = 0;
  while (kept < cut.length && cut[kept] === full[kept]) kept++;
  const rest = cut.length - kept;
  for (let i = 0; i < rest; i++) if (cut[kept + i] !== full[full.length - rest + i]) return null;
  return [...tokens.slice(0, kept), ...tokens.slice(tokens.length - rest)];
}
