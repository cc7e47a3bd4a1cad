import { expect, test } from './base.ts';
import { instructionRows, notebookLink, sampleRows, shortRunLink } from './sample.ts';

// What a cell's states do to somebody at the keyboard: buttons come and go, the focus stays in the cell, every error has a button.

const minute = 60_000;

test('the focus stays in a cell that is started, stopped and started again by keys', async ({
  notebook,
  page,
}) => {
  test.setTimeout(3 * minute);
  await notebook.open();
  await notebook.drop({ name: 'howto-steps.jsonl', content: sampleRows(2) });
  await notebook.cell('Data').done(minute);
  // A cell whose button has a tip, and is another element for it.
  const advisor = notebook.cell('Threshold advisor');
  const stop = advisor.root.locator('.cell-actions').getByRole('button', { name: 'Stop' });
  await advisor.primary.focus();
  await page.keyboard.press('Enter');
  await expect(stop).toBeFocused();
  // Longer than the second half of a double click.
  await page.waitForTimeout(700);
  if ((await advisor.state()) === 'running') await page.keyboard.press('Enter');
  await expect(advisor.root).toHaveAttribute('data-state', /idle|done/u, { timeout: minute });
  await expect(advisor.primary).toBeFocused();
});

test('an error has a button that goes on, and leaves the focus in its cell', async ({ notebook, page }) => {
  await notebook.open();
  await notebook.drop({ name: 'good.csv', content: 'text,labels\nMix,Baking\nSew,Crafts\n' });
  const data = notebook.cell('Data');
  await data.done(minute);
  await notebook.drop({ name: 'empty.csv', content: '' });
  const alert = data.root.getByRole('alert');
  await expect(alert).toContainText('empty.csv is empty.');
  await expect(alert).toContainText('Below: the last good result');
  await expect(alert.getByRole('button', { name: 'Choose other files' })).toBeVisible();
  await alert.getByRole('button', { name: 'Dismiss' }).focus();
  await page.keyboard.press('Enter');
  await expect(alert).toHaveCount(0);
  expect(await page.evaluate(() => document.activeElement?.closest('[data-cell]')?.id)).toBe('dataset');
  expect(await notebook.figure('Data', /^rows$/iu)).toBe('2');
});

test('a tip that another one replaced does not come back', async ({ notebook, page }) => {
  await notebook.open();
  const bar = page.getByRole('toolbar', { name: 'Notebook' });
  const tips = page.getByRole('tooltip');
  await bar.getByRole('button', { name: 'Help and shortcuts' }).focus();
  await expect(tips).toContainText('Help and shortcuts');
  await page.mouse.move(300, 300);
  await bar.getByRole('button', { name: 'Command palette' }).hover();
  await expect(tips).toContainText('Command palette');
  // The first button is told only now that it is left.
  await page.keyboard.press('Tab');
  await page.mouse.move(300, 300);
  await page.keyboard.press('Escape');
  await expect(tips).toHaveCount(0);
});

test('what was made of other data is not taken for what a reload let go of', async ({ notebook }) => {
  test.setTimeout(3 * minute);
  await notebook.open(
    notebookLink((defaults) => ({
      ...defaults,
      mining: { ...defaults.mining, formula: '"about food" AND NOT "about movie"' },
    })),
  );
  await notebook.drop({ name: 'first.jsonl', content: instructionRows(300) });
  await notebook.cell('Data').done(minute);
  await notebook.openSampleSet();
  const made = ['Task categories', 'Embedding', 'Clusters', 'Incubated classifiers', 'Mining'] as const;
  for (const title of made) await notebook.cell(title).run(minute);
  // On a page that stays open for an hour, “just now” would be wrong.
  await expect((await notebook.cell('Incubated classifiers').output('Classifiers')).root).toContainText(
    /[A-Z][a-z]{2} \d{1,2} \d{2}:\d{2}/u,
  );
  await notebook.drop({ name: 'second.jsonl', content: instructionRows(200) });
  await expect.poll(() => notebook.figure('Data', /^rows$/iu)).toBe('200');
  for (const title of ['Task categories', 'Embedding', 'Clusters', 'Mining'] as const) {
    const { root, pill } = notebook.cell(title);
    await expect(pill).toContainText('Stale: other data');
    await expect(root).toContainText('From other data: ');
    await expect(root).toContainText(/Made from data [0-9a-f]{8}, which is not the data open now/u);
    await expect(root.getByText(/no longer in this tab|Found earlier|Nothing mined yet/u)).toHaveCount(0);
  }
});

test('a training that is stopped says what it still does, and a second stop ends that too', async ({
  notebook,
}) => {
  test.setTimeout(3 * minute);
  await notebook.open(shortRunLink(300, { batchSize: 8, maxSteps: 2000 }, 'onnx'));
  await notebook.drop({ name: 'howto-steps.jsonl', content: sampleRows(1) });
  await notebook.cell('Data').done(minute);
  await notebook.cell('Text').run(minute);
  const training = notebook.cell('Training');
  const stop = training.root.locator('.cell-actions').getByRole('button', { name: 'Stop' });
  await training.primary.click();
  await expect(training.pill).toContainText(/\d+ \/ 2,000 steps/u, { timeout: minute });
  await stop.click();
  const words = training.root.getByRole('toolbar', { name: 'Run' }).getByRole('status');
  await expect(words).toContainText('Stop again to do without', { timeout: minute });
  expect((await training.figures()).find(({ label }) => label === 'Left')).toMatchObject({
    value: '–',
    baseline: 'stopping',
  });
  await stop.click();
  await expect(training.pill).toContainText('Stopped after', { timeout: minute });
  await expect(training.root.getByRole('button', { name: /^Resume from step/u })).toBeVisible();
  expect((await training.figures()).find(({ label }) => label === 'Validation micro-F1')?.value).toBe('–');
});
