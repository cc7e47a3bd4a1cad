import { fileNameOf } from '../../notebook/document.ts';
import { provenanceText } from '../../notebook/runner.ts';
import { cellIds, type CellId } from '../../notebook/cells.ts';
import { formatBytes } from '../../notebook/format.ts';
import { saveFile } from '../files.ts';
import { notebook, version } from '../runtime.ts';
import { allDrawn } from './drawn.ts';
import { runExport, type ExportOptions } from './exportJob.ts';
import { reportHtml, type Report, type ReportCell, type ReportOutput } from './html.ts';
import { outputsIn, type OutputExport } from './outputs.ts';

/** `Sample notebook` -> `sample-notebook`, as the notebook's own file is called. */
const stem = () => fileNameOf(notebook.store.getState().title).replace(/\.verbena\.json$/, '');

/**
 * Gathers what the page shows, cell by cell: figures, remarks, plots as SVG, tables, provenance, parameters. Plots are drawn
 * anew, one between two pauses. Throws `aborted`, `chunk-missing`.
 */
async function collectReport(options: ExportOptions): Promise<Report> {
  const { onProgress, pause } = options;
  await allDrawn(options);
  const { title, parameters } = notebook.store.getState();
  const found = cellIds.flatMap((id) => {
    const element = document.getElementById(id);
    return element ? [{ id, element, outputs: outputsIn(element) }] : [];
  });
  const total = found.reduce((sum, { outputs }) => sum + outputs.length, 0);
  let done = 0;
  const cells: ReportCell[] = [];
  for (const { id, element, outputs } of found) {
    const collected: ReportOutput[] = [];
    for (const output of outputs) {
      onProgress({ phase: output.name, done, total, unit: 'outputs' });
      await pause();
      collected.push(await collectOutput(output, element));
      done++;
    }
    cells.push(collectCell(id, element, collected));
  }
  onProgress({ phase: 'Writing', done, total, unit: 'outputs' });
  await pause();
  return {
    title,
    madeAt: new Date().toISOString(),
    version,
    theme: isDark() ? 'dark' : 'light',
    cells,
    parametersJson: JSON.stringify(parameters, null, 2),
  };
}

/** Saves the notebook as one self-contained HTML file. */
export function exportReport(): Promise<void> {
  return runExport('Report', async (options) => {
    const html = reportHtml(await collectReport(options));
    saveFile(html, `${stem()}-report.html`, 'text/html');
    return `Saved the report (${formatBytes(html.length)}). It opens anywhere, without a network.`;
  });
}

function collectCell(id: CellId, element: Element, outputs: readonly ReportOutput[]): ReportCell {
  const result = notebook.store.getState().results[id];
  return {
    title: textOf(element, 'h2'),
    purpose: textOf(element, '.cell-purpose'),
    state: textOf(element, '.pill'),
    figures: [...element.querySelectorAll('dl.figures > .figure')].map((figure) => ({
      label: textOf(figure, '.figure-label'),
      value: textOf(figure, '.figure-value'),
      baseline: textOf(figure, '.figure-baseline'),
    })),
    notes: [...element.querySelectorAll('.note-warn .note-body, .note-bad .note-body')].map(lines),
    outputs,
    provenance: result ? provenanceText(result.provenance) : '',
  };
}

async function collectOutput(output: OutputExport, cell: Element): Promise<ReportOutput> {
  const heading = [...cell.querySelectorAll('section.output h3')].find(
    ({ textContent }) => textContent === output.name,
  );
  return {
    name: output.name,
    summary: heading?.nextElementSibling ? lines(heading.nextElementSibling) : '',
    picture: output.picture ? await dataUrl(await output.picture('svg')) : null,
    table: output.table ? await output.table() : null,
  };
}

/** Text as it is laid out: `<br>` and blocks become line breaks. */
function lines(element: Element): string {
  const text = element instanceof HTMLElement ? element.innerText : (element.textContent ?? '');
  return text.trim();
}

function textOf(root: Element, selector: string): string {
  const found = root.querySelector(selector);
  return found ? lines(found) : '';
}

function isDark(): boolean {
  return getComputedStyle(document.documentElement).colorScheme === 'light'
    ? false
    : document.documentElement.dataset['theme'] === 'dark' ||
        (document.documentElement.dataset['theme'] !== 'light' &&
          matchMedia('(prefers-color-scheme: dark)').matches);
}

function dataUrl(blob: Blob): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.addEventListener('load', () => resolve(String(reader.result)));
    reader.addEventListener('error', () => reject(reader.error ?? new Error('The picture cannot be read.')));
    reader.readAsDataURL(blob);
  });
}
