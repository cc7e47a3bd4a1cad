import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import type { LabelTable } from '../../src/core/labels/labelTable.ts';

/** Rows of a JSONL file with `text` and `labels`, as a label table and texts. */
export async function readLabelledRows(file: string): Promise<{ table: LabelTable; texts: string[] }> {
  const ids = new Map<string, number>();
  const texts: string[] = [];
  const rowOffsets = [0];
  const labelIds: number[] = [];
  for await (const line of createInterface({ input: createReadStream(file) })) {
    if (!line.trim()) continue;
    const { text, labels } = JSON.parse(line) as { text: string; labels: string[] };
    texts.push(text);
    const row = new Set(labels.map((label) => ids.get(label) ?? (ids.set(label, ids.size), ids.size - 1)));
    labelIds.push(...[...row].sort((a, b) => a - b));
    rowOffsets.push(labelIds.length);
  }
  return {
    table: {
      rowCount: texts.length,
      labels: [...ids.keys()],
      rowOffsets: Uint32Array.from(rowOffsets),
      labelIds: Uint32Array.from(labelIds),
    },
    texts,
  };
}
