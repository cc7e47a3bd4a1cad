import { expect, test } from 'vitest';
import { loadTokenizer } from './tokenizer.ts';
import { bertWords, trainWordPiece } from './wordPieceTrainer.ts';

const texts = [
  'Write a poem about rain, please.',
  'Write a short story (about snow)!',
  'Rewrite the story: shorter.',
  'Sort the list of words; write them down.',
  'Résumé the story',
];

test('learns a lower-casing WordPiece vocabulary that a BERT tokenizer reads', () => {
  const files = trainWordPiece(texts, { vocabularySize: 120 });
  expect(files.vocabularySize).toBeLessThanOrEqual(120);
  const tokenizer = loadTokenizer(files);
  expect(tokenizer.vocabularySize).toBe(files.vocabularySize);
  const { tokens, ids } = tokenizer.tokens('WRITE the story (about snow).');
  expect([tokens[0], tokens.at(-1)]).toEqual(['[CLS]', '[SEP]']);
  expect(tokens).toEqual(expect.arrayContaining(['write', 'the', 'story', '(', ')', '.']));
  expect(tokenizer.decode(ids).replaceAll(' ', '')).toBe('writethestory(aboutsnow).');
  // Words never seen fall into pieces, not into [UNK], where their characters were seen.
  const unseen = tokenizer.tokens('wordiest').tokens;
  expect(unseen.length).toBeGreaterThan(3);
  expect(unseen).not.toContain('[UNK]');
  expect(tokenizer.tokens('雪').tokens).toContain('[UNK]');
  expect(trainWordPiece(texts, { vocabularySize: 120 })).toEqual(files);
});

test('words are those of BERT’s own pre-tokenizer: accents and case gone, punctuation apart', () => {
  expect(bertWords('Résumé, e-mail “quoted” $5')).toEqual([
    'resume',
    ',',
    'e',
    '-',
    'mail',
    '“',
    'quoted',
    '”',
    '$',
    '5',
  ]);
});
