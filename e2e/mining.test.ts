import { readFileSync } from 'node:fs';
import { axeViolations } from './axe.ts';
import { expect, test } from './base.ts';
import { generatedObjects, notebookLink } from './sample.ts';

// The third chain to its end: a generated set becomes a classifier, its classes become concepts, a formula ranks the open data.

const minute = 60_000;

/** Messages about food, about a movie, about both (two in one), and about neither; in turns. */
function messages(): string {
  const [texts, others] = [generatedObjects('food-or-movie.jsonl'), generatedObjects('urgent.jsonl')];
  const rows = texts.slice(0, 60).flatMap((object, at) => {
    const [food = '', movie = ''] = [object['about food'], object['about movie']];
    return [
      { text: `${food} (${at})`, labels: ['food'] },
      { text: `${movie} (${at})`, labels: ['movies'] },
      { text: `${food} ${movie}`, labels: ['food', 'movies'] },
      { text: `${Object.values(others[at % others.length] ?? {})[0] ?? ''} (${at})`, labels: ['work'] },
    ];
  });
  return `${rows.map((row) => JSON.stringify(row)).join('\n')}\n`;
}

test('a sentence becomes a classifier, and its classes mine a corpus @cpu', async ({ notebook, page }) => {
  test.setTimeout(6 * minute);
  await notebook.open();
  await notebook.drop({ name: 'messages.jsonl', content: messages() });
  await notebook.cell('Data').done(minute);
  await notebook.keepCopy();
  const [classifiers, mining] = [notebook.cell('Incubated classifiers'), notebook.cell('Mining')];

  await test.step('open the sample set and train one against the rest', async () => {
    await notebook.openSampleSet();
    await expect(classifiers.primary).toHaveText(/Train on 320 generated texts/u);
    await classifiers.root.getByRole('button', { name: /told apart together/iu }).click();
    await page.getByRole('option', { name: /One against the rest/u }).click();
    await classifiers.run(minute);
    expect(Number(await notebook.figure('Incubated classifiers', /held-out/iu))).toBeGreaterThan(0.9);
  });

  await test.step('judge it on the labelled rows of the open data: the mapping is found by name', async () => {
    const panel = await classifiers.output('In the open data');
    await expect(
      panel.root.getByText(/^120 rows of exactly one class; left out: 60 of several/u),
    ).toBeVisible();
    await panel.root.getByRole('button', { name: /^Judge on 120 real rows/u }).click();
    await expect
      .poll(async () => Number(await notebook.figure('Incubated classifiers', /^accuracy on real/iu)))
      .toBeGreaterThan(0.95);
    await classifiers.root.getByLabel('A text to classify').fill('The soup was delicious.');
    await expect(
      classifiers.root.getByRole('list', { name: 'Probabilities' }).getByText(/^0\.[5-9]/u),
    ).toBeVisible();
  });

  const editor = mining.root.getByRole('textbox', { name: 'Formula' });
  await test.step('write a formula: completion, a fault with its place, a chip a concept', async () => {
    await editor.click();
    await page.keyboard.type('"abo');
    await page.getByRole('option', { name: /^about food/u }).waitFor();
    await page.keyboard.press('Enter');
    await expect(editor).toHaveText('"about food"');
    await page.keyboard.type(' AND "about movei"');
    await expect(mining.root.getByText(/There is no concept “about movei”/u).first()).toBeVisible();
    await expect(mining.root.locator('.cm-lintRange-error')).toBeVisible();
    for (let i = 0; i < 4; i++) await page.keyboard.press('Backspace');
    await page.keyboard.press('Escape');
    await page.keyboard.type('vie"');
    const chips = mining.root.getByRole('list', { name: /as it is understood/u });
    await expect(chips).toHaveText(/about food\s*AND\s*about movie/u);
  });

  await test.step('score once, then every changed formula answers at once', async () => {
    await mining.primary.click();
    await mining.done(minute);
    await expect(mining.primary).toHaveText('Every text is scored');
    const ranking = await mining.output('Ranking');
    await expect(ranking.root.getByRole('row')).not.toHaveCount(0);
    // 60 of 240 texts are about both; gold comes from the labels.
    expect(Number(await notebook.figure('Mining', /by labels/iu))).toBeGreaterThan(0.5);
    const table = await mining.output('Semantics side by side');
    await expect(table.root.getByText(/holds for 60 texts/u)).toBeVisible();
    await expect(table.root.locator('tbody tr')).toHaveCount(3);
    await editor.click();
    await page.keyboard.press('ControlOrMeta+A');
    await page.keyboard.type('"about food" > 0.5 AND NOT "about movie"');
    await page.keyboard.press('Escape');
    await expect(table.root.getByText(/holds for 60 texts/u)).toBeVisible();
    await expect(ranking.root.getByRole('row').first()).toHaveText(/^1/u);
  });

  await test.step('judge with the keyboard, take back, and undo', async () => {
    const list = mining.root.getByRole('grid', { name: 'Texts by score' });
    await list.focus();
    await page.keyboard.press('y');
    await page.keyboard.press('n');
    await page.keyboard.press('y');
    const said = mining.root.getByTestId('judged');
    await expect(said).toHaveText(/P@10 0\.67 \(3 judged\)/u);
    await page.keyboard.press('u');
    await expect(said).toHaveText(/P@10 0\.50 \(2 judged\)/u);
    await expect(list.getByRole('row', { selected: true })).toHaveAttribute('aria-rowindex', '3');
  });

  await test.step('export, and find all of it after a reload', async () => {
    const ranking = await mining.output('Ranking');
    const download = await ranking.save(/JSONL/u);
    const lines = readFileSync(await download.path(), 'utf8')
      .trim()
      .split('\n');
    const first = JSON.parse(lines[0] ?? '{}') as Record<string, unknown>;
    expect(first).toMatchObject({
      rank: 1,
      judged: true,
      formula: '"about food" > 0.5 AND NOT "about movie"',
    });
    expect(Object.keys(first['concepts'] as object)).toEqual(['about food', 'about movie']);
    await page.mouse.move(0, 0);
    expect(await axeViolations(page)).toEqual([]);
    await notebook.saved();
    await page.reload();
    await notebook.cell('Data').done(minute);
    // Classifier, scores, formula and judgements were kept: nothing is scored again.
    await expect(mining.primary).toHaveText('Every text is scored');
    await expect(mining.root.getByTestId('judged')).toHaveText(/2 judged/u);
  });
});

