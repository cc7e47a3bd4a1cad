import { expect, test } from './base.ts';
import { sampleRows, shortRunLink } from './sample.ts';

// Step rows know their article: the split says so and keeps them together where asked; steps and articles are compared on the same ones.

const minute = 60_000;

test('rows of an article stay together, and steps are held against whole articles @cpu', async ({
  notebook,
  page,
}, info) => {
  test.setTimeout(6 * minute);
  await notebook.open(
    shortRunLink(60, {
      batchSize: 16,
      maxSteps: 10,
      warmupSteps: 1,
      evaluateEverySteps: 10,
      checkpointEverySteps: 10,
    }),
  );
  await notebook.drop({ name: 'howto-steps.jsonl', content: sampleRows(6) });
  await notebook.cell('Data').done(minute);
  await expect(notebook.cell('Data').root).toContainText(/of [\d,]+ articles/u);

  const split = notebook.cell('Split');
  await split.run(minute);
  await expect(split.root).toContainText('scores are of known articles');
  await split.root.getByRole('button', { name: /kept in one part/iu }).press('Enter');
  await page.getByRole('option', { name: /rows of an article/iu }).press('Enter');
  await split.run(minute);
  await expect(split.root).not.toContainText('scores are of known articles');
  await page.screenshot({ path: info.outputPath('split.png') });

  const experiments = notebook.cell('Experiments');
  const line = experiments.root.locator('[data-template="rows"]');
  await line.getByRole('button', { name: /^run 3 variants, 3 references/iu }).click();
  const region = experiments.root.getByRole('region', { name: 'Experiment Steps or articles' });
  await expect(region).toHaveAttribute('data-open', '0', { timeout: 4 * minute });
  await expect(region.getByText('done', { exact: true })).toHaveCount(6);
  await page.screenshot({ path: info.outputPath('rows.png') });
});
