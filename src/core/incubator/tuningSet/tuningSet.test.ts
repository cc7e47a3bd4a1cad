import { describe, expect, it } from 'vitest';
import { parseLabels } from '../labels.ts';
import { taskLibrary } from '../library/index.ts';
import { augmentPrompt, readAugmentation } from './augment.ts';
import { pairFromSet, pairsFromLibrary, pairsFromRows } from './build.ts';
import { describe as describing, descriptionTemplates, paraphrases } from './descriptions.ts';
import { looksLikePairs, pairsToJsonl, readPairsJsonl } from './jsonl.ts';
import { examplesOf, holdOutPairs, nestedSubset, sweepSizes } from './subsets.ts';

const options = { dictionaries: 3, maxTextChars: 200, seed: 7 };
const rowOptions = { ...options, pairs: 12, classes: 3, kind: 'questions' };
const library = pairsFromLibrary({ ...options, maxTextChars: 1000 });

const rows = {
  name: 'bank',
  texts: Array.from({ length: 200 }, (_, at) => `question of kind ${'abcde'[at % 5]} ${'x'.repeat(at)}`),
  labels: Array.from({ length: 200 }, (_, at): string | null => `label ${'abcde'[at % 5]}`),
};

describe('pairs from what there is', () => {
  it('takes the library as it is, and a generated set under its own instruction', () => {
    expect(library).toHaveLength(taskLibrary.length);
    expect(new Set(library.map(({ id }) => id)).size).toBe(library.length);
    const set = {
      instruction: 'Tell food from film.',
      labels: ['food', 'film'],
      samples: [...Array(20).keys()].map((at) => [`soup ${at}`, at === 3 ? '' : `scene ${at}`]),
    };
    const pair = pairFromSet(set, 'a model', options);
    expect(pair).toMatchObject({ description: 'Tell food from film.', origin: 'generated' });
    expect(pair?.samples).toHaveLength(3);
    expect(pair?.samples.every(([, film]) => film !== '')).toBe(true);
    expect(pairFromSet({ ...set, samples: [] }, 'a model', options)).toBeNull();
  });

  it('draws classes evenly from rows, names them in the description, and says no text twice while there are others', () => {
    const pairs = pairsFromRows(rows, 'corpus', rowOptions);
    expect(pairs).toHaveLength(12);
    expect(new Set(pairs.map(({ description }) => description)).size).toBe(12);
    const uses = new Map<string, number>();
    for (const { description, labels, samples } of pairs) {
      expect(parseLabels(description).labels).toEqual(labels);
      expect(samples).toHaveLength(3);
      for (const texts of samples)
        texts.forEach((text, own) => expect(text).toContain(`kind ${labels[own]?.at(-1)}`));
      for (const label of labels) uses.set(label, (uses.get(label) ?? 0) + 1);
    }
    expect(Math.max(...uses.values()) - Math.min(...uses.values())).toBeLessThanOrEqual(1);
    const texts = pairs.flatMap(({ samples }) => samples.flat());
    expect(new Set(texts).size).toBe(texts.length);
    expect(pairsFromRows(rows, 'corpus', rowOptions)).toEqual(pairs);
    expect(pairsFromRows(rows, 'corpus', { ...rowOptions, seed: 8 })).not.toEqual(pairs);
  });

  it('leaves out long texts, several labels, and texts that two labels claim', () => {
    const odd = {
      name: 'odd',
      texts: ['same words', 'Same words!', 'long '.repeat(90), 'one', 'two', 'both'],
      labels: ['a', 'b', 'a', 'a', 'b', 'a##b'],
    };
    const pairs = pairsFromRows(odd, 'file', rowOptions);
    expect(pairs[0]?.samples).toEqual([pairs[0]?.labels[0] === 'a' ? ['one', 'two'] : ['two', 'one']]);
    expect(() => pairsFromRows({ ...odd, labels: odd.labels.map(() => 'a') }, 'file', rowOptions)).toThrow(
      /only one label/u,
    );
  });

  it('writes descriptions whose classes can be read back, whatever they are called', () => {
    for (const labels of [
      ['late', 'wrong item', 'other'],
      ['about food', "the chef's $& choice"],
      ['say "no"', "don't"],
    ])
      descriptionTemplates.forEach((_, at) =>
        expect(parseLabels(describing(labels, 'messages', at)).labels).toEqual(labels),
      );
    const own = describing(['a', 'b'], 'texts', 1);
    const others = paraphrases(own, ['a', 'b'], 'texts', 4, 3);
    expect(others).toHaveLength(4);
    expect(others).not.toContain(own);
    expect(new Set(others).size).toBe(4);
  });
});

describe('subsets', () => {
  it('are nested and seeded', () => {
    const [small, large] = [nestedSubset(library, 5, 1), nestedSubset(library, 20, 1)];
    expect(large.slice(0, 5)).toEqual(small);
    expect(nestedSubset(library, 5, 2)).not.toEqual(small);
    expect(sweepSizes(40, [1 / 8, 1 / 4, 1 / 2, 1])).toEqual([5, 10, 20, 40]);
    expect(sweepSizes(5, [1 / 8, 1 / 4, 1 / 2, 1])).toEqual([2, 3, 5]);
  });

  it('hold out whole tasks: the same classes never stand on both sides', () => {
    const twice = [
      ...library,
      ...library.map((pair) => ({ ...pair, id: `${pair.id}'`, description: 'again' })),
    ];
    const { training, heldOut } = holdOutPairs(twice, 0.2, 3);
    expect(heldOut.length).toBeGreaterThanOrEqual(16);
    expect(training.length + heldOut.length).toBe(twice.length);
    const classes = new Set(heldOut.map(({ labels }) => labels.join()));
    expect(training.some(({ labels }) => classes.has(labels.join()))).toBe(false);
    expect(holdOutPairs(library.slice(0, 2), 0.1, 1).heldOut).toHaveLength(1);
    expect(() => holdOutPairs(library.slice(0, 1), 0.1, 1)).toThrow(/same classes/u);
  });

  it('become examples: the description is the prompt, a dictionary the reply', () => {
    const [first] = library;
    const examples = examplesOf(library.slice(0, 1));
    expect(examples).toHaveLength(first?.samples.length ?? 0);
    expect(examples[0]?.prompt).toBe(`Instruction: ${first?.description}\nObject:`);
    const reply = JSON.parse(examples[0]?.reply ?? '') as Record<string, string>;
    expect(Object.keys(reply)).toEqual(first?.labels);
    expect(Object.values(reply)).toEqual(first?.samples[0]);
  });
});

