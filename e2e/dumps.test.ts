import { strToU8, zipSync } from 'fflate';
import { expect, test } from './base.ts';

// Dumps of other kinds than tables: a MediaWiki export with its category pages, an archive, lists of steps. What the readers do
// with damaged ones is tested beside them.

const page = (title: string, text: string, namespace = 0) =>
  `<page><title>${title}</title><ns>${namespace}</ns><revision><text>${text}</text></revision></page>\n`;
const articles = Array.from({ length: 40 }, (_, i) =>
  page(
    `Article ${i}`,
    `Anyone can.\n== Steps ==\n=== By hand ===\n# Mix ${i} cups.\n# Bake for ${i} minutes.\n=== By machine ===\n# Press ${i}.\n[[Category:${i % 2 ? 'Bread' : 'Cake'}]]`,
  ),
).join('');
const wiki = `<mediawiki>${articles}${page('Talk:Article 1', 'no', 1)}${page('Category:Bread', '[[Category:Baking]]', 14)}${page('Category:Cake', '[[Category:Baking]]', 14)}${page('Category:Baking', '[[Category:Food]]', 14)}</mediawiki>`;

test.describe('dumps', () => {
  test('a MediaWiki export is read by methods or by steps, with the topics above its categories', async ({
    notebook,
  }) => {
    await notebook.open();
    await notebook.drop({ name: 'wiki.xml', content: wiki });
    const { mapping } = notebook;
    await expect(mapping.root).toBeVisible();
    expect(await mapping.columns()).toEqual(['title', 'introduction', 'method', 'steps', 'categories']);
    expect((await mapping.preview())[0]?.text).toMatch(/^By hand\s+Mix 0 cups\.\s+Bake for 0 minutes\.$/u);
    await mapping.select(/a row's text is/iu, /^steps with the title$/iu);
    await expect.poll(() => mapping.columns()).toContain('step');
    expect(await mapping.chosen('Text')).toEqual(['title', 'step']);
    expect((await mapping.preview())[1]).toEqual({
      text: expect.stringMatching(/^Article 1\s+Mix 1 cups\.$/u),
      labels: ['Bread'],
    });
    await mapping.select(/topics above the labels/iu, /^2 levels$/iu);
    await mapping.index.click();
    await notebook.cell('Data').done(30_000);
    expect(await notebook.figure('Data', /^rows$/iu)).toBe('120');
    // Bread, Cake, and above them Baking and Food.
    expect(await notebook.figure('Data', /^labels$/iu)).toBe('4');
    const data = notebook.cell('Data').root;
    await expect(data).toContainText('1 pages outside the main namespace');
    await expect(data).toContainText('2 new labels');
    await expect(notebook.cell('Labels').root).toContainText('Food');

    // The same file again, by titles and without topics: nothing has to be dropped a second time.
    await data.getByRole('button', { name: 'Choose other columns' }).click();
    await mapping.select(/a row's text is/iu, /^titles$/iu);
    await expect.poll(() => mapping.chosen('Text')).toEqual(['title']);
    await mapping.select(/topics above the labels/iu, /^none$/iu);
    await mapping.index.click();
    await expect.poll(() => notebook.figure('Data', /^rows$/iu)).toBe('40');
    expect(await notebook.figure('Data', /^labels$/iu)).toBe('2');
  });

  test('an archive is opened, and what is no data is listed', async ({ notebook }) => {
    await notebook.open();
    const rows = (from: number) =>
      Array.from({ length: 30 }, (_, i) => `Step ${from + i},${i % 2 ? 'A' : 'B'}\n`).join('');
    const content = zipSync({
      'data/one.csv': strToU8(`text,labels\n${rows(0)}`),
      'data/two.csv': strToU8(`text,labels\n${rows(100)}`),
      'data/picture.png': new Uint8Array(20),
    });
    await notebook.drop({ name: 'steps.zip', content: Buffer.from(content) });
    await notebook.cell('Data').done(30_000);
    expect(await notebook.figure('Data', /^rows$/iu)).toBe('60');
    await expect(notebook.cell('Data').root).toContainText('steps.zip/data/picture.png');
  });

  test('lists of steps become a row each where that is chosen', async ({ notebook }) => {
    await notebook.open();
    const line = (i: number) =>
      JSON.stringify({
        title: `T${i}`,
        method: 'By hand',
        steps: ['One.', `Two ${i}.`],
        categories: ['A', `B${i % 2}`],
      });
    await notebook.drop({
      name: 'methods.jsonl',
      content: Array.from({ length: 20 }, (_, i) => line(i)).join('\n'),
    });
    await notebook.cell('Data').done(30_000);
    expect(await notebook.figure('Data', /^rows$/iu)).toBe('20');
    await notebook.cell('Data').root.getByRole('button', { name: 'Choose other columns' }).click();
    const { mapping } = notebook;
    await mapping.select(/a row's text is/iu, /^steps with the title, each a row$/iu);
    expect((await mapping.preview())[0]?.text).toMatch(/^T0\s+One\.$/u);
    await mapping.index.click();
    await expect.poll(() => notebook.figure('Data', /^rows$/iu)).toBe('40');
  });

  for (const [name, content, says] of [
    ['dump.xml.bz2', 'BZh91AY&SY', /bunzip2/iu],
    ['bomb.xml', `<!DOCTYPE x [<!ENTITY a "b">]>${wiki}`, /document type/iu],
    ['cut.zip', Buffer.from('504b0304140000000800', 'hex'), /cut off/iu],
  ] as const)
    test(`${name} is refused with its reason`, async ({ notebook }) => {
      await notebook.open();
      await notebook.drop({ name, content });
      await expect.poll(() => notebook.cell('Data').failure()).toMatch(says);
    });
});
