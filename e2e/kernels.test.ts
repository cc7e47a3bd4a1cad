import { expect, test } from './base.ts';
import { sampleRows, shortRunLink } from './sample.ts';

test('matrix instructions are offered with halves alone, and say why they are not to be had @webgpu', async ({
  notebook,
  page,
}) => {
  await notebook.open(shortRunLink(5, {}, 'webgpu'));
  await notebook.drop({ name: 'steps.jsonl', content: sampleRows(40) });
  await notebook.cell('Data').done(30_000);
  const form = notebook.cell('Training').root.getByRole('group', { name: 'Hyperparameters' });
  await form.getByRole('button', { name: 'More settings' }).click();
  // Planned: by then the device is known.
  await expect(notebook.memory).toContainText('planned ·');

  const matrices = page.getByRole('option', { name: /matrix instructions/iu });
  const openKernels = () => form.getByRole('button', { name: /Kernels/u }).click();
  const closeKernels = () => page.keyboard.press('Escape');
  await openKernels();
  await expect(matrices).toBeDisabled();
  await expect(matrices).toContainText('set Precision to Half products');
  await closeKernels();

  await form.getByRole('button', { name: /Precision/u }).click();
  await page.getByRole('option', { name: /automatic/iu }).click();
  await openKernels();
  await expect(matrices).not.toContainText('set Precision');
  // A card may have them here; SwiftShader has no halves.
  if (await matrices.isDisabled())
    await expect(matrices).toContainText(/does not offer shader-f16|exposes none|a size that fits/u);
  await closeKernels();
});
