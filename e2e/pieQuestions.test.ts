import { readFileSync } from 'node:fs';
import { expect, test } from './base.ts';
import { instructionRows, notebookLink } from './sample.ts';

// The embedding experiments that need nothing but instructions, each to its end in the page.

const minute = 60_000;
const rows = instructionRows(200);

test('every embedding experiment on one data set ends with a score for each variant @cpu', async ({
  notebook,
}) => {
  test.setTimeout(8 * minute);
  await notebook.open(
    notebookLink((defaults) => ({
      ...defaults,
      embedding: { ...defaults.embedding, maxLength: 192 },
      tuning: { ...defaults.tuning, width: 32, vocabularySize: 500, batchSize: 16, maxSteps: 4 },
      pieExperiments: { seeds: 2, rows: 100 },
    })),
  );
  await notebook.drop({ name: 'instructions.jsonl', content: rows });
  await notebook.cell('Data').done(minute);
  const cell = notebook.cell('Embedding experiments');
  const items = cell.root
    .getByRole('listitem')
    .filter({ has: notebook.page.getByRole('button', { name: /^Run/u }) });
  const titles = await items.evaluateAll((list) => list.map((item) => item.getAttribute('aria-label') ?? ''));
  const asked: string[] = [];
  for (const title of titles) {
    const button = cell.root
      .getByRole('listitem', { name: title, exact: true })
      .getByRole('button', { name: /^Run/u });
    // Further data sets are another's test.
    if (await button.isDisabled()) continue;
    await test.step(title, async () => {
      await button.click();
      await cell.done(3 * minute);
      const output = await cell.output(`${title}: variants`);
      const lines = readFileSync(await (await output.save(/CSV/u)).path(), 'utf8')
        .trim()
        .split(/\r?\n/u);
      expect(lines.length).toBeGreaterThan(2);
      for (const line of lines.slice(1))
        expect(line, 'each variant has its score').toMatch(/,0?\.\d|,1(?:\.0)?\b/u);
      expect(lines.some((line) => line.includes('TF-IDF'))).toBe(true);
    });
    asked.push(title);
  }
  expect(asked.length).toBeGreaterThanOrEqual(7);
});
