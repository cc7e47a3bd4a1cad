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
});
