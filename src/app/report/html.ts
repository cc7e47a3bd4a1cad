import { formatCount, formatNumber, plural } from '../../notebook/format.ts';
import type { CsvValue } from '../../base/csv.ts';
import type { ExportedTable } from './outputs.ts';

/** A notebook as a report shows it: plain data, so that the page, tests and other hosts can make one. */
export interface Report {
  readonly title: string;
  /** ISO 8601. */
  readonly madeAt: string;
  readonly version: string;
  readonly theme: 'light' | 'dark';
  readonly cells: readonly ReportCell[];
  /** Every parameter, as the notebook file holds them. */
  readonly parametersJson: string;
}

export interface ReportCell {
  readonly title: string;
  readonly purpose: string;
  readonly state: string;
  readonly figures: readonly { readonly label: string; readonly value: string; readonly baseline: string }[];
  /** Warnings and remarks in words. */
  readonly notes: readonly string[];
  readonly outputs: readonly ReportOutput[];
  readonly provenance: string;
}

export interface ReportOutput {
  readonly name: string;
  readonly summary: string;
  /** `data:image/…`; null for a table. */
  readonly picture: string | null;
  readonly table: ExportedTable | null;
}

/** Beyond this a table is a data file: the report says how many rows it left out. */
export const reportedRows = 1000;

/** Tables longer than this are folded. */
const openRows = 40;

/** One self-contained HTML file: styles inline, pictures as data URIs, no script. Every text from data is escaped. */
export function reportHtml(report: Report): string {
  const { title, madeAt, version, theme, cells, parametersJson } = report;
  return `<!doctype html>
<html lang="en" data-theme="${theme}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<title>${escape(title)}</title>
<style>${styles}</style>
</head>
<body>
<main>
<header>
<h1>${escape(title)}</h1>
<p class="quiet">Made ${escape(madeAt)} with Verbena ${escape(version)}. Data, model and settings stand under each cell.</p>
<nav aria-label="Cells"><ol>${cells.map(({ title }, at) => `<li><a href="#cell-${at + 1}">${escape(title)}</a></li>`).join('')}</ol></nav>
</header>
${cells.map(cellHtml).join('\n')}
<section>
<h2>Parameters</h2>
<details><summary>All parameters as JSON</summary><pre>${escape(parametersJson)}</pre></details>
</section>
</main>
</body>
</html>
`;
}

function cellHtml(cell: ReportCell, at: number): string {
  const { title, purpose, state, figures, notes, outputs, provenance } = cell;
  return `<section id="cell-${at + 1}">
<h2><span class="quiet">${at + 1}</span> ${escape(title)} <span class="state">${escape(state)}</span></h2>
<p class="quiet">${escape(purpose)}</p>
${figures.length === 0 ? '' : `<dl class="figures">${figures.map(figureHtml).join('')}</dl>`}
${notes.map((note) => `<p class="note">${escape(note)}</p>`).join('\n')}
${outputs.map(outputHtml).join('\n')}
${provenance === '' ? '' : `<p class="provenance">${escape(provenance)}</p>`}
</section>`;
}

function figureHtml({ label, value, baseline }: ReportCell['figures'][number]): string {
  return `<div><dt>${escape(label)}</dt><dd><b>${escape(value)}</b><span>${escape(baseline).replaceAll('\n', '<br>')}</span></dd></div>`;
}

function outputHtml({ name, summary, picture, table }: ReportOutput): string {
  const image =
    picture === null ? '' : `<img src="${escape(picture)}" alt="${escape(`${name}. ${summary}`)}">`;
  // A picture carries its own title and summary.
  const head =
    picture === null ? `<h3>${escape(name)}</h3><p class="small quiet">${escape(summary)}</p>` : '';
  const body = table ? tableHtml(table, picture !== null || table.rows.length > openRows, name) : '';
  return `<figure>${head}${image}${body}</figure>`;
}

