import { plural } from '../../base/counts.ts';
import type { Steps } from '../../base/steps.ts';
import { csvCells } from './csvReader.ts';
import { CsvScanner, guessNewline } from './csvScanner.ts';
import { CorpusError } from './errors.ts';
import { parseLabelText } from './labelCells.ts';
import type { Mapping } from './mapping.ts';

/** A topic and one above it. */
export type TopicEdge = readonly [child: string, parent: string];

/** More levels than any topic tree is deep; with cycles, the bound that ends the climb. */
const deepestTopics = 20;
/** Ancestors one label may bring: a tree of how-to topics has ten, the category graph of an encyclopedia thousands. */
const mostAncestors = 200;
const largestTreeBytes = 64 << 20;
const shownExamples = 5;
const rowsAtOnce = 1 << 15;

/** How many there are, and the first few. */
interface Found {
  readonly count: number;
  readonly examples: readonly string[];
}

/** What a topic tree did to the labels, for the notes under the data. */
export interface TopicReport {
  readonly depth: number;
  readonly topicCount: number;
  readonly edgeCount: number;
  /** Labels that no row carried before. */
  readonly addedLabels: number;
  /** Label entries of rows that are new. */
  readonly addedEntries: number;
  /** Groups of topics that stand above themselves, each as `A > B > A`. */
  readonly cycles: Found;
  /** Labels of rows that the tree does not know. */
  readonly labelsOutside: Found;
  /** Topics of the tree that no row carries, neither itself nor through one below it. */
  readonly unusedTopics: Found;
  /** Labels whose topics above were cut off at two hundred. */
  readonly cutLabels: number;
}

/** Names are compared without case and with single blanks, as a tree and a dump made by different hands need it. */
const keyOf = (name: string) =>
  name
    .trim()
    .replace(/[_\s]+/gu, ' ')
    .toLowerCase();
const cleanName = (name: string) => name.trim().replace(/\s+/gu, ' ');

/** A graph of topics. Topics may have several above them, and cycles end every climb instead of prolonging it. */
export class TopicTree {
  readonly edgeCount: number;
  readonly names: string[] = [];
  readonly #idOfKey = new Map<string, number>();
  readonly #parents: number[][] = [];

  constructor(edges: Iterable<TopicEdge>) {
    let edgeCount = 0;
    const seen = new Set<number>();
    for (const [child, parent] of edges) {
      if (keyOf(child) === '' || keyOf(parent) === '') continue;
      const below = this.#intern(child);
      const above = this.#intern(parent);
      const parents = this.#parents[below] as number[];
      const edge = below * 2 ** 26 + above;
      if (seen.has(edge)) continue;
      seen.add(edge);
      parents.push(above);
      edgeCount++;
    }
    this.edgeCount = edgeCount;
  }

  idOf(name: string): number | undefined {
    return this.#idOfKey.get(keyOf(name));
  }

  /** Topics above one, the nearest first, at most `depth` levels up and two hundred; never itself. */
  ancestors(id: number, depth: number): { readonly ids: readonly number[]; readonly isCut: boolean } {
    const seen = new Set([id]);
    let level = [id];
    for (let up = 0; up < Math.min(depth, deepestTopics) && level.length > 0; up++) {
      const next: number[] = [];
      for (const topic of level)
        for (const parent of this.#parents[topic] ?? []) {
          if (seen.has(parent)) continue;
          if (seen.size > mostAncestors) return { ids: [...seen].slice(1), isCut: true };
          seen.add(parent);
          next.push(parent);
        }
      level = next;
    }
    return { ids: [...seen].slice(1), isCut: false };
  }

