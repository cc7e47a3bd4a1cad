import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from './base.ts';
import { shortRunLink } from './sample.ts';

// Real wikiHow rows stand beside the repository on some machines and in nobody's clone.
const file = '../shared/data/wikihow_multilabel/titles.jsonl';

test('real wikiHow titles: 16 labels stand at the paper’s threshold, and verbena-mini trains on them', async ({
  notebook,
}) => {
  test.skip(!existsSync(file), `no ${file}`);
  test.setTimeout(300_000);
  const settings = {
    batchSize: 16,
    maxSteps: 30,
    warmupSteps: 3,
    learningRate: 2e-3,
    evaluateEverySteps: 30,
    checkpointEverySteps: 30,
  };
  await notebook.open(shortRunLink(1000, settings, 'auto'));
  await notebook.drop({ name: 'titles.jsonl', content: readFileSync(file, 'utf8') });
  await notebook.cell('Data').done(60_000);
  expect(await notebook.figure('Data', /rows/iu)).toContain('12,622');

  await notebook.cell('Labels').setNumber(/threshold/iu, 500);
  await expect.poll(async () => Number.parseInt(await notebook.figure('Labels', /labels/iu), 10)).toBe(16);

  await notebook.cell('Training').run(240_000);
  const loss = await notebook.figure('Training', /loss/iu);
  // Chance is ln 2 = 0.69; the share of ones alone brings it near 0.27.
  expect(Number.parseFloat(loss)).toBeLessThan(0.5);
  await notebook.cell('Evaluation').run(60_000);
  const figures = await notebook.cell('Evaluation').figures();
  expect(figures.map(({ label }) => label).join(', ')).toMatch(/micro/iu);
});
