import { random, type Random } from '../../../src/base/random.ts';
import { toJsonl } from '../../../src/core/incubator/pasted.ts';
import { expand, pick } from '../grammar.ts';
import { sampleTasks, type SampleTask } from './tasks.ts';

const objects = 160;

export interface SampleFile {
  readonly name: string;
  readonly text: string;
}

function sentenceCase(text: string): string {
  return text.replaceAll(/(?:^|[.?!] )[a-z]/gu, (start) => start.toUpperCase());
}

function write({ classes, slots, shared }: SampleTask, stream: Random): readonly string[] {
  const own: Record<string, readonly string[]> = { ...slots };
  for (const name of shared) own[name] = [pick(stream, slots[name] ?? [])];
  return Object.values(classes).map((templates) =>
    sentenceCase(expand(pick(stream, templates), own, stream)),
  );
}

/** The sample sets and their index, the same bytes each time. No text comes twice. */
export function writeSampleSets(): readonly SampleFile[] {
  const sets = sampleTasks.map((task, at) => {
    const stream = random(20_240_417, at);
    const seen = new Set<string>();
    const samples: (readonly string[])[] = [];
    while (samples.length < objects) {
      const texts = write(task, stream);
      if (texts.some((text) => seen.has(text))) continue;
      for (const text of texts) seen.add(text);
      samples.push(texts);
    }
    return { name: `${task.id}.jsonl`, text: toJsonl(Object.keys(task.classes), samples) };
  });
  const index = sampleTasks.map(({ id, name, instruction }) => ({
    id,
    name,
    instruction,
    file: `${id}.jsonl`,
    objects,
  }));
  return [...sets, { name: 'index.json', text: `${JSON.stringify(index, null, 2)}\n` }];
}