describe('pairs as JSONL', () => {
  it('come back as they went, classes that look like numbers in their order', () => {
    const numbered = { ...library[0], labels: ['10', '2'], samples: [['ten', 'two']] } as (typeof library)[0];
    const text = pairsToJsonl([...library.slice(0, 3), numbered]);
    expect(looksLikePairs(text)).toBe(true);
    const { pairs, skipped } = readPairsJsonl(`\uFEFF${text}`, 'x.jsonl');
    expect(skipped).toEqual([]);
    const plain = ({ description, labels, samples, origin }: (typeof library)[0]) => ({
      description,
      labels,
      samples,
      origin,
    });
    expect(pairs.map(plain)).toEqual([...library.slice(0, 3), numbered].map(plain));
  });

  it('says what is wrong with a line, and goes on', () => {
    const lines = [
      'no json',
      '{"description":"","samples":[{"a":"x","b":"y"}]}',
      '{"description":"d","samples":[]}',
      '{"description":"d","samples":[{"a":"x"}]}',
      '{"description":"d","samples":[{"a":"x","b":"y"},{"a":"x","c":"y"}]}',
      '{"description":"d","samples":[{"a":"x","b":""}]}',
      '{"description":"d","samples":[{"a":"x","b":"y"}]}',
    ];
    const { pairs, skipped } = readPairsJsonl(lines.join('\r\n'), 'made.jsonl');
    expect(pairs).toHaveLength(1);
    expect(pairs[0]).toMatchObject({ origin: 'file', source: 'made.jsonl', labels: ['a', 'b'] });
    expect(skipped.map(({ line, reason }) => `${line} ${reason}`)).toEqual([
      '1 not JSON',
      '2 no description',
      '3 no samples',
      '4 fewer than two classes',
      '5 a class without a text',
      '6 a class without a text',
    ]);
    expect(() => readPairsJsonl('nothing', 'made.jsonl')).toThrow(/line 1, not JSON/u);
  });
});

describe('augmentation', () => {
  const rules = { maxTextChars: 100, known: library.slice(0, 5), source: 'a model' };
  const read = (text: string, finish: 'end' | 'length' = 'end') => readAugmentation({ text, finish }, rules);
  const object = '{"cats": "She purrs on my lap.", "dogs": "He barks at the post."}';

  it('shows other pairs by draw, the same by seed, and fewer where the context is short', () => {
    const asked = { shown: 3, contextTokens: 4000, replyTokens: 200, draw: 0, seed: 1 };
    const { prompt, shown } = augmentPrompt(library, asked);
    expect(shown).toHaveLength(3);
    expect(prompt.user.endsWith('\n\nTask:')).toBe(true);
    for (const { description } of shown) expect(prompt.user).toContain(`Task: ${description}\nObject: {`);
    expect(augmentPrompt(library, asked)).toEqual({ prompt, shown });
    expect(augmentPrompt(library, { ...asked, draw: 1 }).shown).not.toEqual(shown);
    const short = augmentPrompt(library, { ...asked, contextTokens: 260 });
    expect(short.shown).toHaveLength(1);
  });

  it('reads what models write: bare, with headings, fenced, or as one object', () => {
    const wanted = { description: "Tell 'cats' from 'dogs'.", labels: ['cats', 'dogs'], origin: 'augmented' };
    for (const text of [
      ` Tell 'cats' from 'dogs'.\nObject: ${object}\n\nTask: more`,
      `Task: Tell 'cats' from 'dogs'.\n${object}`,
      `**Task:** Tell 'cats' from 'dogs'.\n\n\`\`\`json\n${object}\n\`\`\``,
      `{"description": "Tell 'cats' from 'dogs'.", "object": ${object}}`,
      `{"task": "Tell 'cats' from 'dogs'.", "samples": [${object}]}`,
    ])
      expect(read(text)).toMatchObject(wanted);
  });

  it('says why a reply is no pair', () => {
    const [known] = library;
    const of = (entries: Record<string, unknown>) => read(`Task: new\n${JSON.stringify(entries)}`);
    expect(read('I cannot do that.')).toBe('no-object');
    expect(read('Tell a from b.\n{"a": "x', 'length')).toBe('truncated');
    expect(read('Tell a from b.\n{"a": "x"')).toBe('not-json');
    expect(read(object)).toBe('no-description');
    expect(of({ a: 'x' })).toBe('too-few-classes');
    expect(of({ a: 'x', b: 3 })).toBe('not-text');
    expect(of({ a: 'x', b: ' ' })).toBe('empty-text');
    expect(of({ a: 'x', b: 'y'.repeat(101) })).toBe('too-long');
    expect(of({ a: 'the same', b: 'The same!' })).toBe('same-text');
    expect(of({ a: known?.samples[0]?.[0], b: 'y' })).toBe('copied');
    expect(read(`${known?.description}\n${object}`)).toBe('duplicate');
  });
});
