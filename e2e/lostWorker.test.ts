import type { Page } from 'playwright-core';
import { expect, test } from './base.ts';
import { sampleRows, shortRunLink } from './sample.ts';

// A worker that the browser ends in the middle of its work: the cell says so, and what was asked next is done by a fresh one.

const minute = 60_000;

/** Ends a worker of the page as a crash does: from the inside, without a word to the page. */
async function kill(page: Page, name: string): Promise<void> {
  const worker = page.workers().find((one) => new RegExp(`/${name}-[^/]*\\.js$`, 'u').test(one.url()));
  if (!worker) throw new Error(`No worker ${name} among ${page.workers().map((one) => one.url())}.`);
  const closed = worker.waitForEvent('close');
  await worker.evaluate(() => close());
  await closed;
}

test('a trainer that dies mid-run ends the cell’s run with what is lost and what to do, and Resume goes on @cpu', async ({
  notebook,
  page,
}) => {
  test.setTimeout(8 * minute);
  const steps = 80;
  await notebook.open(
    shortRunLink(100, {
      batchSize: 16,
      maxSteps: steps,
      learningRate: 2e-3,
      evaluateEverySteps: 80,
      checkpointEverySteps: 20,
    }),
  );
  await notebook.drop({ name: 'howto-steps.jsonl', content: sampleRows(4) });
  await notebook.cell('Data').done(minute);
  const training = notebook.cell('Training');
  await training.primary.click();
  const reached = async () => Number((await notebook.figure('Training', /^step$/iu)).replaceAll(/\D/gu, ''));
  await expect.poll(reached, { timeout: 3 * minute }).toBeGreaterThan(25);

  await kill(page, 'trainer');
  await expect(training.root).toHaveAttribute('data-state', 'failed', { timeout: 10_000 });
  await expect(training.root).toContainText('Steps since the last checkpoint are lost');

  await training.root.getByRole('button', { name: /^resume/iu }).click();
  await expect(training.root).toHaveAttribute('data-state', 'done', { timeout: 4 * minute });
  expect(await reached()).toBe(steps);
});

test('data whose reader died is there at the next question, and the cells below run on it @cpu', async ({
  notebook,
  page,
}) => {
  test.setTimeout(4 * minute);
  await notebook.open(shortRunLink(100, {}));
  await notebook.drop({ name: 'howto-steps.jsonl', content: sampleRows(4) });
  await notebook.cell('Data').done(minute);
  await kill(page, 'corpus');
  const text = notebook.cell('Text');
  await text.primary.click();
  await text.done(2 * minute);
});
