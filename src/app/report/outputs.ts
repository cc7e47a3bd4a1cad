import type { CsvValue } from '../../base/csv.ts';

/** What a plot or table gives to a report: asked when the report is made, so that it costs nothing before. */
export interface OutputExport {
  readonly name: string;
  readonly picture?: (format: 'png' | 'svg') => Promise<Blob>;
  readonly table?: () => ExportedTable | Promise<ExportedTable>;
}

export interface ExportedTable {
  readonly header: readonly string[];
  readonly rows: readonly (readonly CsvValue[])[];
}

const registered = new WeakMap<Element, () => OutputExport>();

/** Ties an output's section on the page to what it can export. Returns how to end it. */
export function registerOutput(section: Element, read: () => OutputExport): () => void {
  registered.set(section, read);
  return () => registered.delete(section);
}

/** What the outputs inside an element can export, in the order of the page. */
export function outputsIn(root: Element): OutputExport[] {
  return [...root.querySelectorAll('section.output')].flatMap((section) => {
    const read = registered.get(section);
    return read ? [read()] : [];
  });
}
