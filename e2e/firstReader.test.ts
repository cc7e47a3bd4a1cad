import { readFileSync } from 'node:fs';
import type { Locator } from 'playwright-core';
import { axeViolations } from './axe.ts';
import { expect, test } from './base.ts';
import { notebookLink, sampleRows, shortRunLink } from './sample.ts';

// What someone meets who sees the page for the first time: each number named, nothing cut or out of reach, no click that undoes itself.

const minute = 60_000;
const csvOf = (path: string) =>
  readFileSync(path, 'utf8')
    .trim()
    .split(/\r?\n/u)
    .map((line) => line.split(','));

/** Tick labels of a plot that are cut off by its edges. */
const cutTicks = (plot: Locator) =>
  plot
    .locator('.main-svg')
    .first()
    .evaluate((svg) => {
      const frame = svg.getBoundingClientRect();
      return [...svg.querySelectorAll('.xtick text, .ytick text')]
        .filter((tick) => {
          const box = tick.getBoundingClientRect();
          return box.left < frame.left - 1 || box.bottom > frame.bottom + 1 || box.right > frame.right + 1;
        })
        .map((tick) => tick.textContent);
    });

test('a run says which loss each number is, and how windows became one answer @cpu', async ({
  notebook,
  page,
}) => {
  test.setTimeout(6 * minute);
  await notebook.open(
    shortRunLink(60, {
      maxSteps: 2,
      evaluateEverySteps: 1,
      loss: { kind: 'focal', gamma: 2, alpha: null },
      longTexts: 'windows',
      segmentLength: 16,
    }),
  );
  await notebook.drop({ name: 'steps.jsonl', content: sampleRows(12) });
  await notebook.cell('Data').done(minute);
  const [training, evaluation] = [notebook.cell('Training'), notebook.cell('Evaluation')];
  await expect(training.root.getByText(/The training curve shows the focal loss/u)).toBeVisible();
  await training.run(4 * minute);

  await test.step('steps report what is minimised, evaluations plain BCE', async () => {
    expect(await notebook.figure('Training', /^Focal loss, last 20 steps/u)).toMatch(/\d/u);
    const loss = await training.output('Loss');
    await expect(
      loss.root.getByText(/^Focal loss 0\.\d+ at the first step.*validation BCE 0\.\d+/u),
    ).toBeVisible();
    for (const name of ['Training, raw: focal loss', 'Validation: BCE'])
      await expect(loss.root.locator('.legendtext', { hasText: name })).toBeVisible();
    // The axis holds the curve: losses of a new model lie well under 1.
    const ticks = await loss.root.locator('.ytick text').allTextContents();
    expect(Math.max(...ticks.map(Number))).toBeLessThan(2);
    const [header, first] = csvOf(await (await loss.save(/CSV/u)).path());
    expect(first?.[header?.indexOf('loss is') ?? -1]).toBe('focal loss');
    const runs = (await training.output('Runs')).root;
    await runs
      .getByRole('button', { name: /^Details/u })
      .first()
      .click();
    await expect(runs.getByText(/ · focal loss · /u)).toBeVisible();
    await expect(
      runs.getByText(/log-odds of rows over 16 tokens are the mean of their windows/u),
    ).toBeVisible();
  });

  await test.step('the evaluation too', async () => {
    await evaluation.run(minute);
    const metrics = (await evaluation.output('Metrics')).root;
    await expect(metrics.getByText(/Read in windows: log-odds of rows over 16 tokens/u)).toBeVisible();
    const errors = (await evaluation.output('Errors')).root;
    await expect(errors.getByText(/^row \d+\s*BCE \d/u).first()).toBeVisible();
    const [header] = csvOf(await (await (await evaluation.output('Errors')).save(/CSV/u)).path());
    expect(header).toContain('BCE');
    const confusion = (await evaluation.output('Label confusion')).root;
    await confusion.scrollIntoViewIfNeeded();
    await confusion.locator('.ytick text').first().waitFor();
    expect(await cutTicks(confusion)).toEqual([]);
    // The menu stands beside the list of labels, not alone on a line below it.
    const curve = (await evaluation.output('Precision and recall')).root;
    const [menu, list] = await Promise.all(
      [/: export$/u, /^All labels/u].map((name) => curve.getByRole('button', { name }).boundingBox()),
    );
    expect(
      Math.abs((menu?.y ?? 0) + (menu?.height ?? 0) / 2 - (list?.y ?? 0) - (list?.height ?? 0) / 2),
    ).toBeLessThan(2);
  });
  await page.mouse.move(0, 0);
  expect(await axeViolations(page)).toEqual([]);
});

