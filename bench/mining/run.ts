// npm run bench:mining: how long a changed formula takes over 100,000 cached texts, in all three semantics with the best 1,000 of each
// ranking. Writes bench/results/mining.json.
import { mkdir, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { random } from '../../src/base/random.ts';
import { linearDefaults } from '../../src/core/incubator/classifier/linear.ts';
import type { ClassifierCard } from '../../src/services/miner/contract.ts';
import { Miner } from '../../src/services/miner/service.ts';

const [rowCount, labels, rounds] = [100_000, 12, 15];
const values = new Map<string, unknown>();
const miner = new Miner({
  get: async (key) => values.get(key),
  set: async (key, value) => void values.set(key, value),
  delete: async (key) => void values.delete(key),
  keys: async () => [...values.keys()],
});
const names = Array.from({ length: labels }, (_, i) => `c${i}`);
await miner.register({ id: 'x', name: 'x', labels: names, createdAt: '' } as unknown as ClassifierCard);
const r = random(1);
const logOdds = Float32Array.from({ length: rowCount * labels }, () => 6 * r.normal() - 3);
await miner.putScores('x', 'bench', rowCount, 0, logOdds);
const concepts = Object.fromEntries(names.map((name, i) => [name, `x/${i}`]));
const gold = Object.fromEntries(
  names.map((name) => [name, Uint8Array.from({ length: rowCount }, () => (r.next() < 0.1 ? 1 : 0))]),
);

const queries = {
  'one concept': 'c0',
  'two concepts': 'c0 AND NOT c1',
  'three concepts': '(c0 OR c1) AND NOT c2',
  'comparison and threshold': 'c0 > 0.7 AND c1 > c2',
  'six concepts': '(c0 OR c1) AND (c2 OR NOT c3) AND NOT (c4 OR c5)',
  'twelve concepts': names.join(' OR '),
};
interface Timing {
  readonly medianMs: number;
  readonly worstMs: number;
  /** Of the processor: what the machine's other work does not change. */
  readonly cpuMs: number;
  readonly withGoldMs: number;
  readonly withGoldCpuMs: number;
}
const results: Record<string, Timing> = {};
for (const [name, source] of Object.entries(queries)) {
  const time = async (withGold: boolean) => {
    const [walls, cpus]: [number[], number[]] = [[], []];
    for (let i = 0; i < rounds; i++) {
      const query = {
        corpus: 'bench',
        rowCount,
        source,
        concepts,
        limit: 1000,
        gold: withGold ? gold : null,
        withAverages: false,
      };
      const before = process.cpuUsage();
      walls.push((await miner.query(query)).elapsedMs);
      const { user, system } = process.cpuUsage(before);
      cpus.push((user + system) / 1000);
    }
    return { walls: walls.sort((a, b) => a - b), cpu: cpus.sort((a, b) => a - b)[rounds >> 1] ?? 0 };
  };
  await time(false);
  const plain = await time(false);
  const judged = await time(true);
  results[name] = {
    medianMs: plain.walls[rounds >> 1] ?? 0,
    worstMs: plain.walls.at(-1) ?? 0,
    cpuMs: plain.cpu,
    withGoldMs: judged.walls[rounds >> 1] ?? 0,
    withGoldCpuMs: judged.cpu,
  };
}
console.table(results);

// Scoring itself: a classifier of three classes grown from 600 texts, over 100,000 texts of 20 words.
const words = Array.from({ length: 2000 }, (_, i) => `word${i}`);
const text = (label: number) =>
  Array.from(
    { length: 20 },
    () => words[r.integer(3) === 0 ? 600 * label + r.integer(600) : r.integer(2000)],
  ).join(' ');
const set = {
  instruction: '',
  labels: ['a', 'b', 'c'],
  samples: Array.from({ length: 200 }, () => [0, 1, 2].map(text)),
};
const { signal } = new AbortController();
const request = { name: 'x', set, setId: null, spec: linearDefaults, heldOutShare: 0, seed: 1 };
const card = await miner.train(request, () => undefined, signal);
const texts = Array.from({ length: rowCount }, () => text(r.integer(3)));
const started = performance.now();
for (let from = 0; from < rowCount; from += 2048)
  await miner.score(card.id, 'texts', rowCount, from, texts.slice(from, from + 2048));
const scoring = {
  trainMs: Math.round(card.elapsedMs),
  scoreMs: Math.round(performance.now() - started),
  textsPerSecond: Math.round(rowCount / ((performance.now() - started) / 1000)),
};
console.log(scoring);

await mkdir('bench/results', { recursive: true });
const report = { rowCount, rounds, cpu: cpus()[0]?.model, threads: cpus().length, results, scoring };
await writeFile('bench/results/mining.json', `${JSON.stringify(report, null, 2)}\n`);