function tableHtml({ header, rows }: ExportedTable, isFolded: boolean, name: string): string {
  const shown = rows.slice(0, reportedRows);
  const rest = rows.length - shown.length;
  const kinds = header.map((_, at) => columnKind(rows, at));
  const heads = header.map(
    (text, at) => `<th scope="col"${kinds[at] === 'text' ? '' : ' class="num"'}>${escape(text)}</th>`,
  );
  const lines = shown.map(
    (row) => `<tr>${row.map((value, at) => fieldHtml(value, kinds[at] ?? 'text')).join('')}</tr>`,
  );
  const note = rest > 0 ? `<p class="small quiet">${rest} more rows are in the notebook’s CSV.</p>` : '';
  const html = `<table><thead><tr>${heads.join('')}</tr></thead><tbody>${lines.join('')}</tbody></table>${note}`;
  return isFolded
    ? `<details><summary>${escape(name)}: ${plural(rows.length, 'row')} as a table</summary>${html}</details>`
    : html;
}

type ColumnKind = 'text' | 'whole' | 'fraction';

/** One way to write a column: 0 beside 0.975 is 0.000. */
function columnKind(rows: ExportedTable['rows'], at: number): ColumnKind {
  const numbers = rows.map((row) => row[at]).filter((value) => typeof value === 'number');
  if (numbers.length === 0) return 'text';
  return numbers.every((value) => Number.isInteger(value)) ? 'whole' : 'fraction';
}

function fieldHtml(value: CsvValue, kind: ColumnKind): string {
  if (typeof value === 'number')
    return `<td class="num">${escape(kind === 'whole' ? formatCount(value) : formatNumber(value, 4))}</td>`;
  if (kind !== 'text') return `<td class="num">${escape(String(value ?? '–'))}</td>`;
  return `<td>${escape(value === null || value === undefined ? '' : String(value))}</td>`;
}

function escape(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}

const styles = `
:root{color-scheme:light;--paper:#fff;--sunken:#f8f7fa;--ink:#1c1a22;--quiet:#575361;--line:#e6e3ec;--accent:#6a3fc4;--warn:#fcf2df}
:root[data-theme=dark]{color-scheme:dark;--paper:#131217;--sunken:#1a191f;--ink:#ecebf1;--quiet:#aeaab9;--line:#2d2a35;--accent:#b99cf7;--warn:#2e2413}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:14px/20px system-ui,-apple-system,'Segoe UI',Roboto,sans-serif}
main{max-width:1080px;margin:0 auto;padding:40px 24px 80px}
h1{font-size:28px;line-height:36px;margin:0}
h2{font-size:20px;line-height:28px;margin:0}
h3{font-size:14px;margin:0}
p{margin:4px 0;max-width:76ch}
section{padding:32px 0;border-top:1px solid var(--line)}
header{padding-bottom:24px}
nav ol{display:flex;flex-wrap:wrap;gap:4px 16px;padding:0;list-style:none}
a{color:var(--accent)}
.quiet,.provenance,figcaption{color:var(--quiet)}
.small,.provenance,.state{font-size:12px;line-height:16px}
.state{margin-left:8px;color:var(--quiet);font-weight:400}
.figures{display:flex;flex-wrap:wrap;gap:16px 0;margin:16px 0 16px -20px}
.figures>div{padding:0 20px;border-left:1px solid var(--line);min-width:128px}
.figures dt{color:var(--quiet);font-size:12px}
.figures dd{display:flex;flex-direction:column;margin:0;font-variant-numeric:tabular-nums}
.figures b{font-size:28px;line-height:36px;font-weight:500}
.figures span{color:var(--quiet);font-size:12px;line-height:16px}
.note{padding:10px 12px;border-radius:6px;background:var(--warn);max-width:none}
figure{margin:24px 0;overflow-x:auto}
img{display:block;max-width:100%;height:auto}
table{width:100%;margin-top:8px;border-collapse:collapse;font-variant-numeric:tabular-nums}
th,td{padding:6px 8px;border-bottom:1px solid var(--line);text-align:left;vertical-align:top;overflow-wrap:anywhere}
th{color:var(--quiet);font-size:12px;font-weight:500}
.num{text-align:right;white-space:nowrap}
.figures>div:first-child{border-color:transparent}
details{margin-top:8px}
summary{cursor:pointer;color:var(--accent)}
pre{overflow:auto;padding:12px;background:var(--sunken);font:12px/16px ui-monospace,Menlo,Consolas,monospace}
@media print{details{display:none}section{break-inside:auto}figure{break-inside:avoid}}
`;