  /** Strongly connected groups (Tarjan 1972, with a stack of its own: a chain may be a million long), and topics above themselves. */
  cycles(): Found {
    const order = new Int32Array(this.names.length).fill(-1);
    const low = new Int32Array(this.names.length);
    const onStack = new Uint8Array(this.names.length);
    const stack: number[] = [];
    const examples: string[] = [];
    let count = 0;
    let clock = 0;
    for (let root = 0; root < this.names.length; root++) {
      if (order[root] !== -1) continue;
      const calls: { topic: number; next: number }[] = [];
      const enter = (topic: number) => {
        order[topic] = low[topic] = clock++;
        stack.push(topic);
        onStack[topic] = 1;
        calls.push({ topic, next: 0 });
      };
      enter(root);
      for (let call = calls.at(-1); call; call = calls.at(-1)) {
        const { topic } = call;
        const parent = this.#parents[topic]?.[call.next++];
        if (parent !== undefined) {
          if (order[parent] === -1) enter(parent);
          else if (onStack[parent]) low[topic] = Math.min(low[topic] as number, order[parent] as number);
          continue;
        }
        calls.pop();
        const below = calls.at(-1);
        if (below) low[below.topic] = Math.min(low[below.topic] as number, low[topic] as number);
        if (low[topic] !== order[topic]) continue;
        const group = stack.splice(stack.lastIndexOf(topic));
        for (const member of group) onStack[member] = 0;
        if (group.length === 1 && !this.#parents[topic]?.includes(topic)) continue;
        count++;
        if (examples.length < shownExamples)
          examples.push([...group.slice(0, 6), topic].map((member) => this.names[member] ?? '').join(' > '));
      }
    }
    return { count, examples };
  }

  #intern(name: string): number {
    const key = keyOf(name);
    const known = this.#idOfKey.get(key);
    if (known !== undefined) return known;
    this.#idOfKey.set(key, this.names.length);
    this.#parents.push([]);
    return this.names.push(cleanName(name)) - 1;
  }
}

/** Rows with their labels: `labelEnds[r]` is where row r ends in `labelIds`. */
export interface LabelledRows<Buffer extends ArrayBufferLike = ArrayBufferLike> {
  readonly labels: readonly string[];
  readonly labelEnds: Uint32Array<Buffer>;
  readonly labelIds: Uint32Array<Buffer>;
}

/**
 * Gives every row the topics above its labels, at most `depth` levels up, as labels of their own: distinct and ascending, new
 * names behind the known ones. O(label entries × ancestors); written in steps, each worth a few milliseconds.
 */
export function* addTopics(
  rows: LabelledRows,
  tree: TopicTree,
  depth: number,
): Steps<{ readonly rows: LabelledRows<ArrayBuffer>; readonly report: TopicReport }> {
  const labels = [...rows.labels];
  const labelOfTopic = new Map<number, number>();
  for (const [label, name] of labels.entries()) {
    const topic = tree.idOf(name);
    // Of two spellings the first label stands for the topic.
    if (topic !== undefined && !labelOfTopic.has(topic)) labelOfTopic.set(topic, label);
  }
  const known = labels.length;
  const outside: string[] = [];
  let cutLabels = 0;
  const above: (readonly number[])[] = [];
  const used = new Set<number>();
  for (let label = 0; label < known; label++) {
    const topic = tree.idOf(labels[label] ?? '');
    if (topic === undefined) {
      outside.push(labels[label] ?? '');
      above.push([]);
      continue;
    }
    const { ids, isCut } = tree.ancestors(topic, depth);
    if (isCut) cutLabels++;
    used.add(topic);
    above.push(
      ids.map((ancestor) => {
        used.add(ancestor);
        let id = labelOfTopic.get(ancestor);
        if (id === undefined) {
          id = labels.push(tree.names[ancestor] ?? '') - 1;
          labelOfTopic.set(ancestor, id);
        }
        return id;
      }),
    );
  }
  const labelEnds = new Uint32Array(rows.labelEnds.length);
  let labelIds = new Uint32Array(Math.max(16, rows.labelIds.length * 2));
  let length = 0;
  let start = 0;
  /** The row, plus one, that took a label last. */
  const takenBy = new Uint32Array(labels.length);
  for (let row = 0; row < labelEnds.length; row++) {
    if (row % rowsAtOnce === rowsAtOnce - 1) yield row;
    const end = rows.labelEnds[row] as number;
    const begun = length;
    const take = (id: number) => {
      if (takenBy[id] === row + 1) return;
      takenBy[id] = row + 1;
      if (length === labelIds.length) {
        const larger = new Uint32Array(labelIds.length * 2);
        larger.set(labelIds);
        labelIds = larger;
      }
      labelIds[length++] = id;
    };
    for (let i = start; i < end; i++) {
      const id = rows.labelIds[i] as number;
      take(id);
      for (const ancestor of above[id] ?? []) take(ancestor);
    }
    labelIds.subarray(begun, length).sort();
    labelEnds[row] = length;
    start = end;
  }
  const unused = tree.names.filter((_, topic) => !used.has(topic));
  const found = (names: readonly string[]): Found => ({
    count: names.length,
    examples: names.slice(0, shownExamples),
  });
  return {
    rows: { labels, labelEnds, labelIds: labelIds.slice(0, length) },
    report: {
      depth,
      topicCount: tree.names.length,
      edgeCount: tree.edgeCount,
      addedLabels: labels.length - known,
      addedEntries: length - rows.labelIds.length,
      cycles: tree.cycles(),
      labelsOutside: found(outside),
      unusedTopics: found(unused),
      cutLabels,
    },
  };
}

