import type { ShownFigure } from '../e2e/pages/notebookPage.ts';

// The report of `npm start -- --headless`: one HTML file that stands alone.

export interface ReportOutput {
  readonly name: string;
  /** PNG bytes; null where the output is no picture. */
  readonly png: Buffer | null;
  /** CSV text; null where there is none. */
  readonly csv: string | null;
}

export interface ReportCell {
  readonly title: string;
  readonly state: string;
  readonly provenance: string;
  readonly figures: readonly ShownFigure[];
  readonly outputs: readonly ReportOutput[];
}

export interface ReportFacts {
  readonly title: string;
  /** Name and value, e.g. `Browser`, `Chromium 140`. */
  readonly facts: readonly (readonly [name: string, value: string])[];
  readonly cells: readonly ReportCell[];
}

/** Rows of a table that the report shows; the CSV beside it has all of them. */
const shownRows = 100;

export function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

/** Rows of a CSV text as the page writes it (RFC 4180). */
export function csvRows(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  const field = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/uy;
  const body = text.replace(/^\uFEFF/u, '');
  while (field.lastIndex < body.length) {
    const match = field.exec(body);
    if (!match) break;
    row.push(match[1]?.replaceAll('""', '"') ?? match[2] ?? '');
    if (match[3] !== ',') {
      rows.push(row);
      row = [];
    }
  }
  // A comma at the very end leaves one more, empty, field.
  return row.length > 0 ? [...rows, [...row, '']] : rows;
}

function tableHtml(csv: string): string {
  const [header = [], ...rows] = csvRows(csv);
  const line = (cells: readonly string[], tag: string) =>
    `<tr>${cells.map((cell) => `<${tag}>${escapeHtml(cell)}</${tag}>`).join('')}</tr>`;
  const more = rows.length - shownRows;
  return `<div class="scroll"><table><thead>${line(header, 'th')}</thead><tbody>${rows
    .slice(0, shownRows)
    .map((row) => line(row, 'td'))
    .join(
      '',
    )}</tbody></table></div>${more > 0 ? `<p class="quiet">${more} more rows in the CSV file.</p>` : ''}`;
}

function cellHtml(cell: ReportCell): string {
  const figures = cell.figures
    .map(
      ({ label, value, baseline }) =>
        `<div><dt>${escapeHtml(label)}</dt><dd><strong>${escapeHtml(value)}</strong><small>${escapeHtml(baseline)}</small></dd></div>`,
    )
    .join('');
  const outputs = cell.outputs.map(({ name, png, csv }) => {
    const picture =
      png &&
      `<img alt="${escapeHtml(name)}" src="data:image/png;base64,${png.toString('base64')}" loading="lazy">`;
    return `<h3>${escapeHtml(name)}</h3>${picture ?? (csv === null ? '' : tableHtml(csv))}`;
  });
  return `<section><h2>${escapeHtml(cell.title)}</h2><p class="quiet">${escapeHtml(cell.state)}</p>${
    figures && `<dl>${figures}</dl>`
  }${outputs.join('')}<p class="quiet">${escapeHtml(cell.provenance)}</p></section>`;
}

const style = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 1080px; margin: 40px auto; padding: 0 16px; }
h1 { font-size: 28px; } h2 { font-size: 20px; margin-top: 48px; border-top: 1px solid #8885; padding-top: 24px; } h3 { font-size: 16px; }
dl { display: flex; flex-wrap: wrap; gap: 24px; } dl div { min-width: 120px; } dt, small, .quiet { font-size: 12px; opacity: .7; }
dd { margin: 0; font-variant-numeric: tabular-nums; } dd strong { display: block; font-size: 20px; } dd small { display: block; }
img { max-width: 100%; } .scroll { overflow: auto; max-height: 420px; } table { border-collapse: collapse; font-size: 14px; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: 4px 12px 4px 0; border-bottom: 1px solid #8883; } .facts td:first-child { opacity: .7; }`;

/** The whole report: no script, no request, text escaped. */
export function reportHtml({ title, facts, cells }: ReportFacts): string {
  const rows = facts.map(
    ([name, value]) => `<tr><td>${escapeHtml(name)}</td><td>${escapeHtml(value)}</td></tr>`,
  );
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<title>${escapeHtml(title)}</title>
<style>${style}</style>
</head>
<body>
<h1>${escapeHtml(title)}</h1>
<table class="facts">${rows.join('')}</table>
${cells.map(cellHtml).join('\n')}
</body>
</html>
`;
}

/** Rows as text columns, the first one left-aligned, the others right. */
export function textTable(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows) row.forEach((cell, at) => (widths[at] = Math.max(widths[at] ?? 0, cell.length)));
  return rows
    .map((row) =>
      row
        .map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
