import { expect, test } from './base.ts';

// A table that no schema knows: the panel asks where text and labels stand, shows what would be read, and reads just that.

const topics = ['Küche', 'Backen', 'Garten', 'Werkstatt'] as const;
const dish = (row: number) => `Frage ${row}: wie geht "das"?`;
const content = `\ufeffnr;frage;antwort;themen\r\n${Array.from({ length: 40 }, (_, row) =>
  [
    row,
    `"${dish(row).replaceAll('"', '""')}"`,
    `"Schritt eins, dann\r\nSchritt ${row}"`,
    [topics[row % 4], topics[(row >> 2) % 4]].join('/'),
  ].join(';'),
).join('\r\n')}\r\nzu;wenig\r\n`;

test.describe('the mapping panel', () => {
  test('asks for columns, separator and header of a table it does not know, and indexes what was chosen', async ({
    notebook,
  }) => {
    await notebook.open();
    await notebook.drop({ name: 'fragen.csv', content });
    const { mapping } = notebook;
    await expect(mapping.root).toBeVisible();
    // Nothing is read before the user has spoken.
    expect(await notebook.cell('Data').state()).toBe('idle');
    expect(await mapping.columns()).toEqual(['nr', 'frage', 'antwort', 'themen']);

    // Without a text column there is nothing to index, and the panel says so.
    await mapping.choose('Text', []);
    await expect(mapping.root).toContainText('Choose at least one text column.');
    await expect(mapping.index).toBeDisabled();

    // Under another delimiter the columns are others; back again they are as before.
    await mapping.select(/columns are separated/iu, /^comma/iu);
    await expect.poll(() => mapping.columns()).toHaveLength(1);
    await mapping.select(/columns are separated/iu, /^semicolon/iu);
    await expect.poll(() => mapping.columns()).toEqual(['nr', 'frage', 'antwort', 'themen']);

    // Without a header the columns are numbered and the first line is a row.
    await expect(mapping.header).toBeChecked();
    await mapping.toggleHeader();
    await expect.poll(() => mapping.columns()).toEqual(['#0', '#1', '#2', '#3']);
    await mapping.choose('Text', ['#1']);
    expect((await mapping.preview())[0]?.text).toBe('frage');
    await mapping.toggleHeader();
    await expect.poll(() => mapping.columns()).toEqual(['nr', 'frage', 'antwort', 'themen']);

    // Texts are joined in the order in which they were chosen.
    await mapping.choose('Text', []);
    await mapping.choose('Text', ['frage', 'antwort']);
    await mapping.choose('Labels', ['themen']);
    expect(await mapping.chosen('Text')).toEqual(['frage', 'antwort']);
    expect(await mapping.chosen('Labels')).toEqual(['themen']);
    await mapping.select(/labels in one cell/iu, /^one label/iu);
    expect((await mapping.preview())[1]?.labels).toEqual(['Backen/Küche']);
    await mapping.select(/labels in one cell/iu, /^slash/iu);
    const preview = await mapping.preview();
    expect(preview[1]?.labels).toEqual(['Backen', 'Küche']);
    expect(preview[1]?.text).toMatch(/^Frage 1: wie geht "das"\?\s+Schritt eins, dann\s+Schritt 1$/u);

    await mapping.index.click();
    await notebook.cell('Data').done(30_000);
    await expect(mapping.root).toHaveCount(0);
    const figures = await notebook.cell('Data').figures();
    const figure = (label: RegExp) => figures.find((found) => label.test(found.label))?.value;
    expect(figure(/^rows$/iu)).toBe('40');
    expect(figure(/^labels$/iu)).toBe('4');
    expect(figure(/not read/iu)).toBe('1');
    await expect(notebook.cell('Data').root).toContainText('Frage 3: wie geht "das"?');
  });

  test('takes two columns of labels, and Cancel leaves what was open', async ({ notebook }) => {
    await notebook.open();
    await notebook.drop({
      name: 'two.csv',
      content: `satz,art,ort\n${Array.from({ length: 30 }, (_, i) => `Satz ${i} von allen,a${i % 3},o${i % 5}\n`).join('')}`,
    });
    const { mapping } = notebook;
    await mapping.choose('Text', ['satz']);
    await mapping.choose('Labels', ['art', 'ort']);
    await mapping.index.click();
    await notebook.cell('Data').done(30_000);
    expect(await notebook.figure('Data', /^labels$/iu)).toBe('8');
    await notebook.drop({ name: 'fragen.csv', content });
    await expect(mapping.root).toBeVisible();
    await mapping.root.getByRole('button', { name: 'Cancel' }).click();
    await expect(mapping.root).toHaveCount(0);
    expect(await notebook.figure('Data', /^rows$/iu)).toBe('30');
  });
});
