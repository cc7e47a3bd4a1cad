// `npm run screenshot`: the README's pictures, from a real run of the sample notebook on the CPU path: docs/screenshot*.png.
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
  labels: { ...defaultParameters.labels, threshold: 500 },
  text: { ...defaultParameters.text, maxLength: 64 },
  training: {
    ...defaultParameters.training,
    lowering: 'onnx' as const,
    hyperparameters: {
      ...defaultParameters.training.hyperparameters,
      learningRate: 1e-3,
      batchSize: 32,
      maxSteps: 700,
    },
  },
  evaluation: { ...defaultParameters.evaluation, decision: 'per-label' as const },
};

await ensureBuilt();
await withNotebook({ cpu: true, width: 1280, height: 900, scale: 1.5 }, async ({ page, notebook, url }) => {
  // From the element on that `from` names inside the cell.
  const picture = async (title: CellTitle, file: string, from?: string) => {
    const { root } = notebook.cell(title);
    const first = from === undefined ? root : root.locator(from).first();
    await first.evaluate((element) => {
      element.scrollIntoView({ block: 'start' });
      // The bar over the page covers what stands at its very top.
      scrollBy(0, 48 + 24 - element.getBoundingClientRect().top);
    });
    // Plots are drawn when they come into view, and toasts leave.
    await page.waitForTimeout(6000);
    await page.screenshot({ path: join(docs, `${file}.png`) });
    console.log(`docs/${file}.png`);
  };
  await notebook.open(`${url}/#${linkHash('How-to steps', parameters)}`);
  await notebook.trySample();
  await notebook.cell('Data').done(2 * minute);
  await picture('Labels', 'screenshot-labels');
  await notebook.cell('Training').run(30 * minute, (text) => console.log(`Training: ${text}`));
  await picture('Training', 'screenshot', 'dl.figures');
  await notebook.cell('Evaluation').run(2 * minute);
  await picture('Evaluation', 'screenshot-evaluation');
});
