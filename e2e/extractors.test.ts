import { expect, test } from './base.ts';
import { instructionRows } from './sample.ts';

// Two extractors read the same instructions: how often they agree, who has the labels right, and where they differ.

const minute = 60_000;
const rows = instructionRows(200);

test('the second extractor is chosen, and compared with the first @cpu', async ({ notebook, page }, info) => {
  test.setTimeout(2 * minute);
  page.setDefaultTimeout(20_000);
  await notebook.open();
  await notebook.drop({ name: 'instructions.jsonl', content: rows });
  await notebook.cell('Data').done(minute);
  const cell = notebook.cell('Task categories');
  await cell.run(minute);
  const first = parseFloat(await notebook.figure('Task categories', /agrees/iu));
  await cell.root.getByRole('button', { name: /^compare with rules on compromise/iu }).click();
  const compared = await cell.output('Extractors compared');
  await expect(compared.root.getByText(/^They say the same pair of \d/u)).toBeVisible();
  const line = compared.root.getByRole('row', { name: /^rules on wink-nlp\s/iu }).first();
  await expect(line).toContainText(`${first.toFixed(1)} %`);
  const differ = await cell.output('Where extractors differ');
  expect(await differ.actions()).toContain('Save as CSV');

  await cell.root.getByRole('button', { name: /extractor$/iu }).click();
  await page.getByRole('option', { name: /compromise/iu }).click();
  await expect(cell.root).toHaveAttribute('data-state', 'stale');
  await cell.run(minute);
  expect(await cell.provenance()).toContain('compromise');
  expect(parseFloat(await notebook.figure('Task categories', /agrees/iu))).toBeGreaterThan(70);
  // Nothing goes on by itself: the other extractor is on offer again.
  await expect(cell.root.getByRole('button', { name: /^compare with rules on wink-nlp/iu })).toBeVisible();
  await expect(cell.root.getByRole('progressbar')).toHaveCount(0);
  await cell.root.screenshot({ path: info.outputPath('extractors.png') });
});
