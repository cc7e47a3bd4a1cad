import { axeViolations } from './axe.ts';
import { expect, test } from './base.ts';
import { csvLines, template } from './outputs.ts';
import { notebookLink } from './sample.ts';

// Incubator's experiments on a shipped sample set: one to its end on held-out objects, one stopped and gone on with after a reload, one judged
// on real rows of dropped data.

const minute = 60_000;

test('incubator experiments end in a plot, a table and a sentence, and survive a reload @cpu', async ({
  notebook,
  page,
}, info) => {
  test.setTimeout(5 * minute);
  page.setDefaultTimeout(20_000);
  await notebook.open(
    notebookLink((defaults) => ({
      ...defaults,
      incubatorExperiments: { ...defaults.incubatorExperiments, seeds: 2 },
    })),
  );
  const cell = notebook.cell('Incubator experiments');
  const run = (title: string) =>
    template(cell, title)
      .getByRole('button', { name: /^Run \d/u })
      .click();

  await test.step('without a set, and without a generator, what is missing is said', async () => {
    await expect(
      template(cell, 'Clustering method').getByRole('button', { name: 'Run', exact: true }),
    ).toBeDisabled();
    const incubator = notebook.cell('Incubator').root;
    await incubator.getByRole('button', { name: 'Open a sample set' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('button', { name: 'Open 160 objects' }).nth(2).click();
    await expect(
      template(cell, 'Clustering method').getByRole('button', { name: 'Run 4 variants' }),
    ).toBeEnabled();
    await expect(template(cell, 'Paraphrased instructions')).toContainText('Needs a generator');
    await expect(cell.root.getByText('Judged on a quarter of the objects', { exact: false })).toBeVisible();
  });

  await test.step('a learning curve', async () => {
    await run('Samples from 16 to 4,096');
    await cell.done(minute);
    const csv = await csvLines(cell, 'Samples from 16 to 4,096: variants');
    // 16, 32, 64 and the 120 objects that there are.
    expect(csv).toHaveLength(5);
    const [first, last] = [csv[1], csv.at(-1)].map((line) => Number(line?.split(',')[1]));
    expect(last).toBeGreaterThan(first ?? 1);
    await expect(cell.root.locator('.lab-findings li').first()).toContainText(/Accuracy goes from 0\.\d+ ±/u);
    await cell.output('Samples from 16 to 4,096: plot');
    await expect(cell.root.getByText('Judged on held-out generated objects', { exact: false })).toBeVisible();
  });

  await test.step('classes together and apart, and longer queries', async () => {
    await run('Dependent against independent classes');
    await run('Length of compound queries');
    await cell.done(2 * minute);
    expect(await csvLines(cell, 'Dependent against independent classes: variants')).toHaveLength(7);
    const compound = await csvLines(cell, 'Length of compound queries: variants');
    expect(compound).toHaveLength(19);
    const [precision, chance] = [1, 4].map((at) => Number(compound[1]?.split(',')[at]));
    expect(precision).toBeGreaterThan((chance ?? 1) + 0.2);
  });
  await cell.root.screenshot({ path: info.outputPath('experiments-light.png') });

  await test.step('the outline keeps a line an entry, and no data is named where none was read', async () => {
    const entries = page.getByRole('navigation', { name: 'Cells' }).getByRole('listitem');
    const heights = await entries.evaluateAll((all: HTMLElement[]) => all.map((one) => one.offsetHeight));
    expect(heights).toEqual(heights.map(() => heights[0]));
    expect(await cell.provenance()).toMatch(/^seed 1 · TF-IDF/u);
  });

  await test.step('a stop keeps what was finished; after a reload the rest goes on', async () => {
    await run('K from 3 to 15');
    const table = (await cell.output('K from 3 to 15: variants')).root;
    await expect(table.getByRole('row').nth(1)).toContainText(/0\.\d+/u, { timeout: minute });
    await cell.root.getByRole('button', { name: 'Stop' }).first().click();
    await expect(cell.pill).toContainText(/waiting|done/iu);
    await notebook.saved();
    await page.reload();
    await expect(cell.root.getByText('Length of compound queries: plot')).toBeVisible();
    await expect(table.getByRole('row').nth(1)).toContainText(/0\.\d+/u);
    if ((await cell.stateText()).includes('Waiting')) {
      await cell.primary.click();
      await cell.done(2 * minute);
    }
    const csv = await csvLines(cell, 'K from 3 to 15: variants');
    expect(csv).toHaveLength(17);
    expect(csv.some((line) => line.includes('waiting') || line.includes('failed'))).toBe(false);
  });

  await test.step('labelled data with the classes judges instead', async () => {
    const said = {
      'late delivery': ['my parcel is late', 'still waiting for the order', 'when will it come'],
      'wrong item': ['you sent me something else', 'this is not what I ordered', 'wrong colour in the box'],
      refund: ['where is my money', 'please pay it back', 'the refund has not come'],
      other: ['is your shop open today', 'do you sell gift cards', 'thank you for the help'],
    };
    const lines = Object.entries(said).flatMap(([label, texts]) =>
      Array.from(
        { length: 24 },
        (_, at) => `${texts[at % 3]} ${'please now soon then today again'.split(' ')[at % 6]} ${at},${label}`,
      ),
    );
    await notebook.drop({ name: 'mail.csv', content: `text,label\n${lines.join('\n')}\n` });
    await notebook.cell('Data').done(minute);
    await expect(cell.root.getByText('Judged on real rows: 96', { exact: false })).toBeVisible();
    await run('Clustering method');
    await cell.done(minute);
    expect(await csvLines(cell, 'Clustering method: variants')).toHaveLength(5);
    await expect(
      cell.root.getByText('Judged on real rows of the open data (96', { exact: false }),
    ).toBeVisible();
    expect(await cell.provenance()).toMatch(/^data [0-9a-f]{8} · seed 1/u);
  });

  expect.soft(await axeViolations(page), 'light').toEqual([]);
  await page.emulateMedia({ colorScheme: 'dark', reducedMotion: 'reduce' });
  await cell.root.screenshot({ path: info.outputPath('experiments-dark.png') });
  expect.soft(await axeViolations(page), 'dark').toEqual([]);
});
