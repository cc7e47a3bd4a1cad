import { mkdir, writeFile } from 'node:fs/promises';
import { writeSampleSets } from './corpus.ts';

// npx tsx scripts/sample/incubator/generate.ts: rewrites public/samples/generated/, byte for byte the same each time. The texts are made by a
// grammar, not by a model: they show the flow, and say nothing of what a model would write.

const folder = new URL('../../../public/samples/generated/', import.meta.url);
await mkdir(folder, { recursive: true });
for (const { name, text } of writeSampleSets()) {
  await writeFile(new URL(name, folder), text);
  console.log(`${name}: ${text.length} bytes`);
}
