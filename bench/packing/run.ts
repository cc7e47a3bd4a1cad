// npm run bench:packing -- [--webgpu] [--rounds=3] [--sets=titles,steps]: real tokens per second of verbena-mini's training steps at batch 48 on real
// wikiHow titles and steps: packed, padded to the batch's longest row, and padded to 512, alternating in one run. Padding tokens cost
// here what they cost elsewhere: every matrix product and attention row. Writes bench/results/packing.json.
import { mkdir, writeFile } from 'node:fs/promises';
import { openNodeGpu } from '../../src/engine/testing/nodeGpu.ts';
import { createTrainableModel, type Lowering } from '../../src/models/create.ts';
import type { OptimizerStep, PackedBatch } from '../../src/models/trainable.ts';
import { packBatch } from '../../src/training/batches.ts';
import { planEpoch } from '../../src/training/packing.ts';
import type { TokenRows, TrainingRows } from '../../src/training/types.ts';
import { openMini, selectedRows, tokenRows, wikihowSets, type WikihowSet } from '../quality/data.ts';
import { adamw } from '../adamw.ts';

const batchSize = 48;
const maxLength = 512;
const budgetTokens = 4096;
const padId = 0;
const modes = ['packed', 'padded to longest', 'padded to 512'] as const;
type Mode = (typeof modes)[number];

/** One optimizer step: its micro-batches and the real tokens in them. */
interface BenchStep {
  readonly batches: readonly PackedBatch[];
  readonly tokens: number;
}

async function main(lowering: Lowering, sets: readonly WikihowSet[], rounds: number): Promise<void> {
  const results = [];
  for (const name of sets) {
    const { texts, selection } = await selectedRows(name);
    const tokens = await tokenRows(texts, selection.rowIds, maxLength);
    const every = Uint32Array.from(tokens.rowIds.keys());
    const data: TrainingRows = {
      ...selection,
      tokens,
      split: { train: every, validation: new Uint32Array(), test: new Uint32Array() },
    };
    const { model } = await createTrainableModel({
      ...(await openMini()),
      labelCount: data.labels.length,
      lowering,
      capacity: { tokens: budgetTokens, sequences: batchSize, maxLength },
      seed: 1,
      dropout: null,
    });
    const perSecond = new Map<Mode, number[]>(modes.map((mode) => [mode, []]));
    let update = 0;
    const timed = async (step: BenchStep): Promise<number> => {
      const started = performance.now();
      await model.trainStep(step.batches, optimizerStep(++update));
      return step.tokens / ((performance.now() - started) / 1000);
    };
    for (let round = 0; round < rounds + 1; round++) {
      for (const mode of modes) {
        const speed = await timed(stepOf(mode, data, round, (ids) => model.segmentIds(ids)));
        // The first round compiles kernels and grows the runtime's memory.
        if (round > 0) perSecond.get(mode)?.push(speed);
      }
    }
    model.dispose();
    const medians = Object.fromEntries(modes.map((mode) => [mode, median(perSecond.get(mode) ?? [])]));
    const packed = medians['packed'] ?? Number.NaN;
    const result = {
      name,
      rows: texts.length,
      meanTokens: tokens.ids.length / texts.length,
      realTokensPerSecond: medians,
      packedOverLongest: packed / (medians['padded to longest'] ?? Number.NaN),
      packedOver512: packed / (medians['padded to 512'] ?? Number.NaN),
    };
    console.log(JSON.stringify(result));
    results.push(result);
  }
  await mkdir('bench/results', { recursive: true });
  const report = { lowering: lowering.kind, batchSize, budgetTokens, rounds, results };
  await writeFile('bench/results/packing.json', `${JSON.stringify(report, null, 2)}\n`);
}

/** The same shuffled rows in every mode where padding decides; packed steps are the trainer's own, sorted inside windows. */
function stepOf(
  mode: Mode,
  data: TrainingRows,
  round: number,
  segmentIds: (ids: Int32Array) => Int32Array,
): BenchStep {
  if (mode === 'packed') {
    const { steps } = planEpoch(
      {
        rows: data.split.train,
        offsets: data.tokens.offsets,
        batchSize,
        budgetTokens,
        maxSequences: batchSize,
        seed: 1,
      },
      0,
    );
    const step = steps[round];
    if (!step) throw new Error('too few rows');
    const batches = step.microBatches.map((rows) => packBatch(data, rows, segmentIds, true));
    return { batches, tokens: step.tokenCount };
  }
  // Random batches, as a data loader without length grouping draws them.
  const { steps } = planEpoch(
    {
      rows: data.split.train,
      offsets: data.tokens.offsets,
      batchSize,
      budgetTokens: batchSize * maxLength,
      maxSequences: batchSize,
      seed: 1,
      windowBatches: 1,
    },
    0,
  );
  const step = steps[round];
  if (!step) throw new Error('too few rows');
  const rows = step.microBatches.flat();
  const lengthOf = (row: number) =>
    (data.tokens.offsets[row + 1] as number) - (data.tokens.offsets[row] as number);
  const length = mode === 'padded to 512' ? maxLength : Math.max(...rows.map(lengthOf));
  const padded = { ...data, tokens: padRows(data.tokens, rows, length) };
  const perBatch = Math.floor(budgetTokens / length);
  const batches: PackedBatch[] = [];
  for (let at = 0; at < rows.length; at += perBatch) {
    // Position in the padded table on the left, the row whose targets count is the same on both sides.
    batches.push(packBatch(padded, rows.slice(at, at + perBatch), segmentIds, true));
  }
  return { batches, tokens: step.tokenCount };
}

/** The token table with the given rows padded on the left to `length`, as XLNet's tokenizer pads; other rows are empty. */
function padRows(tokens: TokenRows, rows: readonly number[], length: number): TokenRows {
  const wanted = new Set(rows);
  const offsets = new Uint32Array(tokens.offsets.length);
  for (let row = 0; row + 1 < offsets.length; row++)
    offsets[row + 1] = (offsets[row] as number) + (wanted.has(row) ? length : 0);
  const ids = new Int32Array(offsets.at(-1) ?? 0).fill(padId);
  for (const row of rows) {
    const own = tokens.ids.subarray(tokens.offsets[row] as number, tokens.offsets[row + 1] as number);
    ids.set(own, (offsets[row + 1] as number) - own.length);
  }
  return { ...tokens, offsets, ids };
}

function optimizerStep(step: number): OptimizerStep {
  return {
    step,
    learningRate: 1e-4,
    ...adamw,
    seed: 1,
  };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

const option = (name: string) =>
  process.argv.find((argument) => argument.startsWith(`--${name}=`))?.split('=')[1];
const rounds = Number(option('rounds') ?? 3);
const names = Object.keys(wikihowSets) as WikihowSet[];
const sets = names.filter((name) => option('sets')?.split(',').includes(name) ?? true);
if (process.argv.includes('--webgpu')) {
  const opened = await openNodeGpu();
  if (!opened.gpu) throw new Error(opened.reason);
  await main({ kind: 'webgpu', gpu: opened.gpu }, sets, rounds);
} else await main({ kind: 'onnx' }, sets, rounds);
process.exit(0);
