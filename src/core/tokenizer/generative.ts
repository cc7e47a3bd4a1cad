import { loadTokenizer } from './tokenizer.ts';
import type { TokenizerFiles } from './xlnet.ts';

/** A tokenizer as a decoder uses it: ids in, bytes out. */
export interface GenerativeTokenizer {
  /** One more than the largest id. */
  readonly vocabularySize: number;
  /** Special tokens by their spelling: what ends a reply, what a chat is marked up with. */
  readonly special: ReadonlyMap<string, number>;
  /** What the tokenizer puts before every text, e.g. `<s>`. */
  readonly before: readonly number[];
  idOf(token: string): number | null;
  /** Ids of a text alone. Special tokens spelled out in it are special tokens: see `neutral`. */
  encode(text: string): number[];
  /** What a token adds to a text, as UTF-8; empty for special tokens. A character may be spread over several tokens. */
  bytesOf(id: number): Uint8Array;
}

/**
 * Reads a tokenizer.json for generation. Tokens are spelled as bytes under GPT-2's alphabet, or as SentencePiece spells them (`▁` a
 * space, `<0x0A>` a byte). Throws `tokenizer-not-json`, `tokenizer-invalid`.
 */
export function loadGenerativeTokenizer(files: TokenizerFiles): GenerativeTokenizer {
  const tokenizer = loadTokenizer(files);
  const json = JSON.parse(files.tokenizerJson) as TokenizerJson;
  const spelled: string[] = [];
  const { vocab = {} } = json.model ?? {};
  if (Array.isArray(vocab)) vocab.forEach(([piece], id) => (spelled[id] = piece));
  else for (const [piece, id] of Object.entries(vocab)) spelled[id] = piece;
  const special = new Map<string, number>();
  const literal = new Map<number, string>();
  for (const added of json.added_tokens ?? []) {
    if (added.special) special.set(added.content, added.id);
    else literal.set(added.id, added.content);
  }
  const specialIds = new Set(special.values());
  const isByteLevel = mentions(json.decoder, 'ByteLevel');
  const encoder = new TextEncoder();
  const cached = new Map<number, Uint8Array>();
  const spell = (id: number): Uint8Array => {
    const piece = literal.get(id) ?? spelled[id];
    if (piece === undefined || specialIds.has(id)) return new Uint8Array();
    if (literal.has(id)) return encoder.encode(piece);
    if (isByteLevel) return byteLevelBytes(piece, encoder);
    const [, byte] = /^<0x([0-9A-Fa-f]{2})>$/.exec(piece) ?? [];
    return byte === undefined
      ? encoder.encode(piece.replaceAll('▁', ' '))
      : Uint8Array.of(Number.parseInt(byte, 16));
  };
  const { before, after } = tokenizer.template;
  return {
    vocabularySize: tokenizer.vocabularySize,
    special,
    before,
    idOf: (token) => tokenizer.idOf(token),
    encode(text) {
      if (text === '') return [];
      const { ids } = tokenizer.encode(text);
      return Array.from(ids.subarray(before.length, ids.length - after.length));
    },
    bytesOf(id) {
      const known = cached.get(id);
      if (known) return known;
      const bytes = spell(id);
      cached.set(id, bytes);
      return bytes;
    },
  };
}

interface TokenizerJson {
  readonly model?: {
    readonly vocab?: Readonly<Record<string, number>> | readonly (readonly [string, number])[];
  };
  readonly added_tokens?: readonly {
    readonly id: number;
    readonly content: string;
    readonly special: boolean;
  }[];
  readonly decoder?: unknown;
}

/** Whether a decoder, or one within it, is of this type. */
function mentions(decoder: unknown, type: string): boolean {
  if (typeof decoder !== 'object' || decoder === null) return false;
  const { type: own, decoders } = decoder as { type?: unknown; decoders?: unknown };
  return own === type || (Array.isArray(decoders) && decoders.some((inner) => mentions(inner, type)));
}

/** GPT-2's `bytes_to_unicode`, backwards: printable bytes stand for themselves, the others follow from U+0100 on. */
const byteOf: ReadonlyMap<string, number> = (() => {
  const isPrintable = (byte: number) =>
    (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
  const map = new Map<string, number>();
  let next = 256;
  for (let byte = 0; byte < 256; byte++)
    map.set(String.fromCodePoint(isPrintable(byte) ? byte : next++), byte);
  return map;
})();

/** The bytes that a byte-level token stands for; what is not of its alphabet stands for itself. */
function byteLevelBytes(piece: string, encoder: TextEncoder): Uint8Array {
  const bytes: number[] = [];
  for (const character of piece) {
    const byte = byteOf.get(character);
    if (byte === undefined) bytes.push(...encoder.encode(character));
    else bytes.push(byte);
  }
  return Uint8Array.from(bytes);
}

/** Takes the special meaning out of special tokens that a text spells out: texts are data, also in a prompt. */
export function neutral(text: string, special: Iterable<string>): string {
  let clean = text;
  for (const token of special)
    if (token.length > 1) clean = clean.replaceAll(token, `${token.slice(0, 1)} ${token.slice(1)}`);
  return clean;
}

/** A reply's tokens as text while they come: whole characters only, the rest waits for its bytes. */
export class TextStream {
  private readonly decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  private isAtStart: boolean;

  /** `stripSpace`: leave out the space that SentencePiece puts before the first word of a text. */
  constructor(
    private readonly tokenizer: GenerativeTokenizer,
    stripSpace = false,
  ) {
    this.isAtStart = stripSpace;
  }

  push(token: number): string {
    return this.stripped(this.decoder.decode(this.tokenizer.bytesOf(token), { stream: true }));
  }

  /** What was still waiting, as a replacement character. */
  end(): string {
    return this.stripped(this.decoder.decode());
  }

  private stripped(text: string): string {
    if (!this.isAtStart || text === '') return text;
    this.isAtStart = false;
    return text.startsWith(' ') ? text.slice(1) : text;
  }
}
