import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from './base.ts';
import { standInForHub } from './hubStandIn.ts';
import { csv } from './outputs.ts';
import { shortRunLink } from './sample.ts';
import { tinyEncoder } from './tinyEncoders.ts';

// Three encoders on one split of real wikiHow titles: verbena-mini, and a BERT and an ELECTRA that come from the hub's address.
// The rows stand beside the repository on some machines and in nobody's clone.

const file = '../shared/data/wikihow_multilabel/titles.jsonl';
const minute = 60_000;
const names = ['BERT-base', 'ELECTRA-base'];
const runs = ['verbena-mini', 'google-bert/bert-base-uncased', 'google/electra-base-discriminator'];

test('three encoders on one split of real titles are queued, compared and judged @cpu', async ({
  notebook,
  context,
  watch,
}, info) => {
  test.skip(!existsSync(file), `no ${file}`);
  test.setTimeout(12 * minute);
  const rows = readFileSync(file, 'utf8')
    .split('\n')
    .filter((line, at) => line !== '' && at % 5 === 0)
    .join('\n');
  const asked = await standInForHub(
    context,
    new Map([
      ['google-bert/bert-base-uncased', await tinyEncoder('bert', rows, 5)],
      ['google/electra-base-discriminator', await tinyEncoder('electra', rows, 6)],
    ]),
  );
  const steps = 40;
  await notebook.open(
    shortRunLink(60, {
      batchSize: 16,
      maxSteps: steps,
      warmupSteps: 4,
      learningRate: 3e-3,
      evaluateEverySteps: steps,
      checkpointEverySteps: steps,
    }),
  );
  await notebook.drop({ name: 'titles.jsonl', content: `${rows}\n` });
  await notebook.cell('Data').done(minute);
  await notebook.keepCopy();
  const experiments = notebook.cell('Experiments');

  await test.step('ticked, started with one click, run one after another', async () => {
    const line = experiments.root.locator('[data-template="models"]');
    for (const name of names) await line.getByText(name, { exact: true }).click();
    await expect(line).toContainText('downloaded from huggingface.co when their turn comes');
    expect(asked, 'asked before anyone pressed Run').toEqual([]);
    await line.getByRole('button', { name: /^run 3 variants, 1 reference/iu }).click();
    const models = experiments.root.getByRole('region', { name: 'Experiment Models' });
    await expect(models).toHaveAttribute('data-open', '0', { timeout: 8 * minute });
    const variants = await csv(experiments, 'Models: variants');
    expect(variants.map(({ State }) => State)).toEqual(['done', 'done', 'done', 'done']);
    expect(new Set(variants.map(({ Rows }) => Rows)).size, 'judged on the same rows').toBe(1);
    expect(asked.filter((path) => path.endsWith('model.safetensors'))).toHaveLength(2);
  });

  await test.step('compared row by row, with the corrections and in plain words', async () => {
    const comparison = notebook.cell('Comparison');
    const picker = comparison.root.getByRole('group', { name: 'Runs to compare' });
    for (const name of runs) await picker.getByText(`Models, ${name}`, { exact: true }).click();
    await picker.locator('label', { hasText: 'Models, TF-IDF' }).click();
    await comparison.root.getByRole('button', { name: 'Compare 4 models' }).click();
    await comparison.done(3 * minute);
    // Six pairs under four metrics.
    const pairs = await csv(comparison, 'Differences');
    expect(pairs).toHaveLength(24);
    for (const pair of pairs) {
      const [p, adjusted] = [Number(pair['p']), Number(pair['p, Holm'])];
      expect(p).toBeGreaterThan(0);
      expect(adjusted).toBeGreaterThanOrEqual(p);
    }
    await expect(comparison.root.getByRole('list', { name: 'What can be told apart' })).toContainText(
      /at 95 %/u,
    );
    expect((await csv(comparison, 'F1 of each label, two models')).length).toBeGreaterThan(5);
    await comparison.root.screenshot({ path: info.outputPath('comparison.png') });
  });
  expect(watch.foreign.every((url) => url.startsWith('https://huggingface.co/'))).toBe(true);
  watch.foreign.length = 0;
});