/**
 * Reads a table of topics: the mapping's text column is the topic, its label column the one above. A list there is a path from
 * the root. Rows without both are passed over. Throws `topics-too-large`, `no-text-column`.
 */
export async function readTopicTable(
  name: string,
  chunks: AsyncIterable<Uint8Array>,
  mapping: Mapping,
): Promise<TopicEdge[]> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of chunks) {
    length += chunk.length;
    if (length > largestTreeBytes)
      throw new CorpusError(
        'topics-too-large',
        `${name} is larger than ${largestTreeBytes >> 20} MB, too large for a topic tree.`,
        'If it holds rows, choose in the mapping panel where text and labels stand.',
      );
    parts.push(chunk.slice());
  }
  const joined = new Uint8Array(length);
  let filled = 0;
  for (const part of parts) {
    joined.set(part, filled);
    filled += part.length;
  }
  const hasMark = joined[0] === 0xef && joined[1] === 0xbb && joined[2] === 0xbf;
  const bytes = hasMark ? joined.subarray(3) : joined;
  const newline = guessNewline(bytes, true) ?? 'lf';
  const scanner = new CsvScanner(mapping.delimiter.charCodeAt(0), newline);
  const edges: TopicEdge[] = [];
  let childAt = numbered(mapping.textColumns[0]);
  let parentAt = numbered(mapping.labelColumns[0]);
  let isHeader = mapping.hasHeader;
  for (let at = 0; at < bytes.length;) {
    const next = scanner.scan(bytes, at, true);
    if (next <= at) break;
    at = next;
    const cells = csvCells(bytes, scanner).map((cell) => cell.trim());
    if (isHeader) {
      isHeader = false;
      if (childAt < 0) childAt = cells.indexOf(mapping.textColumns[0] ?? '');
      if (parentAt < 0) parentAt = cells.indexOf(mapping.labelColumns[0] ?? '');
      if (childAt < 0 || parentAt < 0)
        throw new CorpusError(
          'no-text-column',
          `${name} lacks a column for the topic or the one above it.`,
          `Choose both in the mapping panel; the file has ${cells.join(', ')}.`,
        );
      continue;
    }
    const child = cells[childAt] ?? '';
    const path = pathOf(cells[parentAt] ?? '');
    // The last of a path is the topic right above; each other stands above the one behind it.
    for (let up = path.length - 1, below = child; up >= 0 && below !== ''; up--) {
      const above = path[up] ?? '';
      edges.push([below, above]);
      below = above;
    }
  }
  return edges;
}

/** One topic above, or all of them from the root down as a list: `['root', 'Food', 'Baking']`. The root itself is no topic. */
function pathOf(cell: string): string[] {
  if (!cell.startsWith('[')) return cell === '' ? [] : [cell];
  const parsed = parseLabelText(cell, null);
  return 'reason' in parsed ? [] : parsed.labels.filter((name) => name.toLowerCase() !== 'root');
}

function numbered(column: string | undefined): number {
  return column?.startsWith('#') ? Number(column.slice(1)) : -1;
}

/** What the reader of a notebook should know of the tree, in sentences. */
export function topicNotes(report: TopicReport): string[] {
  const { cycles, labelsOutside, unusedTopics, cutLabels } = report;
  const some = ({ count, examples }: Found) =>
    `${examples.join(', ')}${count > examples.length ? ', …' : ''}`;
  const notes = [
    `Topics up to ${plural(report.depth, 'level')} above the labels were added: ${plural(report.addedLabels, 'new label')}, ${plural(report.addedEntries, 'entry', 'entries')} more.`,
  ];
  if (cycles.count > 0)
    notes.push(
      `The topic tree has ${plural(cycles.count, 'cycle')}, each climbed once: ${cycles.examples.join('; ')}.`,
    );
  if (labelsOutside.count > 0)
    notes.push(
      `${plural(labelsOutside.count, 'label is', 'labels are')} not in the topic tree: ${some(labelsOutside)}.`,
    );
  if (unusedTopics.count > 0)
    notes.push(
      `${plural(unusedTopics.count, 'topic of the tree is', 'topics of the tree are')} carried by no row: ${some(unusedTopics)}.`,
    );
  if (cutLabels > 0)
    notes.push(
      `${plural(cutLabels, 'label has', 'labels have')} more than ${mostAncestors} topics above them; the nearest were taken.`,
    );
  return notes;
}
