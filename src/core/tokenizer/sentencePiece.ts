import { spieceInvalid } from './errors.ts';
import { fields } from './protobuf.ts';

/** `SentencePiece.Type` of sentencepiece_model.proto. */
export type PieceKind = 'normal' | 'unknown' | 'control' | 'user-defined' | 'unused' | 'byte';

export interface SentencePieceModel {
  readonly pieces: readonly { readonly piece: string; readonly score: number; readonly kind: PieceKind }[];
  readonly modelType: 'unigram' | 'bpe' | 'word' | 'char';
  readonly unknownId: number;
  /** The compiled normalisation table, as Hugging Face's `Precompiled` normaliser takes it; empty where there is none. */
  readonly precompiledCharsmap: Uint8Array;
}

const kinds: readonly (PieceKind | undefined)[] = [
  undefined,
  'normal',
  'unknown',
  'control',
  'user-defined',
  'unused',
  'byte',
];
const modelTypes = [undefined, 'unigram', 'bpe', 'word', 'char'] as const;

/**
 * Reads a `spiece.model` (sentencepiece_model.proto: pieces = 1, trainer_spec = 2, normalizer_spec = 3).
 * Throws `spiece-invalid`.
 */
export function parseSentencePiece(bytes: Uint8Array): SentencePieceModel {
  const pieces: { piece: string; score: number; kind: PieceKind }[] = [];
  let modelType: SentencePieceModel['modelType'] = 'unigram';
  let precompiledCharsmap: Uint8Array = new Uint8Array();
  try {
    for (const { number, value } of fields(bytes)) {
      if (value.kind !== 'bytes') continue;
      if (number === 1) pieces.push(parsePiece(value.value));
      else if (number === 2) {
        for (const field of fields(value.value))
          if (field.number === 3 && field.value.kind === 'varint')
            modelType = modelTypes[field.value.value] ?? 'unigram';
      } else if (number === 3) {
        for (const field of fields(value.value))
          if (field.number === 2 && field.value.kind === 'bytes') precompiledCharsmap = field.value.value;
      }
    }
  } catch (error) {
    throw spieceInvalid(error instanceof Error ? error.message : String(error), {
      byteLength: bytes.byteLength,
    });
  }
  if (pieces.length === 0) throw spieceInvalid('it holds no pieces', { byteLength: bytes.byteLength });
  const unknownId = pieces.findIndex((piece) => piece.kind === 'unknown');
  if (unknownId < 0) throw spieceInvalid('it has no piece for unknown characters');
  return { pieces, modelType, unknownId, precompiledCharsmap };
}

function parsePiece(bytes: Uint8Array): { piece: string; score: number; kind: PieceKind } {
  let piece: string | null = null;
  let score = 0;
  let kind: PieceKind = 'normal';
  for (const { number, value } of fields(bytes)) {
    if (number === 1 && value.kind === 'bytes')
      piece = new TextDecoder('utf-8', { fatal: true }).decode(value.value);
    else if (number === 2 && value.kind === 'float') score = value.value;
    else if (number === 3 && value.kind === 'varint') kind = kinds[value.value] ?? 'normal';
  }
  if (piece === null || piece === '') throw new RangeError('a piece has no text');
  if (!Number.isFinite(score)) throw new RangeError(`the piece '${piece}' has no finite score`);
  return { piece, score, kind };
}
