import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { chromium, type Browser, type Locator, type Page } from 'playwright-core';
import { NotebookPage } from '../../e2e/pages/notebookPage.ts';
import { chromiumArgs, ensureChromium } from '../../scripts/browser.mjs';
import { serve } from '../../scripts/serve.mjs';
import { zipfTable } from '../../src/core/labels/testTables.ts';
import { linkHash } from '../../src/notebook/link.ts';
import { defaultParameters } from '../../src/notebook/parameters.ts';
import { frameWork, type FrameWork, type TraceEvent } from './frames.ts';

/** One slider moved over its whole length and back, on the production page. */
export interface Drag {
  readonly what: string;
  readonly work: FrameWork;
}

export interface PageReport {
  readonly browser: string;
  readonly shape: string;
  readonly drags: readonly Drag[];
}

export interface PageOptions {
  /** Folder of the built page. */
  readonly root: string;
  /** Folder for a V8 profile a drag; null: none (profiling costs time of its own). */
  readonly profiles: string | null;
  readonly log: (line: string) => void;
}

const rows = 95_000;
const labelCount = 3300;
/** So that the test part of the split is 5,000 rows over about 300 labels. */
const evaluatedRows = 5000;
const evaluatedLabels = 300;

/** wikiHow in shape: a long tail of labels, short texts that say something of them. */
function corpus() {
  const table = zipfTable(rows, labelCount, 3, 1);
  const lines: string[] = [];
  const counts = new Uint32Array(labelCount);
  for (let row = 0; row < rows; row++) {
    const ids = table.labelIds.subarray(table.rowOffsets[row], table.rowOffsets[row + 1]);
    for (const id of ids) counts[id] = (counts[id] as number) + 1;
    const text = `how to ${row} ${Array.from(ids, (id) => `do ${id % 97}`).join(' and ')}`;
    lines.push(JSON.stringify({ text, labels: Array.from(ids, (id) => table.labels[id]) }));
  }
  const threshold = counts.slice().sort().at(-evaluatedLabels) as number;
  let kept = 0;
  for (let row = 0; row < rows; row++) {
    const ids = table.labelIds.subarray(table.rowOffsets[row], table.rowOffsets[row + 1]);
    if (ids.some((id) => (counts[id] as number) >= threshold)) kept++;
  }
  return { text: lines.join('\n'), threshold, kept, pairs: table.labelIds.length };
}

/** Drives the built page in Chromium: drags each slider and reads the main thread's work a frame from a trace. */
export async function measurePage(options: PageOptions): Promise<PageReport> {
  const { root, profiles, log } = options;
  const { text, threshold, kept, pairs } = corpus();
  const server = await serve({ root, port: 0 });
  const browser = await chromium.launch({ executablePath: await ensureChromium(), args: [...chromiumArgs] });
  try {
    const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    const notebook = new NotebookPage(page);
    const share = evaluatedRows / kept;
    const parameters = {
      ...defaultParameters,
      labels: { ...defaultParameters.labels, threshold },
      split: { ...defaultParameters.split, validation: share, test: share },
      text: { ...defaultParameters.text, maxLength: 16 },
      training: {
        ...defaultParameters.training,
        lowering: 'onnx' as const,
        hyperparameters: {
          ...defaultParameters.training.hyperparameters,
          learningRate: 1e-3,
          batchSize: 32,
          maxSteps: 30,
          warmupSteps: 5,
          evaluateEverySteps: 1000,
          checkpointEverySteps: 1000,
        },
      },
    };
    await notebook.open(`${server.url}/#${linkHash('Speed of the page', parameters)}`);
    await notebook.drop({ name: 'rows.jsonl', content: text });
    await notebook.cell('Data').done(120_000);
    const drags: Drag[] = [];
    const drag = async (what: string, slider: Locator) => {
      const profile = profiles && join(profiles, `${what}.cpuprofile`);
      const work = await measureDrag(browser, page, slider, profile);
      drags.push({ what, work });
      log(line(what, work));
    };
    const labels = notebook.cell('Labels').root;
    await drag('label threshold', labels.getByRole('slider', { name: /label threshold/iu }));
    await notebook.cell('Labels').setNumber(/label threshold/iu, threshold);
    log('Training, so that there are outputs to evaluate ...');
    await notebook.cell('Training').run(600_000);
    await notebook.cell('Evaluation').run(120_000);
    const evaluation = notebook.cell('Evaluation').root;
    await drag('decision threshold', evaluation.getByRole('slider', { name: /decision threshold/iu }));
    return {
      browser: `Chromium ${browser.version()}`,
      shape: `${rows.toLocaleString('en')} rows × ${labelCount.toLocaleString('en')} labels, ${pairs.toLocaleString('en')} pairs; evaluation of ${evaluatedRows.toLocaleString('en')} rows × ${evaluatedLabels} labels`,
      drags,
    };
  } finally {
    await browser.close();
    await server.close();
  }
}

