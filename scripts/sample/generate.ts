import { mkdir, writeFile } from 'node:fs/promises';
import { toJsonLines, writeCorpus } from './corpus.ts';

// npm run sample: rewrites public/samples/howto-steps.jsonl, byte for byte the same each time.

const folder = new URL('../../public/samples/', import.meta.url);
const rows = writeCorpus();
const text = toJsonLines(rows);
await mkdir(folder, { recursive: true });
await writeFile(new URL('howto-steps.jsonl', folder), text);

const counts = new Map<string, number>();
for (const row of rows) for (const label of row.categories) counts.set(label, (counts.get(label) ?? 0) + 1);
const sorted = [...counts.values()].sort((a, b) => b - a);
console.log(
  `${rows.length} steps, ${counts.size} labels (${sorted[0]} down to ${sorted.at(-1)} rows), ${text.length} bytes`,
);
