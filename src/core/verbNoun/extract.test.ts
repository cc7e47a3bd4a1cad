import { beforeAll, describe, expect, it } from 'vitest';
import { categoryKey } from './category.ts';
import { createExtractor, type Extraction } from './extract.ts';
import { loadTagger } from './tagger.ts';

let extract: (text: string) => Extraction;
beforeAll(async () => {
  extract = createExtractor(await loadTagger());
});

const primary = (text: string) => {
  const category = extract(text).primary;
  return category && categoryKey(category);
};

describe('the task category', () => {
  // Own sentences, none of a benchmark's.
  it.each([
    // Words that are nouns or adjectives elsewhere are verbs at the start.
    ['Outline the stages of a butterfly.', 'outline|stage'],
    ['Rank these beaches by their sand', 'rank|beach'],
    ['Complete the crossword below.', 'complete|crossword'],
    ['please sketch a floor plan for a cottage', 'sketch|floor'],
    ['PLEASE translate the menu', 'translate|menu'],
    // Particles and objects behind them.
    ['Look up the altitude of Cusco.', 'look|altitude'],
    ['Come up with four nicknames for my parrot.', 'come|nickname'],
    ['Tell me a riddle about snow', 'tell|riddle'],
    // Determiners, numbers, "of", compounds: the first noun.
    ['Give me a list of herbs that grow in shade.', 'give|list'],
    ['Generate at least 12 random passwords.', 'generate|password'],
    ['Classify each of the following as fish or fowl: trout, duck', 'classify|following'],
    // What stands before a comma says with what.
    ['Given a receipt, output its total.', 'output|total'],
    ['Based on the review below, guess the rating.', 'guess|rating'],
    ["Using the numbers '3, 4, 5', build an equation.", 'build|equation'],
    // Wishes, roles, requests.
    ['I would like you to compose a lullaby.', 'compose|lullaby'],
    ['You are a gardener in Oslo. Plan a flower bed.', 'plan|flower'],
    ['Your task is to sort the invoices.', 'sort|invoice'],
    ['Could you please proofread my letter?', 'proofread|letter'],
    ['Imagine you run a bakery. Invent a pastry.', 'invent|pastry'],
    ['Imagine a planet without rain.', 'imagine|planet'],
    // Clauses in place of an object.
    ['Explain how to knit a scarf.', 'knit|scarf'],
    ['Explain why glaciers are blue.', 'explain|glacier'],
    ['Check whether the password is strong.', 'check|password'],
    ['Find and fix the bug in this loop.', 'fix|bug'],
    // Questions.
    ['What is the boiling point of ethanol?', 'what|knowledge'],
    ['Where do swallows winter?', 'where|knowledge'],
    ['Is this tomato ripe?', 'yes-no|task'],
    ['How can I remove a stain?', 'remove|stain'],
    ['Tell me about Ada Lovelace', 'tell|knowledge'],
    // Bullets and headings are not read.
    ['1. Draft a contract.', 'draft|contract'],
    ['Task: Summarise the report', 'summarise|report'],
  ])('%s', (text, category) => expect(primary(text)).toBe(category));

  it('lists every step of an instruction with several, each once', () => {
    const steps = (text: string) => extract(text).steps.map(categoryKey);
    expect(steps('Translate the poem and count its syllables. Then write a reply.')).toEqual([
      'translate|poem',
      'count|syllable',
      'write|reply',
    ]);
    expect(steps('Name a river. Name a river.')).toEqual(['name|river']);
  });

  it('has no category for nothing, and one for a mere phrase', () => {
    for (const text of ['', '   ', '\n', '?!']) expect(extract(text)).toEqual({ primary: null, steps: [] });
    expect(primary('Lighthouses of Brittany')).toBe('noun|knowledge');
  });

  it('reads a text alike whatever was read before it', async () => {
    const tag = await loadTagger();
    const text = "does orla's in leith let you bring dogs";
    const before = tag(text);
    tag("i booked a table for five at orla's, please move it");
    expect(tag(text)).toEqual(before);
  });

  it('does not choke on what is no language', () => {
    const started = performance.now();
    expect(extract(`Decode this string: ${'QUJD'.repeat(50_000)}`).primary).toEqual({
      verb: 'decode',
      noun: 'string',
    });
    expect(extract('🙂'.repeat(500)).steps.length).toBeLessThan(2);
    expect(performance.now() - started).toBeLessThan(2000);
  });
});
