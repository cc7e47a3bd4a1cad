import { describe, expect, it } from 'vitest';
import { textList } from './textList.ts';

const bytes = (text: string) => new TextEncoder().encode(text);

describe('texts of a file', () => {
  it.each([
    ['steps.txt', '\uFEFFPreheat the oven, to 200.\r\n\r\n  Fold the paper. \n'],
    ['steps.csv', 'id,text\n1,"Preheat the oven, to 200."\n2,Fold the paper.\n'],
    ['steps.tsv', 'id\ttext\n1\tPreheat the oven, to 200.\n2\tFold the paper.\n'],
    ['steps.jsonl', '{"text":"Preheat the oven, to 200."}\n{"text":"Fold the paper."}\n'],
    ['steps.json', '[{"text":"Preheat the oven, to 200."},{"text":"Fold the paper."}]'],
  ])('%s', (name, content) => {
    expect(textList(name, bytes(content)).texts).toEqual(['Preheat the oven, to 200.', 'Fold the paper.']);
  });

  it('counts records without a text', () => {
    const list = textList(
      'a.jsonl',
      bytes('{"text":"Sand the wood."}\nnot json\n{"text":""}\n{"text":"Oil it."}\n'),
    );
    expect(list).toMatchObject({ texts: ['Sand the wood.', 'Oil it.'], skipped: 2 });
  });

  it('says what is wrong with a file that holds none', () => {
    expect(() => textList('a.txt', bytes(' \n'))).toThrow(expect.objectContaining({ code: 'file-empty' }));
    const picture = Uint8Array.of(0xff, 0xd8, 0xff, 0xe0, 1, 2, 3);
    expect(() => textList('a.csv', picture)).toThrow(expect.objectContaining({ code: 'format-unknown' }));
  });
});
