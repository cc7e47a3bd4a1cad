import { readFileSync } from 'node:fs';
import { unzipSync } from 'fflate';
import { axeViolations } from './axe.ts';
import { expect, test } from './base.ts';
import { instructionRows, notebookLink } from './sample.ts';

// Contrastive tuning: categories in, an encoder out that the Embedding cell knows, also after a reload.

const minute = 60_000;
const rows = instructionRows(200);

test('an encoder is tuned, embeds, is exported, and outlives a reload @cpu', async ({
  notebook,
  page,
}, info) => {
  test.setTimeout(8 * minute);
  await notebook.open();
  await notebook.drop({ name: 'instructions.jsonl', content: rows });
  await notebook.cell('Data').done(minute);
  const [tuning, embedding] = [notebook.cell('Tune an embedder'), notebook.cell('Embedding')];

  await test.step('two steps from random weights, with curves', async () => {
    await tuning.root.getByText('More settings').click();
    await tuning.setNumber('Vocabulary', 500);
    await tuning.setNumber('Steps at most', 2);
    await tuning.setNumber('Batch size', 16);
    await tuning.setNumber('Width', 32);
    // Finds categories first.
    await tuning.run(3 * minute);
    expect(await notebook.figure('Tune an embedder', /^step/iu)).toBe('2 / 2');
    const loss = await tuning.output('Contrastive loss');
    await expect(loss.root.getByText(/after step 2/u)).toBeVisible();
    for (const name of ['Alignment', 'Uniformity']) await tuning.output(name);
    // The primary button's tip hangs outside the landmarks while it is pointed at.
    await page.mouse.move(0, 0);
    await page.keyboard.press('Escape');
    await expect(page.getByRole('tooltip')).toHaveCount(0);
    expect(await axeViolations(page)).toEqual([]);
    await info.attach('tuning', { body: await tuning.root.screenshot(), contentType: 'image/png' });
  });

  const table = (await tuning.output('Tuned encoders')).root;
  await test.step('the Embedding cell reads it as it was tuned', async () => {
    await table
      .getByRole('button', { name: /^Details/u })
      .first()
      .click();
    await table.getByRole('button', { name: 'Embed with it' }).click();
    await expect(embedding.root.getByRole('button', { name: /PIE · 1 layer × 32/u })).toBeVisible();
    await embedding.run(2 * minute);
    expect(await notebook.figure('Embedding', /^width/iu)).toBe('32');
  });

  await test.step('it is exported as a folder, for transformers and for ONNX runtimes', async () => {
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      table.getByRole('button', { name: 'Export model' }).click(),
    ]);
    const files = unzipSync(readFileSync(await download.path()));
    const config = JSON.parse(new TextDecoder().decode(files['config.json'])) as Record<string, unknown>;
    expect(config).toMatchObject({ model_type: 'bert', hidden_size: 32, num_hidden_layers: 1 });
    expect(files['model.safetensors']?.length).toBeGreaterThan(10_000);
    const [onnx] = await Promise.all([
      page.waitForEvent('download'),
      table.getByRole('button', { name: 'Export ONNX' }).click(),
    ]);
    const withOnnx = unzipSync(readFileSync(await onnx.path()));
    expect(withOnnx['onnx/model.onnx']?.length).toBeGreaterThan(10_000);
    expect(withOnnx['model.safetensors']).toBeUndefined();
  });

  await test.step('a run that is stopped keeps what it learnt and goes on', async () => {
    await tuning.setNumber('Steps at most', 4000);
    await tuning.setNumber('Epochs', 400);
    await tuning.primary.click();
    await expect(tuning.pill).toContainText(/[1-9]\d* \//u, { timeout: minute });
    await tuning.root.getByRole('button', { name: /^Stop/u }).first().click();
    await expect(table.getByText('stopped')).toBeVisible({ timeout: minute });
    await expect(table.getByText(/2 kept in this browser/u)).toBeVisible();
  });

  await test.step('after a reload both are there, one can be removed and brought back', async () => {
    await page.reload();
    const again = (await tuning.output('Tuned encoders')).root;
    await expect(again.getByText(/2 kept in this browser/u)).toBeVisible();
    await again
      .getByRole('button', { name: /^Details/u })
      .first()
      .click();
    await expect(again.getByRole('button', { name: /^Continue from step/u })).toBeVisible();
    await again.getByRole('button', { name: 'Remove' }).click();
    await expect(again.getByText(/1 kept in this browser/u)).toBeVisible();
    await notebook.toasts.getByRole('button', { name: 'Undo' }).last().click();
    await expect(again.getByText(/2 kept in this browser/u)).toBeVisible();
  });
});

test('a run that one tab tunes is not gone on with in another, until it is stopped @cpu', async ({
  notebook,
  context,
}) => {
  test.setTimeout(5 * minute);
  const link = notebookLink((defaults) => ({
    ...defaults,
    tuning: {
      ...defaults.tuning,
      method: 'simcse',
      width: 32,
      vocabularySize: 500,
      batchSize: 16,
      epochs: 400,
      maxSteps: 4000,
    },
  }));
  await notebook.open(link);
  await notebook.drop({ name: 'instructions.jsonl', content: rows });
  await notebook.cell('Data').done(minute);
  const here = notebook.cell('Tune an embedder');
  await here.primary.click();
  await expect(here.pill).toContainText(/[1-9]\d* \//u, { timeout: 2 * minute });

  const second = notebook.on(await context.newPage());
  await second.open(link);
  const there = second.cell('Tune an embedder');
  const table = (await there.output('Tuned encoders')).root;
  await expect(table).toContainText('under way');
  await table
    .getByRole('button', { name: /^Details/u })
    .first()
    .click();
  const goOn = table.getByRole('button', { name: /^Continue/u });
  await goOn.click();
  await expect(there.root).toContainText('This encoder is being tuned in another tab.');
  await expect(there.root).toHaveAttribute('data-state', 'failed');
  await expect(there.root.getByText(/^Stopped at step/u)).toHaveCount(0);

  await here.root.getByRole('button', { name: 'Stop' }).first().click();
  await expect(here.root).not.toHaveAttribute('data-state', 'running', { timeout: minute });
  await goOn.click();
  await expect(there.pill).toContainText(/[1-9]\d* \//u, { timeout: minute });
  await there.root.getByRole('button', { name: 'Stop' }).first().click();
});