/** Few rows with names that break layouts: very long, right to left, of markup, of another script. */
function awkwardRows(count: number): string {
  const labels = ['A label with a name that goes on and on, '.repeat(5), 'تصنيف النصوص', '<b>bold</b> & co'];
  const words = ['Stir the soup', 'اخلط الحساء', '<script>document.title = 1</script>', 'スープを混ぜる'];
  return Array.from({ length: count }, (_, i) =>
    JSON.stringify({ text: `${words[i % 4]} ${i}`, labels: [labels[i % 3]] }),
  ).join('\n');
}

test('awkward names, few labels, a double click, a phone @cpu', async ({ notebook, page }) => {
  test.setTimeout(4 * minute);
  await notebook.open();
  await notebook.drop({ name: 'awkward.jsonl', content: `${awkwardRows(240)}\n` });
  await notebook.cell('Data').done(minute);

  await test.step('no label kept: no figure of nothing, and a button that helps', async () => {
    const labels = notebook.cell('Labels');
    await expect.poll(() => notebook.figure('Labels', /^labels kept/iu)).toBe('0');
    for (const figure of [/^cardinality/iu, /^imbalance/iu])
      expect(await notebook.figure('Labels', figure)).toBe('–');
    const ranks = (await labels.output('Label frequency')).root;
    await ranks.scrollIntoViewIfNeeded();
    await ranks.locator('.xtick text').first().waitFor();
    expect(await ranks.locator('.xtick text').allTextContents()).toEqual(['1', '2', '3']);
    await labels.root.getByRole('button', { name: 'Set to 80' }).click();
    await expect.poll(() => notebook.figure('Labels', /^labels kept/iu)).toBe('3');
    expect(await page.title()).not.toBe('1');
  });

  await test.step('a double click starts the work, and does not stop it again', async () => {
    const advisor = notebook.cell('Threshold advisor');
    // Waits until it stands still.
    await advisor.primary.hover();
    const box = await advisor.primary.boundingBox();
    const [x, y] = [(box?.x ?? 0) + 24, (box?.y ?? 0) + 12];
    const mouse = await page.context().newCDPSession(page);
    const click = async (timestamp: number) => {
      for (const type of ['mousePressed', 'mouseReleased'] as const)
        await mouse.send('Input.dispatchMouseEvent', {
          type,
          x,
          y,
          timestamp,
          button: 'left',
          clickCount: 1,
        });
    };
    const first = Date.now() / 1000;
    await click(first);
    // By then Stop stands where the button was; the hand was 150 ms later, however late the page is.
    await expect(advisor.primary).toHaveText('Stop');
    await click(first + 0.15);
    await advisor.done(minute);
    // Labels in turns follow from no word: the baseline has nothing to advise by, and says so.
    await expect(advisor.root.getByText(/learned none of the measured labels/u)).toBeVisible();
    await expect(advisor.root.getByRole('button', { name: /^Use this threshold/u })).toHaveCount(0);
  });

  await test.step('only the engine can be tuned: said before it is tried', async () => {
    const tuning = notebook.cell('Tune a generator');
    await expect(tuning.primary).toBeDisabled();
    await expect(tuning.root.getByText('Cost:')).toBeVisible();
    await tuning.root.getByRole('button', { name: 'Choose Verbena’s engine' }).click();
    await expect(tuning.primary).toBeEnabled();
    await notebook.command('Undo');
    await expect(tuning.primary).toBeDisabled();
  });

  await test.step('on a phone nothing stands outside the page', async () => {
    await notebook.cell('Incubator').root.getByRole('button', { name: 'Open a sample set' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Open 160 objects' }).first().click();
    for (const width of [1280, 768, 390]) {
      await page.setViewportSize({ width, height: 844 });
      await expect
        .poll(() =>
          page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth),
        )
        .toBeLessThanOrEqual(0);
    }
    await expect(page.getByRole('banner').getByRole('button').last()).toBeInViewport({ ratio: 1 });
  });
});

test('fields of a generator stand in two cells, each with a label of its own @cpu', async ({
  notebook,
  page,
}) => {
  await notebook.open(
    notebookLink((defaults) => ({
      ...defaults,
      incubator: { ...defaults.incubator, generator: 'endpoint' },
    })),
  );
  for (const title of ['Incubator', 'Tune a generator'] as const) {
    const key = notebook.cell(title).root.getByLabel('Key, if it wants one');
    await key.fill('secret');
    await expect(key).toHaveValue('secret');
  }
  const doubled = await page.evaluate(() => {
    const ids = [...document.querySelectorAll('[id]')].map(({ id }) => id);
    return ids.filter((id, at) => ids.indexOf(id) !== at);
  });
  expect(doubled).toEqual([]);
});
