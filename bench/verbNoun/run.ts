import { existsSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { cpus, loadavg } from 'node:os';
import { categoryAgreement, type CategoryAgreement } from '../../src/core/verbNoun/agreement.ts';
import { createExtractor } from '../../src/core/verbNoun/extract.ts';
import { loadTagger } from '../../src/core/verbNoun/tagger.ts';

// npx tsx bench/verbNoun/run.ts
// Agreement with the labels of the Instruction Embedding Benchmark and instructions a second. The rules were written against
// ift_test and the texts of the similarity test; eft_test shares no text and no category with either. Third-party data beside the
// repository; the bench says so and ends where it is absent. Writes bench/results/verb-noun.json.

const folder = '../shared/data/ieb';

interface Labelled {
  readonly text: string;
  readonly label: string;
}

type Categories = Record<string, { readonly samples: readonly { readonly instruction: string }[] }>;

function eftTest(): Labelled[] {
  const categories = JSON.parse(readFileSync(`${folder}/eft_test.json`, 'utf8')) as Categories;
  return Object.entries(categories).flatMap(([label, { samples }]) =>
    samples.map(({ instruction }) => ({ text: instruction, label })),
  );
}

function development(held: readonly Labelled[]): Labelled[] {
  const seen = new Set(held.map(({ text }) => text.trim()));
  return readFileSync(`${folder}/labelled_union.jsonl`, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Labelled & { readonly src: string })
    .filter(({ src, text }) => src !== 'eft_test' && !seen.has(text.trim()));
}

interface Row {
  readonly set: string;
  readonly agreement: CategoryAgreement;
  readonly perSecond: number;
}

async function main(): Promise<void> {
  if (!existsSync(folder)) {
    console.log(`No ${folder}: nothing to measure.`);
    return;
  }
  const extract = createExtractor(await loadTagger());
  const test = eftTest();
  const sets: [string, Labelled[]][] = [
    ['development (ift_test, IIS)', development(test)],
    ['eft_test', test],
  ];
  const rows: Row[] = sets.map(([set, labelled]) => {
    const started = process.cpuUsage();
    const extracted = labelled.map(({ text }) => extract(text).primary);
    // Processor time: on a machine that others use too, the clock says more of them.
    const { user, system } = process.cpuUsage(started);
    const perSecond = labelled.length / ((user + system) / 1e6);
    const agreement = categoryAgreement(
      extracted,
      labelled.map(({ label }) => label),
    );
    return { set, agreement, perSecond: Math.round(perSecond) };
  });
  for (const { set, agreement, perSecond } of rows) {
    const { rows: count, verb, noun, pair } = agreement;
    console.log(
      `${set.padEnd(30)} ${count} rows  verb ${(100 * verb).toFixed(1)} %  noun ${(100 * noun).toFixed(1)} %  pair ${(100 * pair).toFixed(1)} %  ${perSecond}/s`,
    );
  }
  await mkdir('bench/results', { recursive: true });
  const machine = { node: process.version, cpus: cpus().length, load: loadavg()[0] };
  await writeFile('bench/results/verb-noun.json', `${JSON.stringify({ machine, rows }, null, 2)}\n`);
}

void main();
