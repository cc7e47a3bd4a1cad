import { axeViolations } from './axe.ts';
import { expect, test } from './base.ts';
import { csv, template } from './outputs.ts';
import { sampleRows, shortRunLink } from './sample.ts';

// The threshold advisor on a part of the sample corpus, its advice taken and taken back; then label encodings compared on real runs,
// and thresholds picked in five ways on one of them.

const minute = 60_000;

test('a threshold is advised, and label encodings are compared with their price @cpu', async ({
  notebook,
  page,
}, info) => {
  test.setTimeout(12 * minute);
  await notebook.open(
    shortRunLink(60, {
      batchSize: 16,
      maxSteps: 12,
      warmupSteps: 2,
      learningRate: 2e-3,
      evaluateEverySteps: 12,
      checkpointEverySteps: 12,
    }),
  );
  await notebook.drop({ name: 'howto-steps.jsonl', content: sampleRows(8) });
  await notebook.cell('Data').done(minute);
  const advisor = notebook.cell('Threshold advisor');
  const experiments = notebook.cell('Experiments');

  await test.step('advice from how a cheap model learns, taken and taken back', async () => {
    await advisor.root.getByRole('button', { name: /measure how labels are learned/iu }).click();
    await advisor.done(3 * minute);
    await expect(advisor.root.getByRole('list').getByText(/keep labels with at least/iu)).toBeVisible();
    const candidates = await csv(advisor, 'What a threshold keeps and teaches');
    const counts = candidates.map((row) => Number(row['labels kept']));
    expect(counts).toEqual([...counts].sort((a, b) => b - a));
    await advisor.root.getByRole('button', { name: /^use this threshold/iu }).click();
    await expect(advisor.root.getByRole('button', { name: 'This threshold is set' })).toBeDisabled();
    // What it is about does not make it old.
    await expect(advisor.root).toHaveAttribute('data-state', 'done');
    await notebook.toasts.getByRole('button', { name: 'Undo' }).last().click();
    await expect(advisor.root.getByRole('button', { name: /^use this threshold/iu })).toBeEnabled();
  });

  await test.step('encodings: one run each, with parameters and contradictions beside the scores', async () => {
    const line = template(experiments, 'Label encodings');
    const ticks = line.getByRole('group', { name: 'Encodings' });
    for (const name of ['5 chains', 'hierarchical, minimum'])
      await ticks.locator('label', { hasText: name }).click();
    await line.getByRole('button', { name: /^run 4 variants/iu }).click();
    const section = experiments.root.getByRole('region', { name: 'Experiment Label encodings' });
    await expect(section).toHaveAttribute('data-open', '0', { timeout: 6 * minute });
    const rows = await csv(experiments, 'Label encodings: variants');
    expect(rows.every(({ State }) => State === 'done')).toBe(true);
    const params = new Map(rows.map((row) => [row['Variant'], Number(row['Params'])]));
    expect(params.get('chain by frequency')).toBeGreaterThan(params.get('binary relevance') ?? Infinity);
    expect(params.get('label embeddings')).toBe(params.get('binary relevance'));
    expect(new Set(rows.map(({ Rows }) => Rows)).size).toBe(1);
  });

  await test.step('thresholds are picked in five ways on one run', async () => {
    const runs = (await csv(experiments, 'Label encodings: variants')).length;
    expect(runs).toBeGreaterThan(4);
    const line = template(experiments, 'Threshold picking');
    await line.getByRole('button', { name: /^run 5 variants/iu }).click();
    const section = experiments.root.getByRole('region', { name: 'Experiment Threshold picking' });
    await expect(section).toHaveAttribute('data-open', '0', { timeout: 4 * minute });
    const rows = await csv(experiments, 'Threshold picking: variants');
    expect(rows.filter(({ State }) => State === 'done')).toHaveLength(10);
  });

  await test.step('look at it', async () => {
    await page.setViewportSize({ width: 1280, height: 1000 });
    await page.screenshot({ path: info.outputPath('encodings-light.png'), fullPage: true });
    expect.soft(await axeViolations(page), 'light').toEqual([]);
    await page.emulateMedia({ colorScheme: 'dark', reducedMotion: 'reduce' });
    await page.waitForTimeout(500);
    await advisor.root.screenshot({ path: info.outputPath('advisor-dark.png') });
    expect.soft(await axeViolations(page), 'dark').toEqual([]);
  });
});