const moves = 90;
const restMs = 1500;

/** There and back with the mouse, a move a frame; tracing starts when the page is at rest. */
async function measureDrag(
  browser: Browser,
  page: Page,
  slider: Locator,
  profile: string | null,
): Promise<FrameWork> {
  await slider.scrollIntoViewIfNeeded();
  await slider.evaluate((element) => {
    element.scrollIntoView({ block: 'start' });
    scrollBy(0, -120);
  });
  await page.waitForTimeout(4000);
  const box = await slider.boundingBox();
  if (!box) throw new Error('The slider is not on the page.');
  const y = box.y + box.height / 2;
  const thumb = 9;
  const at = (share: number) => box.x + thumb + share * (box.width - 2 * thumb);
  // The first press moves the thumb there: it is not part of the drag.
  await page.mouse.move(at(0.05), y);
  await page.mouse.down();
  await page.waitForTimeout(restMs);
  const session = profile === null ? null : await page.context().newCDPSession(page);
  if (session) {
    await session.send('Profiler.enable');
    await session.send('Profiler.setSamplingInterval', { interval: 200 });
    await session.send('Profiler.start');
  }
  await browser.startTracing(page, {
    categories: [
      'devtools.timeline',
      'devtools.timeline.frame',
      'disabled-by-default-devtools.timeline',
      'blink.user_timing',
    ],
  });
  await page.evaluate(() => performance.mark('drag-starts'));
  for (let i = 1; i <= 2 * moves; i++) {
    const part = i <= moves ? i / moves : 2 - i / moves;
    const next = page.waitForTimeout(1000 / 60);
    await page.mouse.move(at(0.05 + 0.9 * part), y);
    await next;
  }
  await page.mouse.up();
  await page.waitForTimeout(restMs);
  await page.evaluate(() => performance.mark('drag-ended'));
  const trace = JSON.parse((await browser.stopTracing()).toString()) as { traceEvents: TraceEvent[] };
  if (session && profile !== null) {
    const { profile: taken } = await session.send('Profiler.stop');
    await writeFile(profile, JSON.stringify(taken));
  }
  return frameWork(trace.traceEvents, 'drag-starts', 'drag-ended');
}

function line(what: string, { frames, cpuMs, wallMs, longTasksMs, shareInTime }: FrameWork): string {
  const show = ({ p50, p95, max }: FrameWork['cpuMs']) =>
    [p50, p95, max].map((ms) => ms.toFixed(1)).join(' / ');
  const long = longTasksMs.length === 0 ? 'none' : longTasksMs.map((ms) => ms.toFixed(0)).join(', ');
  return `${what}: ${frames} frames, main thread a frame p50/p95/max ${show(cpuMs)} ms of processor time (${show(wallMs)} by the clock), ${(100 * shareInTime).toFixed(0)} % under 16.7 ms; long tasks: ${long}`;
}
