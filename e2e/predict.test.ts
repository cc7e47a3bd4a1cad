import { readFileSync } from 'node:fs';
import { unzipSync } from 'fflate';
import { axeViolations } from './axe.ts';
import { expect, test } from './base.ts';
import { csv } from './outputs.ts';
import type { CellPanel } from './pages/notebookPage.ts';
import { sampleRows, shortRunLink } from './sample.ts';

// A trained model put to use: texts pasted and from a file, the words that decided, and the three ways to take it away.

const minute = 60_000;

/** The table of answers as its CSV has it. */
async function answersAsCsv(cell: CellPanel) {
  const records = await csv(cell, 'Labelled texts');
  const [{ text = '', labels: _, probabilities: which = '', ...byLabel } = {}] = records;
  return {
    decisions: records.map(({ labels }) => labels),
    first: { text, which, labels: Object.keys(byLabel), probabilities: Object.values(byLabel).map(Number) },
  };
}

test('a trained model labels texts, says why, and is taken away @cpu', async ({ notebook, page }, info) => {
  test.setTimeout(6 * minute);
  const settings = {
    batchSize: 16,
    maxSteps: 60,
    learningRate: 2e-3,
    evaluateEverySteps: 60,
    checkpointEverySteps: 60,
  };
  // So few steps make no label likelier than not.
  await notebook.open(shortRunLink(60, settings, 'auto', 0.2));
  const use = notebook.cell('Use the model');
  await expect(use.root.getByText('No model to use yet')).toBeVisible();
  await notebook.drop({ name: 'howto-steps.jsonl', content: sampleRows(8) });
  await notebook.cell('Data').done(minute);

  await test.step('what each step of cleaning does to a record', async () => {
    const text = notebook.cell('Text').root;
    const steps = ['Remove special characters', 'Remove stop words', 'Lemmatise'];
    for (const name of steps) await text.getByRole('switch', { name }).press('Space');
    await text.getByRole('switch', { name: 'Step by step' }).press('Space');
    const first = text.getByRole('article').first().getByRole('listitem');
    await expect(first).toHaveText(steps.map((name) => new RegExp(`^${name}.`, 'u')));
    await text.screenshot({ path: info.outputPath('cleaning.png') });
    expect(await axeViolations(page)).toEqual([]);
    for (const name of steps) await text.getByRole('switch', { name }).press('Space');
    await expect(text.getByRole('switch', { name: 'Step by step' })).toBeHidden();
  });

  await notebook.cell('Training').run(4 * minute);

  await test.step('the loss is a choice, with its numbers and what the curves then show', async () => {
    const training = notebook.cell('Training').root;
    await training.getByRole('button', { name: 'More settings' }).click();
    const choose = async (from: RegExp, to: RegExp) => {
      await training.getByRole('button', { name: from }).click();
      await page.getByRole('option', { name: to }).click();
    };
    await choose(/binary cross-entropy/iu, /^focal/iu);
    await expect(training.getByRole('textbox', { name: 'Focal gamma' })).toHaveValue('2');
    await expect(training.getByText(/evaluations and their loss stay plain/u)).toBeVisible();
    await expect(training).toHaveAttribute('data-state', 'stale');
    await page.keyboard.press('Escape');
    await choose(/^focal loss/iu, /binary cross-entropy/iu);
    await expect(training.getByText(/evaluations and their loss stay plain/u)).toBeHidden();
    await expect(training).toHaveAttribute('data-state', 'done');
    await training.getByRole('button', { name: 'More settings' }).click();
  });

  await test.step('label what was pasted', async () => {
    await use.root
      .getByRole('textbox', { name: /texts, a line each/iu })
      .fill('Preheat the oven to 200 degrees.\nBrush your dog twice a week.\n');
    await expect(use.primary).toHaveText(/Label 2 texts/u);
    await use.run(2 * minute);
    const table = await use.output('Labelled texts');
    await expect(table.root.getByText(/2 of 2 texts/u)).toBeVisible();
    const { first } = await answersAsCsv(use);
    expect(first.labels.length).toBeGreaterThan(3);
    expect(first.text).toMatch(/^Preheat the oven/u);
    expect(first.probabilities.every((p) => p > 0 && p < 1)).toBe(true);
  });

  await test.step('the switch to the model’s own probabilities moves numbers and no decision', async () => {
    const calibrated = use.root.getByRole('switch', { name: /^Calibrated/u });
    await expect(calibrated).toBeChecked();
    await expect(
      use.root.getByText(/Logits are divided by [\d.]+, fitted on \d+ validation rows/u),
    ).toBeVisible();
    const table = await use.output('Labelled texts');
    await expect(
      table.root.getByText(/threshold 0\.20, calibrated 0\.\d\d · calibrated probabilities/u),
    ).toBeVisible();
    await use.root.scrollIntoViewIfNeeded();
    await use.root.screenshot({ path: info.outputPath('use-calibrated.png') });
    const provenance = use.root.locator('.cell-provenance');
    const on = await answersAsCsv(use);
    const [, temperature = '', rows = ''] =
      /^calibrated, temperature ([\d.]+) on (\d+) validation rows$/u.exec(on.first.which) ?? [];
    expect(Number(rows)).toBeGreaterThan(50);
    await expect(provenance).toContainText(`probabilities ${on.first.which}`);

    await calibrated.press('Space');
    await expect(table.root.getByText(/threshold 0\.20 · uncalibrated probabilities/u)).toBeVisible();
    await expect(provenance).toContainText('probabilities uncalibrated');
    const off = await answersAsCsv(use);
    expect(off.first.which).toBe('uncalibrated');
    expect(off.decisions).toEqual(on.decisions);
    expect(off.decisions.some((labels) => labels !== '')).toBe(true);
    expect(off.first.probabilities).not.toEqual(on.first.probabilities);
    const logit = (p: number) => Math.log(p / (1 - p));
    off.first.probabilities.forEach((p, label) =>
      expect(logit(on.first.probabilities[label] ?? 0)).toBeCloseTo(logit(p) / Number(temperature), 3),
    );
    await calibrated.press('Space');
    await expect(provenance).toContainText(`probabilities ${on.first.which}`);
  });

  await test.step('say which words decided', async () => {
    await use.root.getByRole('button', { name: /^Details: Preheat/u }).click();
    const words = use.root.locator('.attribution');
    await expect(words).toContainText('oven', { timeout: minute });
    await expect(use.root.getByText(/left out in turn/u)).toBeVisible();
  });

  await test.step('take it away', async () => {
    const save = async (name: RegExp) => {
      const download = page.waitForEvent('download', { timeout: minute });
      await use.root.getByRole('button', { name }).click();
      return unzipSync(new Uint8Array(readFileSync(await (await download).path())));
    };
    expect(Object.keys(await save(/Save Hugging Face/u))).toContain('model.safetensors');
    expect(Object.keys(await save(/Save ONNX/u))).toContain('model.onnx');
    const bundle = await save(/Save PyTorch/u);
    const rows = new TextDecoder().decode(bundle['data/train.jsonl']).trim().split('\n');
    expect(rows.length).toBeGreaterThan(100);
    expect(JSON.parse(rows[0] ?? '')).toMatchObject({ row: expect.any(Number) as unknown });
  });

  await test.step('exclude a suspect row: what was made is stale, and undo brings it back', async () => {
    const evaluation = notebook.cell('Evaluation');
    await evaluation.run(2 * minute);
    await evaluation.root.getByRole('button', { name: 'Calibration' }).click();
    const reliability = (await evaluation.output('Reliability')).root;
    await expect(reliability).toBeVisible();
    for (const figure of [/^Log loss/u, /^Calibration error/u])
      await expect(evaluation.root.locator('.figure', { hasText: figure })).toContainText(
        /\d\.\d+ calibrated/u,
      );
    await expect(evaluation.root.getByText(/fitted on \d+ validation rows/u)).toBeVisible();
    await reliability.getByRole('button', { name: /One temperature/u }).click();
    await page.getByRole('option', { name: /^One a label/u }).click();
    await expect(evaluation.root.getByText(/fewer than 20 true rows share one temperature/u)).toBeVisible();
    await evaluation.root.locator('.audit-views').screenshot({ path: info.outputPath('calibration.png') });
    await evaluation.root.getByRole('button', { name: 'F1 by support' }).click();
    const support = (await evaluation.output('F1 by support')).root;
    await expect(support.getByText(/\d+ labels, 1 run on this data/u).first()).toBeVisible();
    await evaluation.root.getByRole('button', { name: 'Nearest confusions' }).click();
    await evaluation.output('Nearest confusions');
    await evaluation.root.getByRole('button', { name: 'Rows likely mislabelled' }).click();
    const suspects = (await evaluation.output('Rows likely mislabelled')).root;
    const kept = async () =>
      Number((await notebook.figure('Labels', /records|rows/iu)).replaceAll(/\D/gu, ''));
    const before = await kept();
    await suspects
      .getByRole('button', { name: /^Details/u })
      .first()
      .click();
    await expect(suspects.getByRole('button', { name: /^Relabel: /u })).toBeVisible();
    await evaluation.root.screenshot({ path: info.outputPath('suspects.png') });
    await suspects.getByRole('button', { name: 'Exclude the row' }).click();
    await expect(notebook.cell('Training').root).toHaveAttribute('data-state', 'stale');
    await expect(notebook.cell('Training').pill).toContainText('corrected rows');
    await expect.poll(kept).toBe(before - 1);
    await expect(suspects.getByText('1 row corrected')).toBeVisible();
    await notebook.toasts.getByRole('button', { name: 'Undo' }).first().click();
    await expect(notebook.cell('Training').root).toHaveAttribute('data-state', 'done');
    await expect.poll(kept).toBe(before);
  });

  await test.step('label a file', async () => {
    const chooser = page.waitForEvent('filechooser');
    await use.root.getByRole('button', { name: /choose a file/iu }).click();
    const lines = sampleRows(40);
    await (
      await chooser
    ).setFiles({
      name: 'more.jsonl',
      mimeType: 'application/json',
      buffer: Buffer.from(lines),
    });
    await expect(use.primary).toHaveText(/Label \d\d\d? texts|Label [\d,]+ texts/u);
    await use.primary.click();
    await use.done(2 * minute);
    const count = lines.trim().split('\n').length;
    await expect(use.root.getByText(`${count} of ${count} texts`)).toBeVisible();
  });

  await use.root.scrollIntoViewIfNeeded();
  await use.root.screenshot({ path: info.outputPath('use-light.png') });
  expect.soft(await axeViolations(page), 'light').toEqual([]);
  await page.emulateMedia({ colorScheme: 'dark', reducedMotion: 'reduce' });
  await use.root.screenshot({ path: info.outputPath('use-dark.png') });
  expect.soft(await axeViolations(page), 'dark').toEqual([]);

  await test.step('another notebook can use the model, and has no answers yet', async () => {
    const answered = use.root.getByText(/\d of \d+ texts/u);
    await expect(answered).toHaveCount(1);
    await notebook.command('New notebook');
    await expect(use.root.getByRole('button', { name: /Save Hugging Face/u })).toBeVisible();
    await expect(answered).toHaveCount(0);
  });
});
