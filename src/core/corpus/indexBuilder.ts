import { BadRowLog } from './badRowLog.ts';
import { growableFloat64, growableUint32 } from './growable.ts';
import { parseLabelText, type BadLabels } from './labelCells.ts';
import type { TextHash } from './textHash.ts';

/** Label cells remembered with their ids: wikiHow repeats a few thousand. */
const cachedCells = 20_000;

/** What the index pass learns: rows as byte ranges with label sets, in typed arrays (about 48 bytes a row). */
export class IndexBuilder {
  readonly fileIds = growableUint32();
  readonly byteStarts = growableFloat64();
  readonly byteLengths = growableUint32();
  /** Which of the rows that one byte range holds: 0 where it holds one. */
  readonly parts = growableUint32();
  readonly lines = growableUint32();
  readonly chars = growableUint32();
  /** The 64-bit hash of each normalised text, in two halves. */
  readonly hashLow = growableUint32();
  readonly hashHigh = growableUint32();
  /** A hash of the value in the article column; 0: there is none. */
  readonly articles = growableUint32();
  /** Row r carries `labelIds[labelEnds[r - 1] .. labelEnds[r])`. */
  readonly labelEnds = growableUint32();
  readonly labelIds = growableUint32();
  readonly labels: string[] = [];
  readonly bad = new BadRowLog();
  droppedLabelEntries = 0;
  /** Records passed over on purpose (redirects, talk pages), by reason. */
  readonly skipped: Record<string, number> = {};
  /** Topics with a topic above them, as category pages name them: `[child, parent]`. */
  readonly topicEdges: (readonly [child: string, parent: string])[] = [];

  readonly #idOfLabel = new Map<string, number>();
  readonly #cells = new Map<string, { ids: Uint32Array; dropped: number } | BadLabels>();

  /** The separator under which the remembered cells were read. */
  #cellSeparator: string | null = null;

  get rowCount(): number {
    return this.fileIds.length;
  }

  /** Ids of one label cell, distinct and ascending, remembered by its text. */
  cell(text: string, separator: string | null): { ids: Uint32Array; dropped: number } | BadLabels {
    if (separator !== this.#cellSeparator) {
      this.#cells.clear();
      this.#cellSeparator = separator;
    }
    let known = this.#cells.get(text);
    if (known) return known;
    const parsed = parseLabelText(text, separator);
    known = 'reason' in parsed ? parsed : { ids: this.intern(parsed.labels), dropped: parsed.dropped };
    if (this.#cells.size >= cachedCells) this.#cells.clear();
    this.#cells.set(text, known);
    return known;
  }

  /** Ids of labels, distinct and ascending; new labels get the next ids. */
  intern(labels: readonly string[]): Uint32Array {
    const ids = labels.map((label) => {
      const known = this.#idOfLabel.get(label);
      if (known !== undefined) return known;
      this.#idOfLabel.set(label, this.labels.length);
      return this.labels.push(label) - 1;
    });
    return Uint32Array.from(new Set(ids)).sort();
  }

  addRow(
    fileId: number,
    byteStart: number,
    byteLength: number,
    line: number,
    text: TextHash,
    labelIds: Uint32Array,
    part = 0,
    article = 0,
  ): void {
    this.parts.push(part);
    this.articles.push(article);
    this.fileIds.push(fileId);
    this.byteStarts.push(byteStart);
    this.byteLengths.push(byteLength);
    this.lines.push(line);
    this.chars.push(text.chars);
    this.hashLow.push(text.low);
    this.hashHigh.push(text.high);
    for (const id of labelIds) this.labelIds.push(id);
    this.labelEnds.push(this.labelIds.length);
  }

  /** Puts other labels in the place of all rows' labels. */
  relabel(
    labels: readonly string[],
    labelEnds: Uint32Array<ArrayBuffer>,
    labelIds: Uint32Array<ArrayBuffer>,
  ): void {
    this.labels.splice(0, this.labels.length);
    for (const label of labels) this.labels.push(label);
    this.labelEnds.truncate(0);
    this.labelEnds.append(labelEnds);
    this.labelIds.truncate(0);
    this.labelIds.append(labelIds);
    this.reindexLabels();
  }

  skip(reason: string): void {
    this.skipped[reason] = (this.skipped[reason] ?? 0) + 1;
  }

  /** Refills the look-up after `labels` were restored from storage. */
  reindexLabels(): void {
    this.#idOfLabel.clear();
    this.#cells.clear();
    for (const [id, label] of this.labels.entries()) this.#idOfLabel.set(label, id);
  }
}
