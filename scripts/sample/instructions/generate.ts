import { writeFile } from 'node:fs/promises';
import { toJsonLines, writeInstructions } from './corpus.ts';

// npx tsx scripts/sample/instructions/generate.ts: rewrites public/samples/instructions.jsonl, byte for byte the same each time.

const rows = writeInstructions();
const text = toJsonLines(rows);
await writeFile(new URL('../../../public/samples/instructions.jsonl', import.meta.url), text);
console.log(
  `${rows.length} instructions, ${new Set(rows.map(({ categories }) => categories[0])).size} categories, ${text.length} bytes`,
);
