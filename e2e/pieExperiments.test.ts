import { axeViolations } from './axe.ts';
import { expect, test } from './base.ts';
import { csvLines, template } from './outputs.ts';
import { instructionRows, notebookLink } from './sample.ts';

// Embedding experiments on the shipped instructions: two questions to their end, one stopped and gone on with after a reload.

const minute = 60_000;
const rows = instructionRows(260);

test('embedding experiments end in a plot, a table and a sentence, and survive a reload @cpu', async ({
  notebook,
  page,
}, info) => {
  test.setTimeout(6 * minute);
  page.setDefaultTimeout(20_000);
  await notebook.open(
    notebookLink((defaults) => ({
      ...defaults,
      embedding: { ...defaults.embedding, maxLength: 64 },
      pieExperiments: { seeds: 2, rows: 160 },
    })),
  );
  await notebook.drop({ name: 'instructions.jsonl', content: rows });
  await notebook.cell('Data').done(minute);
  await notebook.keepCopy();
  const cell = notebook.cell('Embedding experiments');
  const run = (title: string) => template(cell, title).getByRole('button', { name: /^Run/u }).click();

  await test.step('what is missing is said', async () => {
    const domains = template(cell, 'Other domains');
    // Under the question.
    await expect(domains.locator('p').last()).toContainText('data set');
    await expect(domains.getByRole('button', { name: 'Run', exact: true })).toBeDisabled();
  });

  await test.step('a probe of frozen vectors', async () => {
    await run('What the vectors forget');
    await cell.done(2 * minute);
    const csv = await csvLines(cell, 'What the vectors forget: variants');
    expect(csv).toHaveLength(5);
    const reference = csv.find((line) => line.startsWith('TF-IDF'))?.split(',') ?? [];
    // Verb and noun stand in the words: their reader has to find them.
    expect(Number(reference[1])).toBeGreaterThan(0.3);
    await cell.output('What the vectors forget: plot');
    await expect(cell.root.locator('.lab-findings li').first()).toContainText('Verb read by the probe');
  });

  await test.step('another data set, held against its own TF-IDF', async () => {
    const chooser = page.waitForEvent('filechooser');
    await cell.root.getByRole('button', { name: 'Add data sets' }).click();
    const asked = ['move my money', 'lost my card', 'what is my balance', 'close the account'];
    const bank = Array.from({ length: 80 }, (_, i) => {
      const words = asked[i % 4] ?? '';
      return `${words} ${i % 3 === 0 ? 'please' : 'today'},${words.replaceAll(' ', '_')}`;
    });
    await (
      await chooser
    ).setFiles({
      name: 'bank.csv',
      mimeType: 'text/csv',
      buffer: Buffer.from(`text,category\n${bank.join('\n')}\n`),
    });
    await expect(cell.root.getByText('further data: bank.', { exact: false })).toBeVisible();
    await run('Other domains');
    await cell.done(2 * minute);
    const csv = await csvLines(cell, 'Other domains: variants');
    const own = csv.find((line) => line.includes('TF-IDF of its own'));
    expect(own).toContain('1,');
    expect(csv).toHaveLength(5);
  });

  await test.step('a stop keeps what was finished; after a reload the rest goes on', async () => {
    await run('Pooling');
    const table = (await cell.output('Pooling: variants')).root;
    // The first variant has its score: stop within those that follow.
    await expect(table.getByRole('row').nth(1)).toContainText(/0\.\d+/u, { timeout: minute });
    await cell.root.getByRole('button', { name: 'Stop' }).first().click();
    await expect(cell.pill).toContainText(/waiting|done/iu);
    await notebook.saved();
    await page.reload();
    await notebook.cell('Data').done(minute);
    await expect(cell.root.getByText('What the vectors forget: plot')).toBeVisible();
    if ((await cell.stateText()).includes('Waiting')) {
      await cell.primary.click();
      await cell.done(3 * minute);
    }
    const csv = await csvLines(cell, 'Pooling: variants');
    expect(csv).toHaveLength(6);
    expect(csv.some((line) => line.includes('waiting') || line.includes('failed'))).toBe(false);
  });

  await cell.root.screenshot({ path: info.outputPath('experiments-light.png') });
  expect.soft(await axeViolations(page), 'light').toEqual([]);
  await page.emulateMedia({ colorScheme: 'dark', reducedMotion: 'reduce' });
  await cell.root.screenshot({ path: info.outputPath('experiments-dark.png') });
  expect.soft(await axeViolations(page), 'dark').toEqual([]);
});
