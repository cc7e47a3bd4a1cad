import { readFileSync } from 'node:fs';
import { axeViolations } from './axe.ts';
import { expect, test } from './base.ts';
import type { NotebookPage } from './pages/notebookPage.ts';
import { sampleRows, shortRunLink } from './sample.ts';

// From a corpus to an audit, in a real browser with real workers, on both lowerings: a few steps on WebGPU over SwiftShader,
// a few hundred on the CPU.

const minute = 60_000;

interface Scale {
  readonly everyNth: number;
  readonly threshold: number;
  readonly batchSize: number;
  readonly steps: number;
}

const scales: Readonly<Record<string, Scale>> = {
  webgpu: { everyNth: 40, threshold: 20, batchSize: 8, steps: 8 },
  cpu: { everyNth: 4, threshold: 100, batchSize: 16, steps: 200 },
};

function scaleOf(project: string): Scale {
  const scale = scales[project];
  if (!scale) throw new Error(`No scale for the project ${project}.`);
  return scale;
}

/** Losses of every step of the run shown, through the plot's own CSV. */
async function losses(notebook: NotebookPage): Promise<{ step: number; loss: number }[]> {
  const loss = await notebook.cell('Training').output('Loss');
  const path = await (await loss.save(/CSV/u)).path();
  const [header = '', ...rows] = readFileSync(path, 'utf8').trim().split(/\r?\n/u);
  const columns = header.split(',');
  return rows.map((row) => {
    const cells = row.split(',');
    return { step: Number(cells[columns.indexOf('step')]), loss: Number(cells[columns.indexOf('loss')]) };
  });
}

const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;

test('a corpus becomes a trained model and an audit, and a reload finds it all @both', async ({
  notebook,
  page,
}, info) => {
  test.setTimeout(10 * minute);
  const { everyNth, threshold, batchSize, steps } = scaleOf(info.project.name);
  const isGpu = info.project.name === 'webgpu';
  const settings = {
    batchSize,
    maxSteps: steps,
    warmupSteps: Math.round(steps / 10),
    learningRate: 2e-3,
    evaluateEverySteps: steps,
    checkpointEverySteps: steps,
  };
  // Left to itself the page prefers the CPU path to a software adapter: here the kernels are what is tested.
  await notebook.open(shortRunLink(threshold * 2, settings, isGpu ? 'webgpu' : 'auto'));

  await test.step('drop the corpus', async () => {
    await notebook.drop({ name: 'howto-steps.jsonl', content: sampleRows(everyNth) });
    await notebook.cell('Data').done(minute);
    await notebook.keepCopy();
  });

  await test.step('move the threshold: the labels follow', async () => {
    const labels = notebook.cell('Labels');
    const kept = async () => Number((await notebook.figure('Labels', /labels/iu)).replaceAll(/\D/gu, ''));
    const before = await kept();
    expect(before).toBeGreaterThan(0);
    await labels.setNumber(/threshold/iu, threshold);
    await expect.poll(kept).toBeGreaterThan(before);
  });

  await test.step('train', async () => {
    await notebook.cell('Training').run(8 * minute);
    const device = await notebook.cell('Training').provenance();
    expect(device).toMatch(isGpu ? /swiftshader|webgpu|gpu/iu : /cpu/iu);
    const curve = await losses(notebook);
    expect(curve.map(({ step }) => step)).toEqual(Array.from({ length: steps }, (_, i) => i + 1));
    const part = Math.max(2, Math.floor(steps / 5));
    const [first, last] = [curve.slice(0, part), curve.slice(-part)].map((points) =>
      mean(points.map(({ loss }) => loss)),
    );
    expect(last).toBeLessThan(Number(first));
  });

  await test.step('read the audit', async () => {
    const evaluation = notebook.cell('Evaluation');
    await evaluation.run(2 * minute);
    const names = (await evaluation.outputs()).map(({ name }) => name);
    expect(names.join(', ')).toMatch(/audit|labels/iu);
    expect((await evaluation.figures()).map(({ label }) => label).join(', ')).toMatch(/micro/iu);
  });

  await test.step('look at it', async () => {
    for (const width of [768, 1280, 1920]) {
      await page.setViewportSize({ width, height: 1000 });
      await page.screenshot({ path: info.outputPath(`trained-${width}.png`), fullPage: true });
    }
    await page.setViewportSize({ width: 1280, height: 900 });
    // Soft: what it finds is told, and the flow goes on.
    expect.soft(await axeViolations(page), 'light').toEqual([]);
    await page.emulateMedia({ colorScheme: 'dark', reducedMotion: 'reduce' });
    expect.soft(await axeViolations(page), 'dark').toEqual([]);
  });

  await test.step('reload', async () => {
    const before = await losses(notebook);
    const scores = async () => {
      const figures = await notebook.cell('Evaluation').figures();
      return figures.map(({ label, value, baseline }) => `${label} ${value}; ${baseline}`);
    };
    const shown = await scores();
    await notebook.saved();
    await page.goto('/');
    await expect(notebook.cell('Training').root).toHaveAttribute('data-state', 'done');
    await expect.poll(() => losses(notebook)).toEqual(before);
    await expect.poll(scores).toEqual(shown);
  });

  await test.step('what is stale stays so over a reload', async () => {
    const evaluation = notebook.cell('Evaluation');
    await notebook.cell('Labels').setNumber(/threshold/iu, threshold * 2);
    await expect(evaluation.root).toHaveAttribute('data-state', 'stale');
    await notebook.saved();
    await page.goto('/');
    await evaluation.output('Label audit');
    await expect(evaluation.root).toHaveAttribute('data-state', 'stale');
  });
});

test('a browser killed mid-run resumes where its last checkpoint stands @cpu', async ({
  notebook,
  profile,
}) => {
  test.setTimeout(8 * minute);
  const steps = 120;
  await notebook.open(
    shortRunLink(100, {
      batchSize: 16,
      maxSteps: steps,
      learningRate: 2e-3,
      evaluateEverySteps: 40,
      checkpointEverySteps: 20,
    }),
  );
  await notebook.drop({ name: 'howto-steps.jsonl', content: sampleRows(4) });
  await notebook.cell('Data').done(minute);
  await notebook.keepCopy();
  const training = notebook.cell('Training');
  await training.primary.click();
  const reached = async () => Number((await notebook.figure('Training', /^step$/iu)).replaceAll(/\D/gu, ''));
  await expect.poll(reached, { timeout: 3 * minute }).toBeGreaterThan(30);

  const again = notebook.on(await profile.crash());
  await again.open();
  const resume = again.cell('Training').root.getByRole('button', { name: /^resume/iu });
  await resume.click();
  await expect(again.cell('Training').root).toHaveAttribute('data-state', 'done', { timeout: 4 * minute });
  const curve = await losses(again);
  expect(curve.map(({ step }) => step)).toEqual(Array.from({ length: steps }, (_, i) => i + 1));
});
