import { readFileSync } from 'node:fs';
import { axeViolations } from './axe.ts';
import { expect, test } from './base.ts';
import { instructionRows, notebookLink } from './sample.ts';

// The experiment on hard negatives tunes its two encoders itself, goes on after a reload in the middle, and tunes nothing twice.

const minute = 60_000;
const rows = instructionRows(300);
const title = 'Tuning, with and without hard negatives';

test('two encoders are tuned, stopped, gone on with after a reload, and held against each other @cpu', async ({
  notebook,
  page,
}, info) => {
  test.setTimeout(10 * minute);
  await notebook.open(
    notebookLink((defaults) => ({
      ...defaults,
      embedding: { ...defaults.embedding, maxLength: 64 },
      tuning: {
        ...defaults.tuning,
        width: 32,
        vocabularySize: 600,
        batchSize: 16,
        epochs: 100,
        // Long enough to be stopped in the middle, on a fast machine too.
        maxSteps: 300,
      },
      pieExperiments: { seeds: 3, rows: 160 },
    })),
  );
  await notebook.drop({ name: 'instructions.jsonl', content: rows });
  await notebook.cell('Data').done(minute);
  await notebook.keepCopy();
  const cell = notebook.cell('Embedding experiments');
  const start = () =>
    cell.root
      .getByRole('listitem', { name: title, exact: true })
      .getByRole('button', { name: /^Run/u })
      .click({ timeout: minute });
  const scores = async () => {
    const output = await cell.output(`${title}: variants`);
    const [, ...lines] = readFileSync(await (await output.save(/CSV/u)).path(), 'utf8')
      .trim()
      .split(/\r?\n/u);
    return new Map(
      lines.map((line) => {
        const [name = '', ...values] = line.split(',');
        return [name, Number(values[0])] as const;
      }),
    );
  };

  await test.step('it asks for no encoder made by hand, and is stopped while it tunes', async () => {
    await start();
    await expect(cell.pill).toContainText(/tuning/u, { timeout: 3 * minute });
    await expect(cell.pill).toContainText(/[1-9]\d* \//u, { timeout: minute });
    await cell.root.getByRole('button', { name: 'Stop' }).first().click();
    await expect(cell.pill).toContainText(/waiting/iu, { timeout: minute });
    await notebook.saved();
  });

  await test.step('after a reload it goes on to its end: plot, table, sentences', async () => {
    await page.reload();
    await notebook.cell('Data').done(minute);
    await cell.primary.click({ timeout: minute });
    await cell.done(6 * minute);
    const found = await scores();
    expect([...found.keys()]).toEqual([
      'Untuned',
      'Tuned here with hard negatives',
      'Tuned here without hard negatives',
      'TF-IDF',
    ]);
    for (const [name, ari] of found) expect(ari, name).toBeGreaterThan(0);
    await cell.output(`${title}: plot`);
    const words = cell.root.locator('ul').filter({ hasText: 'categories that it did not see' });
    await expect(
      words
        .getByRole('listitem')
        .filter({ hasText: /[Hh]ard negatives/u })
        .last(),
    ).toBeVisible();
  });

  await test.step('both encoders stand among the tuned ones; asked again, nothing is tuned again', async () => {
    const library = (await notebook.cell('Tune an embedder').output('Tuned encoders')).root;
    await expect(library.getByText(/2 kept in this browser/u)).toBeVisible();
    const before = await scores();
    await start();
    await cell.done(3 * minute);
    expect(await scores()).toEqual(before);
    await expect(library.getByText(/2 kept in this browser/u)).toBeVisible();
  });

  await page.mouse.move(0, 0);
  await cell.root.screenshot({ path: info.outputPath('tuning-light.png') });
  expect.soft(await axeViolations(page), 'light').toEqual([]);
  await page.emulateMedia({ colorScheme: 'dark', reducedMotion: 'reduce' });
  await cell.root.screenshot({ path: info.outputPath('tuning-dark.png') });
});
