import { mkdir, writeFile } from 'node:fs/promises';
import { random, type Random } from '../../../src/base/random.ts';
import { toJsonl } from '../../../src/core/incubator/pasted.ts';
import { expand, pick, type Slots } from '../grammar.ts';
import { sampleTasks, type SampleTask } from './tasks.ts';

// npx tsx scripts/sample/incubator/generate.ts: rewrites public/samples/generated/, byte for byte the same each time. The texts are made by a
// grammar, not by a model: they show the flow, and say nothing of what a model would write.

const objects = 160;
const folder = new URL('../../../public/samples/generated/', import.meta.url);

function sentenceCase(text: string): string {
  return text.replaceAll(/(?:^|[.?!] )[a-z]/gu, (start) => start.toUpperCase());
}

function write({ classes, slots, shared }: SampleTask, stream: Random): readonly string[] {
  const own: Record<string, readonly string[]> = { ...slots };
  for (const name of shared) own[name] = [pick(stream, slots[name] ?? [])];
  return Object.values(classes).map((templates) =>
    sentenceCase(expand(pick(stream, templates), own as Slots, stream)),
  );
}

await mkdir(folder, { recursive: true });
const index = [];
for (const [at, task] of sampleTasks.entries()) {
  const stream = random(20_240_417, at);
  const labels = Object.keys(task.classes);
  const seen = new Set<string>();
  const samples: (readonly string[])[] = [];
  while (samples.length < objects) {
    const texts = write(task, stream);
    if (texts.some((text) => seen.has(text))) continue;
    for (const text of texts) seen.add(text);
    samples.push(texts);
  }
  const file = `${task.id}.jsonl`;
  const text = toJsonl(labels, samples);
  await writeFile(new URL(file, folder), text);
  index.push({ id: task.id, name: task.name, instruction: task.instruction, file, objects });
  console.log(`${file}: ${samples.length} objects of ${labels.length} classes, ${text.length} bytes`);
}
await writeFile(new URL('index.json', folder), `${JSON.stringify(index, null, 2)}\n`);
