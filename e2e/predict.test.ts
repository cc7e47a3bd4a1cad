import { readFileSync } from 'node:fs';
import { unzipSync } from 'fflate';
import { axeViolations } from './axe.ts';
import { expect, test } from './base.ts';
import { sampleRows, shortRunLink } from './sample.ts';

// A trained model put to use: texts pasted and from a file, the words that decided, and the three ways to take it away.

const minute = 60_000;

test('a trained model labels texts, says why, and is taken away @cpu', async ({ notebook, page }, info) => {
  test.setTimeout(6 * minute);
  const settings = {
    batchSize: 16,
    maxSteps: 60,
    learningRate: 2e-3,
    evaluateEverySteps: 60,
    checkpointEverySteps: 60,
  };
  await notebook.open(shortRunLink(60, settings));
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
    const path = await (await table.save(/CSV/u)).path();
    const [header = '', first = ''] = readFileSync(path, 'utf8').trim().split(/\r?\n/u);
    const labels = header.split(',').slice(2);
    expect(labels.length).toBeGreaterThan(3);
    expect(first).toMatch(/^Preheat the oven/u);
    const probabilities = first.split(',').slice(-labels.length).map(Number);
    expect(probabilities.every((p) => p > 0 && p < 1)).toBe(true);
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
    await expect((await evaluation.output('Reliability')).root).toBeVisible();
    await evaluation.root.screenshot({ path: info.outputPath('calibration.png') });
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
});
