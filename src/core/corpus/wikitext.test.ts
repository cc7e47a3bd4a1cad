import { describe, expect, it } from 'vitest';
import { categoryTest, wikiArticle } from './wikiArticle.ts';
import { cleanWikitext } from './wikitext.ts';

const clean = (source: string) =>
  cleanWikitext(source, categoryTest(['Rubrik']), (prefix) => prefix === 'file');

describe('wikitext without its markup', () => {
  it.each([
    ["'''Mix''' the ''batter''.", 'Mix the batter.'],
    ['a {{note|with {{inner|x}} more}} b', 'a  b'],
    ['a {{note|empty|}} b', 'a  b'],
    ['a {{{parameter|}}} b', 'a  b'],
    ['see [[Bread|the loaf]] and [[Flour]]', 'see the loaf and Flour'],
    ['[[File:x.jpg|thumb|A [[Cake|cake]] on a plate]]Bake', 'Bake'],
    ['[https://example.org a site] and [https://example.org]', 'a site and '],
    ['salt<ref name="a">[[Salt|NaCl]], p. 3</ref> and pepper<ref name="a" />', 'salt and pepper'],
    ['a<!-- hidden {{ -->b', 'ab'],
    ['<nowiki>[[not a link]] {{nor this}}</nowiki>', '[[not a link]] {{nor this}}'],
    ['350&nbsp;&deg;F, 3 &lt; 4, &#x41;&#66; &unknown;', '350\u00a0°F, 3 < 4, AB &unknown;'],
    ['&lt;script&gt; stays words', '<script> stays words'],
    ['x\n{| class="t"\n| cell {{t}}\n|}\ny', 'x\n\ny'],
    ['one<br/>two', 'one\ntwo'],
    ['3 < 4 and 5 > 2', '3 < 4 and 5 > 2'],
    // Opened and never closed: text, as MediaWiki shows it.
    ['{{never closed, and words', 'never closed, and words'],
    ['[[half a link', 'half a link'],
    ['closed }} too often ]]', 'closed }} too often ]]'],
    ['before <!-- to the end', 'before '],
    ['<ref>never closed', 'never closed'],
  ])('%j', (source, text) => {
    expect(clean(source).text).toBe(text);
  });

  it('collects categories under any of their names, without sort keys, and leaves links to them', () => {
    const { text, categories } = clean(
      'x[[Category:Baking|*]][[kategorie: food_and  drink]][[Rubrik:Ovens#top]][[:Category:Link]][[Category: ]]',
    );
    expect(categories).toEqual(['Baking', 'Food and drink', 'Ovens']);
    expect(text).toBe('xCategory:Link');
  });

  it.each([
    ['brackets', '[['.repeat(200_000)],
    ['templates', '{{'.repeat(200_000) + '}}'.repeat(200_000)],
    ['addresses', '[http:'.repeat(100_000)],
    ['tags', '<a '.repeat(100_000)],
    ['references', '<ref>'.repeat(100_000)],
    ['blanks', `#${' '.repeat(400_000)}x`],
    ['equals signs', `${'='.repeat(400_000)}`],
  ])('takes linear time over nothing but %s', (_, source) => {
    const begun = performance.now();
    wikiArticle({ title: 'x', namespace: 0, isRedirect: false, wikitext: source }, []);
    // Quadratic would take minutes.
    expect(performance.now() - begun).toBeLessThan(5000);
  });
});

describe('an article', () => {
  const article = (wikitext: string) =>
    wikiArticle({ title: 'Bake', namespace: 0, isRedirect: false, wikitext }, []);

  it('has methods with steps, their bullets joined, and an introduction', () => {
    const { introduction, methods, categories } = article(
      [
        'Anyone can bake.',
        '== Steps ==',
        '=== By hand ===',
        "#'''Mix.''' Slowly.",
        '#*Not too long.',
        '#[[Oven|Heat]] the oven.',
        '=== By machine ===',
        '# Press start.',
        '== Tips ==',
        '# Not a step.',
        '[[Category:Baking]]',
      ].join('\n'),
    );
    expect(introduction).toBe('Anyone can bake.');
    expect(methods).toEqual([
      { name: 'By hand', steps: ['Mix. Slowly. Not too long.', 'Heat the oven.'] },
      { name: 'By machine', steps: ['Press start.'] },
    ]);
    expect(categories).toEqual(['Baking']);
  });

  it('finds numbered steps where no heading says so, in other languages too', () => {
    expect(article('Intro\n# one\n# two').methods).toEqual([{ name: '', steps: ['one', 'two'] }]);
    expect(article('== Schritte ==\n# eins\n== Tipps ==\n# nein').methods).toEqual([
      { name: '', steps: ['eins'] },
    ]);
    expect(article('Prose alone.').methods).toEqual([]);
  });
});
