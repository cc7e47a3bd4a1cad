import { axeViolations } from './axe.ts';
import { expect, test } from './base.ts';
import { csv, template } from './outputs.ts';
import { sampleRows, shortRunLink } from './sample.ts';

// A threshold ablation on a part of the sample corpus, cut off by a reload in its first run and gone on with; then two seeds
// of one setting, compared row by row with the words-only reference.

const minute = 60_000;

test('an ablation survives a reload in the middle, and two runs are compared @cpu', async ({
  notebook,
  page,
}, info) => {
  test.setTimeout(12 * minute);
  await notebook.open(
    shortRunLink(60, {
      batchSize: 16,
      maxSteps: 60,
      warmupSteps: 6,
      learningRate: 2e-3,
      evaluateEverySteps: 30,
      checkpointEverySteps: 10,
    }),
  );
  await notebook.drop({ name: 'howto-steps.jsonl', content: sampleRows(8) });
  await notebook.cell('Data').done(minute);
  await notebook.keepCopy();
  const experiments = notebook.cell('Experiments');
  const ablation = experiments.root.getByRole('region', { name: 'Experiment Label threshold' });

  await test.step('start with one click; what keeps no label is left out and said', async () => {
    const line = template(experiments, 'Label threshold');
    await line.getByRole('textbox', { name: 'Thresholds' }).fill('40, 80, 99999');
    await expect(line.getByText('Left out: threshold 99999 (keeps no label)')).toBeVisible();
    await line.getByRole('button', { name: /^run 2 variants, 2 references/iu }).click();
    await expect(experiments.root).toHaveAttribute('data-state', 'running');
    await expect(ablation.getByText(/variant 1 of 5 · .* steps/iu)).toBeVisible({ timeout: 2 * minute });
  });

  await test.step('reload in the middle: nothing goes on by itself', async () => {
    await expect
      .poll(async () => Number((await notebook.figure('Training', /^step$/iu)).replaceAll(/\D/gu, '')), {
        timeout: 2 * minute,
      })
      .toBeGreaterThan(15);
    await notebook.saved();
    await page.reload();
    await expect(ablation).toHaveAttribute('data-open', '4');
    await expect(experiments.pill).toContainText(/waiting: 4 variants/iu);
    await expect(experiments.root).not.toHaveAttribute('data-state', 'running');
    await expect(notebook.cell('Data').root).toHaveAttribute('data-state', 'done');
  });

  await test.step('continue: the first run goes on from its checkpoint, the others follow', async () => {
    await ablation.getByRole('button', { name: /^continue 4/iu }).click();
    await expect(ablation).toHaveAttribute('data-open', '0', { timeout: 4 * minute });
    const rows = await csv(experiments, 'Label threshold: variants');
    expect(rows.map(({ State }) => State)).toEqual(['done', 'done', 'skipped', 'done', 'done']);
    const [low, high, , referenceLow] = rows;
    expect(Number(low?.['Labels'])).toBeGreaterThan(Number(high?.['Labels']));
    // Network and reference are judged on the same rows.
    expect(referenceLow?.['Rows']).toBe(low?.['Rows']);
    expect(Number(referenceLow?.['Micro-F1'])).toBeGreaterThan(0);
    const plot = await csv(experiments, 'Label threshold: Micro-F1');
    expect(plot).toHaveLength(4);
  });

  await test.step('seeds, then a comparison on the same test rows', async () => {
    const line = template(experiments, 'Seeds');
    await line.getByRole('textbox', { name: 'Seeds' }).fill('1, 2');
    await line.getByRole('button', { name: /^run 2 variants, 1 reference/iu }).click();
    const seeds = experiments.root.getByRole('region', { name: 'Experiment Seeds' });
    await expect(seeds).toHaveAttribute('data-open', '0', { timeout: 4 * minute });

    const comparison = notebook.cell('Comparison');
    const picker = comparison.root.getByRole('group', { name: 'Runs to compare' });
    const tick = (name: string) => picker.locator('label', { hasText: name }).click();
    await tick('Seeds, seed 1');
    // Another threshold has other labels: shut, with the reason beside it.
    await expect(picker.getByText(/not comparable with the first: other labels/iu).first()).toBeVisible();
    await tick('Seeds, seed 2');
    await tick('Seeds, TF-IDF');
    await comparison.root.getByRole('button', { name: 'Compare 3 models' }).click();
    await comparison.done(2 * minute);
    const pairs = await csv(comparison, 'Differences');
    expect(pairs).toHaveLength(12);
    for (const pair of pairs) expect(Number(pair['p, Holm'])).toBeGreaterThanOrEqual(Number(pair['p']));
    await expect(comparison.root.getByRole('list', { name: 'What can be told apart' })).toContainText(
      /at 95 %/u,
    );
    await expect((await comparison.output('Beside the paper')).root).toContainText('97.30');
    const scatter = await csv(comparison, 'F1 of each label, two models');
    expect(scatter.length).toBeGreaterThan(1);

    // A press on a label of the scatter searches the audit for it.
    const plot = (await comparison.output('F1 of each label, two models')).root.locator('.js-plotly-plot');
    await plot.evaluate((element) =>
      (element as unknown as { emit(event: string, data: unknown): void }).emit('plotly_click', {
        points: [{ curveNumber: 1, pointIndex: 0 }],
      }),
    );
    const label = scatter[0]?.['label'] ?? '';
    const audit = await notebook.cell('Evaluation').output('Label audit');
    await expect(audit.root.getByRole('searchbox')).toHaveValue(label);
    await expect(audit.root.getByRole('cell', { name: label, exact: true })).toBeVisible();
  });

  await test.step('look at it', async () => {
    for (const width of [768, 1280, 1920]) {
      await page.setViewportSize({ width, height: 1000 });
      await page.screenshot({ path: info.outputPath(`experiments-${width}.png`), fullPage: true });
    }
    await page.setViewportSize({ width: 1280, height: 900 });
    expect.soft(await axeViolations(page), 'light').toEqual([]);
    await page.emulateMedia({ colorScheme: 'dark', reducedMotion: 'reduce' });
    expect.soft(await axeViolations(page), 'dark').toEqual([]);
  });

  await test.step('a reload shows experiment and comparison again', async () => {
    await notebook.saved();
    await page.reload();
    await expect(ablation).toHaveAttribute('data-open', '0');
    const comparison = notebook.cell('Comparison');
    expect(await csv(comparison, 'Differences')).toHaveLength(12);
  });
});