test('an encoder of the engine is an incubated classifier too @cpu', async ({ notebook }) => {
  test.setTimeout(6 * minute);
  await notebook.open(
    notebookLink((defaults) => ({
      ...defaults,
      text: { ...defaults.text, maxLength: 32 },
      training: {
        ...defaults.training,
        lowering: 'onnx',
        hyperparameters: {
          ...defaults.training.hyperparameters,
          budgetTokens: 512,
          batchSize: 8,
          maxSteps: 4,
          evaluateEverySteps: 4,
        },
      },
      classifiers: { ...defaults.classifiers, model: 'encoder' },
      mining: { ...defaults.mining, formula: '"about food" AND NOT "about movie"' },
    })),
  );
  const rows = messages().split('\n').slice(0, 24).join('\n');
  await notebook.drop({ name: 'messages.jsonl', content: `${rows}\n` });
  await notebook.cell('Data').done(minute);
  await notebook.openSampleSet();
  const [classifiers, mining] = [notebook.cell('Incubated classifiers'), notebook.cell('Mining')];
  await classifiers.run(4 * minute);
  // Four steps teach nothing: what counts is that the run is judged on the objects it never saw.
  const heldOut = (await classifiers.figures()).find(({ label }) => /held-out/iu.test(label));
  expect(heldOut?.baseline).toMatch(/most frequent class · 32 texts/u);
  await expect(mining.primary).toHaveText('Score 24 texts with 1 classifier');
  await mining.primary.click();
  await mining.done(2 * minute);
  await expect(mining.primary).toHaveText('Every text is scored');
  await expect((await mining.output('Ranking')).root.getByRole('row')).not.toHaveCount(0);
});
