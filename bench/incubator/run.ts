// npm run bench:incubator [-- PART...]: incubated classifiers on CoTAM's generations, diversification, mining by formula. Reads
// ../shared/data (third-party, not part of the repository). Writes bench/results/incubator-PART.json and prints Markdown tables.
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { dependentClasses, emotionHeldOut, generatedAgainstReal, learningCurve } from './classify.ts';
import { effectOfDiversification, sweepOfK } from './diversify.ts';
import { encoderOnNews, encoderOnSst } from './encoder.ts';
import { generatorCurve, generatorOfOurOwn, generatorParaphrases } from './generator.ts';
import { generatorTrec } from './generatorOfRows.ts';
import { growingQueries, precisionOfQueries } from './mine.ts';
import { writtenAgainstReal, writtenDiversity } from './written.ts';

const parts: Readonly<Record<string, () => Promise<unknown>>> = {
  generated: generatedAgainstReal,
  emotion: emotionHeldOut,
  curve: learningCurve,
  dependent: dependentClasses,
  queries: precisionOfQueries,
  growing: growingQueries,
  diversify: effectOfDiversification,
  k: sweepOfK,
  written: writtenAgainstReal,
  writtenDiversity,
  encoder: encoderOnNews,
  encoderSst: encoderOnSst,
  generator: generatorOfOurOwn,
  generatorCurve,
  paraphrases: generatorParaphrases,
  generatorTrec,
};

const plainArrays = (_key: string, value: unknown) =>
  ArrayBuffer.isView(value) ? [...(value as Uint32Array)] : value;

if (!existsSync('../shared/data/cotam')) {
  console.error('../shared/data is not there: nothing to measure.');
  process.exit(1);
}
const asked = process.argv.slice(2);
await mkdir('bench/results', { recursive: true });
for (const name of asked.length > 0 ? asked : Object.keys(parts)) {
  const part = parts[name];
  if (!part) throw new Error(`No part “${name}”; there are ${Object.keys(parts).join(', ')}.`);
  const started = performance.now();
  const found = await part();
  const seconds = Math.round((performance.now() - started) / 1000);
  const text = (found as { readonly text?: string }).text ?? JSON.stringify(found, null, 1);
  console.log(`\n## ${name} (${seconds} s)\n\n${text}`);
  const data = (found as { readonly data?: unknown }).data ?? found;
  await writeFile(
    `bench/results/incubator-${name}.json`,
    `${JSON.stringify({ name, seconds, data }, plainArrays, 1)}\n`,
  );
}
// The CPU path's threads would keep the process alive.
process.exit(0);
