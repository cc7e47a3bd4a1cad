// `npm run screenshot`: the README's picture, from a real run of the sample notebook: docs/screenshot.png.
import { join } from 'node:path';
import { defaultParameters } from '../src/notebook/parameters.ts';
import { linkHash } from '../src/notebook/link.ts';
import type { CellTitle } from '../e2e/pages/notebookPage.ts';
import { withNotebook } from './driver.ts';
import { ensureBuilt } from './setup.mjs';

const minute = 60_000;
const docs = join(import.meta.dirname, '../docs');

const parameters = {
  ...defaultParameters,
  labels: { ...defaultParameters.labels, threshold: 200 },
  text: { ...defaultParameters.text, maxLength: 64 },
  training: {
    ...defaultParameters.training,
    lowering: 'onnx' as const,
    hyperparameters: { ...defaultParameters.training.hyperparameters, learningRate: 2e-3, maxSteps: 300 },
  },
};

await ensureBuilt();
await withNotebook({ cpu: true, width: 1280, height: 900, scale: 1.5 }, async ({ page, notebook, url }) => {
  const picture = async (title: CellTitle, file: string) => {
    await notebook.cell(title).root.evaluate((cell) => cell.scrollIntoView({ block: 'start' }));
    // Plots are drawn when they come into view, and toasts leave.
    await page.waitForTimeout(6000);
    await page.screenshot({ path: join(docs, `${file}.png`) });
    console.log(`docs/${file}.png`);
  };
  await notebook.open(`${url}/#${linkHash('How-to steps', parameters)}`);
  await notebook.trySample();
  await notebook.cell('Data').done(2 * minute);
  await picture('Labels', 'screenshot');
  await notebook.cell('Training').run(30 * minute, (text) => console.log(`Training: ${text}`));
  await picture('Training', 'screenshot-training');
  await notebook.cell('Evaluation').run(2 * minute);
  await picture('Evaluation', 'screenshot-evaluation');
});
