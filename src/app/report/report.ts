import { fileNameOf } from '../../notebook/document.ts';
import { provenanceText } from '../../notebook/runner.ts';
import { cellIds, type CellId } from '../../notebook/cells.ts';
import { formatBytes } from '../../notebook/format.ts';
import { saveFile } from '../files.ts';
import { notebook, version } from '../runtime.ts';
import { toast, toastError } from '../toasts.ts';
import { reportHtml, type Report, type ReportCell, type ReportOutput } from './html.ts';
import { outputsIn, type OutputExport } from './outputs.ts';

/** `Sample notebook` -> `sample-notebook`, as the notebook's own file is called. */
const stem = () => fileNameOf(notebook.store.getState().title).replace(/\.verbena\.json$/, '');

/** Gathers what the page shows, cell by cell: figures, remarks, plots as SVG, tables, provenance, parameters. */
export async function collectReport(): Promise<Report> {
  const { title, parameters } = notebook.store.getState();
  const cells: ReportCell[] = [];
  for (const id of cellIds) {
    const element = document.getElementById(id);
    if (element) cells.push(await collectCell(id, element));
  }
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
export async function exportReport(): Promise<void> {
  try {
    toast('Making the report…');
    const html = reportHtml(await collectReport());
    saveFile(html, `${stem()}-report.html`, 'text/html');
    toast(`Saved the report (${formatBytes(html.length)}). It opens anywhere, without a network.`, {
      tone: 'good',
    });
  } catch (error) {
    toastError(error);
  }
}

async function collectCell(id: CellId, element: Element): Promise<ReportCell> {
  const result = notebook.store.getState().results[id];
  const outputs: ReportOutput[] = [];
  for (const output of outputsIn(element)) outputs.push(await collectOutput(output, element));
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
