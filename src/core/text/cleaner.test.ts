import { describe, expect, it } from 'vitest';
import { createCleaner, createTracer } from './cleaner.ts';
import { loadLemmatiser } from './lemmatise.ts';
import { lowercase } from './lowercase.ts';
import { removeSpecialCharacters } from './specialCharacters.ts';
import { noCleaning, paperCleaning } from './steps.ts';
import { removeStopWords } from './stopWords.ts';

describe('special characters', () => {
  it.each([
    ["Don't over-mix the batter; it’ll get tough!", "Don't over mix the batter it'll get tough"],
    ['Naïve café — 50% off… me_at@x.com 😀👍🏽', 'Naïve café 50 off me at x com'],
    ["rock 'n' roll, 'quoted' dogs' tails, '90s", 'rock n roll quoted dogs tails 90s'],
    ['می‌خواهم क्षि 小麦粉を混ぜる。', 'می‌خواهم क्षि 小麦粉を混ぜる'],
    ['line one.\n\n  line\ttwo  \r\nthree', 'line one\nline two\nthree'],
    ['1/2 cup, 3.5 kg', '1 2 cup 3 5 kg'],
    ['cafe\u0301', 'cafe\u0301'],
    ['a\u0000b\u200bc', 'a b c'],
    ['!!! … \u{1f389}', ''],
    ['', ''],
  ])('%j becomes %j', (before, after) => {
    expect(removeSpecialCharacters(before)).toBe(after);
  });

  it('changes nothing the second time', () => {
    const once = removeSpecialCharacters("It's 5 o'clock – “now” (really)!");
    expect(removeSpecialCharacters(once)).toBe(once);
  });
});

describe('stop words', () => {
  it.each([
    ['Put a nappy on and dress the Baby.', 'Put nappy dress Baby.'],
    ["I'm sure you're the one who couldn't.", "sure one couldn't."],
    ["Don't over-mix it, then wait", "Don't over-mix, wait"],
    ['The And OF', ''],
    ['café é a', 'café é'],
    ['step-by-step, me_at@x', 'step-by-step, me_at@x'],
  ])('%j becomes %j', (before, after) => {
    expect(removeStopWords(before)).toBe(after);
  });
});

describe('lemmas', () => {
  it.each([
    ['The knives were baking in the ovens.', 'The knife be bake in the oven.'],
    ['I saw the saw', 'I see the saw'],
    [
      "Don't mix; they ate better leaves\n\nand went   home \n",
      "Don't mix; they eat good leaf\n\nand go   home \n",
    ],
    ['How to Sharpen Kitchen Knives', 'How to Sharpen Kitchen Knife'],
    ['BAKE CHOCOLATE CAKES', 'BAKE CHOCOLATE CAKE'],
    ['I install Windows every year in Los Angeles', 'I install Windows every year in Los Angeles'],
    ['Los niños están corriendo 👍🏽 <b>x</b>', 'Los niños están corriendo 👍🏽 <b>x</b>'],
    ['  ', '  '],
  ])('%j becomes %j', async (before, after) => {
    expect((await loadLemmatiser())(before)).toBe(after);
  });

  it('loads once', () => {
    expect(loadLemmatiser()).toBe(loadLemmatiser());
  });
});

describe('lower case', () => {
  it('follows Unicode and no language', () => {
    expect(lowercase('İstanbul STRASSE ΣΑΣ Ⅷ')).toBe('i̇stanbul strasse σας ⅷ');
  });
});

describe('cleaner', () => {
  it("runs the paper's steps in its order and shows each", async () => {
    const text = "Don't forget to sharpen the knives before cutting the vegetables!";
    const trace = (await createTracer(paperCleaning))(text);
    expect(trace).toEqual([
      {
        step: 'removeSpecialCharacters',
        text: "Don't forget to sharpen the knives before cutting the vegetables",
      },
      { step: 'removeStopWords', text: "Don't forget sharpen knives cutting vegetables" },
      { step: 'lemmatise', text: "Don't forget sharpen knife cut vegetable" },
      { step: 'lowercase', text: "don't forget sharpen knife cut vegetable" },
    ]);
    expect((await createCleaner(paperCleaning))(text)).toBe(trace.at(-1)?.text);
    const some = { ...paperCleaning, removeStopWords: false, lowercase: false };
    expect((await createTracer(some))('Cut the knives!').map(({ step }) => step)).toEqual([
      'removeSpecialCharacters',
      'lemmatise',
    ]);
    expect((await createTracer(noCleaning))(text)).toEqual([]);
  });

  it('leaves texts alone with everything off', async () => {
    const text = '  Any  TEXT, \n at all!  ';
    expect((await createCleaner(noCleaning))(text)).toBe(text);
  });

  it('takes each switch for itself', async () => {
    const text = 'The Knives, cut!';
    const results: string[] = [];
    for (const step of ['removeSpecialCharacters', 'removeStopWords', 'lemmatise', 'lowercase'] as const)
      results.push((await createCleaner({ ...noCleaning, [step]: true }))(text));
    expect(results).toEqual(['The Knives cut', 'Knives, cut!', 'The Knives, cut!', 'the knives, cut!']);
  });

  it('gets through what is no text: pasted base64, a megabyte of blanks or quotes, halves of surrogate pairs', async () => {
    const clean = await createCleaner(paperCleaning);
    expect(clean('a'.repeat(1_000_000))).toHaveLength(1_000_000);
    expect(clean(`cut ${' '.repeat(500_000)} knives`)).toBe('cut knife');
    expect(clean("'".repeat(500_000))).toBe('');
    expect(clean('\ud800 knives \udfff')).toBe('knife');
    expect(clean('constructor __proto__')).toBe('constructor proto');
  });
});
