import { expect, test } from './base.ts';
import { sampleRows, shortRunLink } from './sample.ts';

// Texts longer than a segment, read by XLNet's memory: chosen in the form, said before the run, trained and evaluated.

test('texts are read in segments, with memory, and the cell says which', async ({ notebook, page }) => {
  test.setTimeout(180_000);
  const training = notebook.cell('Training');
  await notebook.open(
    shortRunLink(5, { segmentLength: 16, maxSteps: 4, batchSize: 8, evaluateEverySteps: 4 }, 'onnx'),
  );
  await notebook.drop({ name: 'steps.jsonl', content: sampleRows(100) });
  await notebook.cell('Data').done(30_000);
  await notebook.cell('Text').run(30_000);

  const form = training.root.getByRole('group', { name: 'Hyperparameters' });
  await form.getByRole('button', { name: 'More settings' }).click();
  await form.getByRole('button', { name: /Long texts/u }).click();
  await page.getByRole('option', { name: /In segments/u }).click();
  await expect(form.getByRole('textbox', { name: 'Segment length' })).toHaveValue('16');
  await expect(form).toContainText(/\d+ records of more than 16 tokens are read in segments/u);

  await training.run(120_000);
  expect(await training.state()).toBe('done');
});
