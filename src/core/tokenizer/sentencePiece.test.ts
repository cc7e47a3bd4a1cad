import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseSentencePiece } from './sentencePiece.ts';
import { loadTokenizer } from './tokenizer.ts';
import { convertSpiece } from './xlnet.ts';

const mini = new URL('../../../public/models/verbena-mini/', import.meta.url);
const files = {
  tokenizerJson: readFileSync(new URL('tokenizer.json', mini), 'utf8'),
  tokenizerConfigJson: readFileSync(new URL('tokenizer_config.json', mini), 'utf8'),
};
const { vocab } = (JSON.parse(files.tokenizerJson) as { model: { vocab: [string, number][] } }).model;

/** Protobuf, the writing side: just enough to make a SentencePiece model. */
const varint = (value: number): number[] =>
  value < 128 ? [value] : [(value % 128) | 128, ...varint(Math.floor(value / 128))];
const field = (number: number, wire: number, body: readonly number[]) => [
  ...varint(number * 8 + wire),
  ...body,
];
const message = (number: number, body: readonly number[]) =>
  field(number, 2, [...varint(body.length), ...body]);
const float = (value: number) => [...new Uint8Array(Float32Array.of(value).buffer)];
const piece = (text: string, score: number, kind: number) =>
  message(1, [
    ...message(1, [...new TextEncoder().encode(text)]),
    ...field(2, 5, float(score)),
    ...field(3, 0, varint(kind)),
  ]);
const trainer = (type: number) => message(2, field(3, 0, varint(type)));
const model = (type = 1) =>
  Uint8Array.from(
    vocab
      .flatMap(([text, score], id) => piece(text, score, id === 0 ? 2 : id < 9 ? 3 : 1))
      .concat(trainer(type)),
  );

function fault(bytes: Uint8Array): { code: string; message: string } {
  try {
    convertSpiece(bytes);
  } catch (error) {
    return error as { code: string; message: string };
  }
  return { code: 'nothing thrown', message: '' };
}

describe('spiece.model', () => {
  it('tokenizes after conversion as the tokenizer.json of the same vocabulary', () => {
    const converted = loadTokenizer(convertSpiece(model()));
    const original = loadTokenizer(files);
    for (const text of ['Preheat the oven to 180 °C.', '', "blanch 9, then  10,5 asparagus ☃ ``quoted''"])
      expect(converted.encode(text)).toEqual(original.encode(text));
  });

  it('skips fields that it does not know, of every wire type', () => {
    const unknown = [
      ...field(77, 0, varint(2 ** 40)),
      ...field(
        78,
        1,
        Array.from({ length: 8 }, () => 1),
      ),
      ...message(79, [1, 2, 3]),
      ...field(80, 5, float(1)),
    ];
    expect(parseSentencePiece(Uint8Array.from([...unknown, ...model(), ...unknown])).pieces.length).toBe(
      vocab.length,
    );
  });

  it('makes pieces that end in a digit and a comma unlikely, as Hugging Face does', () => {
    const bytes = Uint8Array.from([...piece('9,', -5, 1), ...model()]);
    const { model: made } = JSON.parse(convertSpiece(bytes).tokenizerJson) as {
      model: { vocab: [string, number][] };
    };
    expect(made.vocab[0]).toEqual(['9,', -105]);
  });

  it.each([
    ['cut off', model().slice(0, 50_001)],
    ['empty', new Uint8Array()],
    ['text', new TextEncoder().encode('this is no model, only words that go on')],
    ['without an unknown piece', Uint8Array.from(piece('a', -1, 1))],
    ['of byte pairs', model(2)],
    ['without <sep>', Uint8Array.from([...piece('<unk>', 0, 2), ...piece('a', -1, 1)])],
    ['with a score that is no number', Uint8Array.from(piece('<unk>', Number.NaN, 2))],
    ['with a number of eleven bytes', new Uint8Array(11).fill(0x88)],
  ])('names a model that is %s', (_, bytes) => {
    const { code, message: text } = fault(bytes);
    expect(code).toBe('spiece-invalid');
    expect(text).toMatch(/^This is not a usable SentencePiece model: .+\.$/);
  });
});
