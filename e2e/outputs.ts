import { readFileSync } from 'node:fs';
import Papa from 'papaparse';
import type { Locator } from 'playwright-core';
import type { CellPanel } from './pages/notebookPage.ts';

/** A plot's or table's own CSV, line by line. */
export async function csvLines(cell: CellPanel, name: string): Promise<string[]> {
  const path = await (await (await cell.output(name)).save(/CSV/u)).path();
  return readFileSync(path, 'utf8').trim().split(/\r?\n/u);
}

/** Rows of a plot or table through its own CSV, by header. */
export async function csv(cell: CellPanel, name: string): Promise<Record<string, string>[]> {
  const lines = await csvLines(cell, name);
  return Papa.parse<Record<string, string>>(lines.join('\n'), { header: true }).data;
}

/** A line of a cell's list of experiments. */
export const template = ({ root, page }: CellPanel, name: string): Locator =>
  root.getByRole('listitem').filter({ has: page.getByRole('heading', { name, exact: true }) });
