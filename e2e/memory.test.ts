import { expect, test } from './base.ts';
import { sampleRows, shortRunLink } from './sample.ts';

// What the page promises about memory before anything is allocated: no more than the device lets it know.

const rows = { name: 'steps.jsonl', content: sampleRows(100) };

test.describe('memory, before a run', () => {
  test('on WebGPU: the plan in bytes, and that only trying tells whether it fits @webgpu', async ({
    notebook,
  }) => {
    await notebook.open(shortRunLink(5, {}, 'webgpu'));
    await notebook.drop(rows);
    await notebook.cell('Data').done(30_000);
    const memory = notebook.memory;
    await expect(memory).toContainText(/\d [kMG]B planned · tried before training starts/u);
    await expect(memory).toContainText('does not say how much memory it has');
    await expect(memory).toContainText(/largest buffer, [\d.]+ [MG]B/u);
    await expect(memory).not.toContainText('fits');
  });

  test('on the CPU path: the plan against what WebAssembly can address', async ({ notebook }) => {
    await notebook.open(shortRunLink(5, {}, 'onnx'));
    await notebook.drop(rows);
    await notebook.cell('Data').done(30_000);
    await expect(notebook.memory).toContainText(/\d [kMG]B of [\d.]+ GB · fits/u);
  });

  test('updates by layer: less of it, a run that ends; refused where a step does not fit one pass @webgpu', async ({
    notebook,
    page,
  }) => {
    test.setTimeout(300_000);
    const memory = { recompute: 'nothing', storage: 'f32' } as const;
    const settings = { memory, clipNorm: null, batchSize: 4, maxSteps: 2, evaluateEverySteps: 2 };
    await notebook.open(shortRunLink(20, settings, 'webgpu'));
    await notebook.drop({ name: 'steps.jsonl', content: sampleRows(40) });
    await notebook.cell('Data').done(30_000);
    const planned = async () => {
      const [, number, unit] = /([\d.]+) ([kMG])B planned/u.exec(await notebook.memory.innerText()) ?? [];
      return Number(number) * { k: 1e3, M: 1e6, G: 1e9 }[unit as 'k' | 'M' | 'G'];
    };
    await expect(notebook.memory).toContainText('planned ·');
    const kept = await planned();
    const form = notebook.cell('Training').root.getByRole('group', { name: 'Hyperparameters' });
    await form.getByRole('button', { name: 'More settings' }).click();
    await form.getByRole('button', { name: /Updates/u }).click();
    await page.getByRole('option', { name: /by layer/iu }).click();
    await expect.poll(planned).toBeLessThan(0.95 * kept);
    await notebook.cell('Training').run(240_000);
    expect(await notebook.cell('Training').failure()).toBeNull();

    await notebook.cell('Training').setNumber(/batch size/iu, 200);
    await expect(page.getByText(/Updating by layer takes every step in one pass/u)).toBeVisible();
    await expect(page.getByText(/Raise the token budget to [\d,]+, lower the batch size/u)).toBeVisible();
  });
});
