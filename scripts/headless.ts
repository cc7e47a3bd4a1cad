// `npm start -- --headless`: opens the built page in a headless browser, runs the sample notebook cell by cell through the
// same controls a person uses, prints progress and the metrics table, and writes a report with pictures and tables.
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import {
  cellTitles,
  onDemandTitles,
  type CellPanel,
  type CellState,
  type NotebookPage,
} from '../e2e/pages/notebookPage.ts';
import { defaultParameters } from '../src/notebook/parameters.ts';
import { linkHash } from '../src/notebook/link.ts';
import { ScriptError } from './browser.mjs';
import { withNotebook, type DrivenNotebook } from './driver.ts';
import { csvRows, reportHtml, textTable, type ReportCell, type ReportOutput } from './headlessReport.ts';

const minute = 60_000;
/** Past this a cell is given up: 40 epochs on two cores take hours, and that is allowed. */
const cellLimitMs = 24 * 60 * minute;

const { values } = parseArgs({
  options: {
    out: { type: 'string' },
    cpu: { type: 'boolean', default: false },
    epochs: { type: 'string' },
    'max-steps': { type: 'string' },
    threshold: { type: 'string' },
  },
});

function positive(name: 'epochs' | 'max-steps' | 'threshold'): number | undefined {
  const text = values[name];
  if (text === undefined) return undefined;
  const number = Number(text);
  if (Number.isInteger(number) && number > 0) return number;
  throw new ScriptError(
    'bad-option',
    `--${name} ${text} is not a whole number above 0.`,
    'Give one such as 3.',
  );
}

/** The parameters travel as a shared link carries them. */
function address(): string {
  const { labels, training } = defaultParameters;
  const hyperparameters = {
    ...training.hyperparameters,
    epochs: positive('epochs') ?? training.hyperparameters.epochs,
    maxSteps: positive('max-steps') ?? training.hyperparameters.maxSteps,
  };
  const parameters = {
    ...defaultParameters,
    labels: { ...labels, threshold: positive('threshold') ?? labels.threshold },
    training: { ...training, lowering: values.cpu ? ('onnx' as const) : training.lowering, hyperparameters },
  };
  return `/#${linkHash('Sample notebook', parameters)}`;
}

const startedAt = Date.now();

function say(line: string): void {
  const seconds = Math.round((Date.now() - startedAt) / 1000);
  const clock = `${String(Math.floor(seconds / 60)).padStart(3)}:${String(seconds % 60).padStart(2, '0')}`;
  console.log(`${clock}  ${line}`);
}

/** Prints what a cell says, at most every `intervalMs`, and always when it has settled. */
function progressPrinter(title: string, intervalMs = 2000): (text: string, state: CellState) => void {
  let last = Number.NEGATIVE_INFINITY;
  return (text, state) => {
    const now = Date.now();
    const isUnderWay = state === 'running' || state === 'queued';
    if (text === '' || state === 'idle' || (isUnderWay && now - last < intervalMs)) return;
    last = now;
    say(`${title.padEnd(10)}  ${text}`);
  };
}

const stem = (text: string) =>
  text
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/gu, '-')
    .replaceAll(/^-|-$/gu, '');

/** Saves every plot and table of a cell through its own export menu. */
async function collectOutputs(cell: CellPanel, folder: string): Promise<ReportOutput[]> {
  const collected: ReportOutput[] = [];
  for (const output of await cell.outputs()) {
    const actions = await output.actions();
    const save = async (kind: RegExp, extension: string) => {
      if (!actions.some((action) => kind.test(action))) return null;
      const file = join(folder, `${stem(cell.title)}-${stem(output.name)}.${extension}`);
      await (await output.save(kind)).saveAs(file);
      return readFileSync(file);
    };
    const png = await save(/PNG/u, 'png');
    const csv = await save(/CSV/u, 'csv');
    collected.push({ name: output.name, png, csv: csv?.toString('utf8') ?? null });
  }
  return collected;
}

async function collect(notebook: NotebookPage, folder: string): Promise<ReportCell[]> {
  const cells: ReportCell[] = [];
  for (const title of cellTitles) {
    const cell = notebook.cell(title);
    await cell.root.scrollIntoViewIfNeeded();
    await cell.root.screenshot({ path: join(folder, `cell-${stem(title)}.png`) });
    cells.push({
      title,
      state: await cell.stateText(),
      provenance: await cell.provenance(),
      figures: await cell.figures(),
      outputs: await collectOutputs(cell, folder),
    });
  }
  return cells;
}

/** The metrics table of the evaluation cell; its headline figures where the table cannot be exported. */
function metricsTable(cells: readonly ReportCell[]): string[][] {
  const evaluation = cells.find(({ title }) => title === 'Evaluation');
  const table = evaluation?.outputs.find(({ name, csv }) => csv !== null && /metric|score/iu.test(name));
  if (table?.csv) return csvRows(table.csv);
  const figures = evaluation?.figures ?? [];
  return [
    ['Metric', 'Value', 'Baseline'],
    ...figures.map(({ label, value, baseline }) => [label, value, baseline]),
  ];
}

/** Four digits are what a reader compares; metrics.json and the CSV files have them all. */
function rounded(cell: string): string {
  return /^-?\d+\.\d{5,}(?:e-?\d+)?$/u.test(cell) ? Number(cell).toFixed(4) : cell;
}

async function drive({ page, notebook, url, browser }: DrivenNotebook, folder: string): Promise<void> {
  page.on('pageerror', (error) => say(`page error: ${error.message}`));
  say(`${browser}, ${url}`);
  try {
    await notebook.open(`${url}${address()}`);
    await notebook.trySample();
    for (const title of cellTitles) {
      if (onDemandTitles.has(title)) continue;
      await notebook.cell(title).run(cellLimitMs, progressPrinter(title));
    }
    say('Reference   TF-IDF and logistic regression');
    if (!(await notebook.runReference(30 * minute))) say('Reference   not offered for these rows');
  } catch (error) {
    await page.screenshot({ path: join(folder, 'failed.png'), fullPage: true }).catch(() => undefined);
    throw error;
  }
  say('Collecting pictures and tables');
  const cells = await collect(notebook, folder);
  await page.screenshot({ path: join(folder, 'notebook.png'), fullPage: true });
  const facts: [string, string][] = [
    ['Made', new Date().toISOString()],
    ['Browser', browser],
    ['Time', `${((Date.now() - startedAt) / 1000).toFixed(0)} s`],
  ];
  writeFileSync(join(folder, 'report.html'), reportHtml({ title: 'Verbena: sample notebook', facts, cells }));
  const metrics = metricsTable(cells);
  const plain = cells.map(({ title, state, provenance, figures, outputs }) => ({
    title,
    state,
    provenance,
    figures,
    outputs: outputs.map(({ name }) => name),
  }));
  writeFileSync(
    join(folder, 'metrics.json'),
    `${JSON.stringify({ facts: Object.fromEntries(facts), metrics, cells: plain }, null, 2)}\n`,
  );
  console.log(`\n${textTable(metrics.map((row) => row.map(rounded)))}\n\nReport and pictures: ${folder}`);
}

try {
  const folder = values.out ? resolve(values.out) : mkdtempSync(join(tmpdir(), 'verbena-report-'));
  mkdirSync(folder, { recursive: true });
  const window = { cpu: values.cpu, width: 1280, height: 900, scale: 2 };
  await withNotebook(window, (driven) => drive(driven, folder));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
