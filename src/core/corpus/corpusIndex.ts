import type { TaskOptions } from '../../base/progress.ts';
import { inSteps } from '../../base/steps.ts';
import type { LabelTable } from '../labels/labelTable.ts';
import type { IndexBuilder } from './indexBuilder.ts';
import {
  findFirstRows,
  largestGroups,
  measure,
  mergeRows,
  type Rows,
  type TextLengths,
} from './rowPasses.ts';

/** Rows as the page numbers them: all, or with duplicates merged into their first occurrence. */
export interface RowView {
  readonly merged: boolean;
  readonly rowCount: number;
  /** Index row of each row shown; null where they are the same. */
  readonly sourceRows: Uint32Array | null;
  readonly rowOffsets: Uint32Array;
  readonly labelIds: Uint32Array;
  /** Characters a row. */
  readonly textLengths: TextLengths;
}

/**
 * A finished index: duplicates found. Rows are equal when their normalised texts hash alike (64 bits). What walks over all
 * rows breathes, reports rows and can be stopped (`aborted`).
 */
export class CorpusIndex {
  readonly builder: IndexBuilder;
  /** For each index row the first row with the same text: itself where there is none before. */
  readonly firstRows: Uint32Array;
  readonly duplicateRows: number;

  #articles: { readonly count: number | null } | null = null;
  readonly #views: { plain: RowView | null; merged: RowView | null } = { plain: null, merged: null };

  private constructor(builder: IndexBuilder, firstRows: Uint32Array) {
    this.builder = builder;
    this.firstRows = firstRows;
    let duplicates = 0;
    for (let row = 0; row < this.firstRows.length; row++) if (this.firstRows[row] !== row) duplicates++;
    this.duplicateRows = duplicates;
  }

  /** Finds the duplicates of a finished index pass. Throws `aborted`. */
  static async build(builder: IndexBuilder, options: TaskOptions = {}): Promise<CorpusIndex> {
    const { hashLow, hashHigh, rowCount } = builder;
    const search = findFirstRows(hashLow.view, hashHigh.view);
    return new CorpusIndex(builder, await inSteps('Finding duplicates', rowCount, search, options));
  }

  /** All rows, or duplicates merged; made once and kept. Throws `aborted`. */
  async view(merged: boolean, options: TaskOptions = {}): Promise<RowView> {
    const kind = merged ? 'merged' : 'plain';
    const known = this.#views[kind];
    if (known) return known;
    const { rowCount } = this.builder;
    const plain = this.#plainRows();
    const rows = merged
      ? await inSteps(
          'Merging duplicates',
          rowCount,
          mergeRows(plain, this.firstRows, this.builder.labels.length),
          options,
        )
      : plain;
    const chars = this.builder.chars.view;
    const lengths = measure(chars, rows.sourceRows, rowCount);
    const textLengths = await inSteps('Measuring texts', rows.rowCount, lengths, options);
    return (this.#views[kind] = { ...rows, merged, textLengths });
  }

  /** The labels of all rows of a view, as the notebook's label table (fresh arrays, free to be transferred). */
  labelTable({ rowCount, rowOffsets, labelIds }: RowView): LabelTable {
    return {
      rowCount,
      labels: [...this.builder.labels],
      rowOffsets: rowOffsets.slice(),
      labelIds: labelIds.slice(),
    };
  }

  /** Groups of rows (of the unmerged view) with the same text, the largest first, then in the order of the rows. Throws `aborted`. */
  async duplicateGroups(limit: number, options: TaskOptions = {}): Promise<number[][]> {
    const search = largestGroups(this.firstRows, limit);
    return inSteps('Collecting duplicates', this.firstRows.length, search, options);
  }

  /** Articles that rows are from, and whether any has several; null where nothing says from which. */
  get articleCount(): number | null {
    return (this.#articles ??= { count: this.#countArticles() }).count;
  }

  #countArticles(): number | null {
    const { articles, parts, byteStarts, fileIds, rowCount } = this.builder;
    if (articles.view.some((hash) => hash !== 0)) {
      const sorted = articles.view.slice().sort();
      // Rows without a value stand for themselves.
      let count = 0;
      for (let i = 0; i < sorted.length; i++) if (sorted[i] === 0 || sorted[i] !== sorted[i - 1]) count++;
      return count;
    }
    if (!parts.view.some((part) => part > 0)) return null;
    let count = 0;
    for (let row = 0; row < rowCount; row++)
      if (
        row === 0 ||
        byteStarts.at(row) !== byteStarts.at(row - 1) ||
        fileIds.at(row) !== fileIds.at(row - 1)
      )
        count++;
    return count;
  }

  /** For each row of the index asked for, a number that rows of the same article share; copies of a text where there are no articles. */
  articleGroups(rows: Uint32Array): Uint32Array {
    const { articles, parts, rowCount } = this.builder;
    // Hashes take 32 bits: a row without one keeps to itself under its own number, told apart by the order of first sight.
    const numbers = new Map<string, number>();
    const numberOf = (key: string) => {
      const known = numbers.get(key) ?? numbers.size;
      numbers.set(key, known);
      return known;
    };
    if (articles.view.some((hash) => hash !== 0))
      return rows.map((row) => numberOf(articles.at(row) === 0 ? `row ${row}` : `${articles.at(row)}`));
    const hasParts = rowCount > 0 && parts.view.some((part) => part > 0);
    return rows.map((row) => (hasParts ? this.firstRowOfRecord(row) : (this.firstRows[row] as number)));
  }

  /** The first row read from the record that this row is a part of. */
  firstRowOfRecord(row: number): number {
    const { fileIds, byteStarts } = this.builder;
    const [file, start] = [fileIds.at(row), byteStarts.at(row)];
    let first = row;
    while (first > 0 && byteStarts.at(first - 1) === start && fileIds.at(first - 1) === file) first--;
    return first;
  }

  #plainRows(): Rows {
    const ends = this.builder.labelEnds.view;
    const rowOffsets = new Uint32Array(ends.length + 1);
    rowOffsets.set(ends, 1);
    return { rowCount: ends.length, sourceRows: null, rowOffsets, labelIds: this.builder.labelIds.view };
  }
}
