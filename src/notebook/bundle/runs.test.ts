import { describe, expect, it } from 'vitest';
import { processRunLocks } from '../../services/storage/locks.ts';
import type { RunStorage } from '../../services/trainer/runStorage.ts';
import { createTrainerService } from '../../services/trainer/service.ts';
import { bagDependencies } from '../../services/trainer/testing/bagDependencies.ts';
import type { PredictedBatch, TrainingData } from '../../services/trainer/contract.ts';
import { quickHyperparameters, syntheticRows } from '../../training/testing/rows.ts';
import { newDocument } from '../document.ts';
import type { PartKind } from './member.ts';
import { offersFor } from './offers.ts';
import { openBundle } from './read.ts';
import { restoreBundle } from './restore.ts';
import { memoryStores, type MemoryStores } from './testing/memoryStores.ts';
import { writeBundle } from './write.ts';
import { blobSink } from '../../models/files/zipWriter.ts';

// Real runs of the real trainer: what arrives in another browser is read, asked and continued there.

const rows = syntheticRows({ rows: 120, labels: 4, seed: 4 });
const data: TrainingData = {
  ...rows,
  dataHash: 'da7a',
  tokens: { ...rows.tokens, hash: '70ce', maxLength: 32, fullLengths: rows.tokens.rowIds },
};
const goOn = new AbortController().signal;

/** The trainer's runs in the files of a browser. */
function runStorage({ files }: MemoryStores): RunStorage {
  return {
    files: (runId) => ({
      async write(name, content) {
        await files.write(`runs/${runId}/${name}`, content);
        return (await files.read(`runs/${runId}/${name}`))?.size ?? 0;
      },
      read: (name) => files.read(`runs/${runId}/${name}`),
      list: async () =>
        (await files.list(`runs/${runId}`))
          .filter(({ kind }) => kind === 'file')
          .map(({ name }) => name)
          .sort(),
      remove: (name) => files.remove(`runs/${runId}/${name}`),
    }),
    runIds: async () => (await files.list('runs')).map(({ name }) => name),
    remove: async () => false,
    restore: async () => false,
    discard: (runId) => files.remove(`runs/${runId}`),
    sweep: async () => undefined,
    freeBytes: async () => null,
  };
}

const trainerOf = (stores: MemoryStores) =>
  createTrainerService(bagDependencies(runStorage(stores), processRunLocks()));

const spec = {
  runId: 'one',
  model: { kind: 'embedded', name: 'bag' },
  lowering: 'auto',
  hyperparameters: { ...quickHyperparameters, maxSteps: 24, checkpointEverySteps: 6 },
  seed: 3,
} as const;

/** Carries the run from one browser to another, with these parts of it. */
async function carry(from: MemoryStores, kinds: readonly PartKind[]): Promise<MemoryStores> {
  const document = newDocument();
  const offers = (await offersFor(document, from)).filter(({ kind }) => kinds.includes(kind));
  const sink = blobSink();
  await writeBundle({ document, offers, writtenBy: 'test' }, sink);
  const there = memoryStores();
  await restoreBundle(await openBundle(new File([sink.blob()], 'n.verbena.zip')), there);
  return there;
}

/** The first test rows as a table of their own. */
function someRows() {
  const { ids, offsets, rowIds } = data.tokens;
  const picked = data.split.test.slice(0, 5);
  const parts = Array.from(picked, (row) => Array.from(ids.slice(offsets[row], offsets[row + 1])));
  const ends = Uint32Array.from([0, ...parts.map((_, at) => parts.slice(0, at + 1).flat().length)]);
  return { rowIds: picked.map((row) => rowIds[row] ?? 0), offsets: ends, ids: Int32Array.from(parts.flat()) };
}

async function answers(trainer: ReturnType<typeof trainerOf>): Promise<readonly number[]> {
  const logits = new Float32Array(5 * 4);
  const take = ({ rows: at, logits: part }: PredictedBatch) =>
    at.forEach((row, b) => logits.set(part.subarray(4 * b, 4 * b + 4), 4 * row));
  await trainer.predict('one', someRows(), take, goOn);
  return [...logits];
}

describe('a run in another browser', () => {
  it('shows its curves and outputs and answers as it did, without the texts it learnt from', async () => {
    const here = memoryStores();
    const trainer = trainerOf(here);
    await trainer.start(spec, data, () => undefined);
    const there = trainerOf(await carry(here, ['run', 'run-weights']));
    expect(await there.runs()).toEqual(await trainer.runs());
    expect(await there.logits('one', 'test', 'best')).toEqual(await trainer.logits('one', 'test', 'best'));
    expect(await there.labelPriors('one')).toEqual(await trainer.labelPriors('one'));
    expect(await there.runRows('one')).toEqual(await trainer.runRows('one'));
    expect(await answers(there)).toEqual(await answers(trainer));
  });

  it('goes on to the same end where all it needs came along, and says why not where it did not', async () => {
    const whole = memoryStores();
    await trainerOf(whole).start(spec, data, () => undefined);
    const expected = await trainerOf(whole).logits('one', 'test', 'last');

    const here = memoryStores();
    const trainer = trainerOf(here);
    const stopped = await trainer.start(spec, data, (event) => {
      if (event.kind === 'steps' && (event.points.at(-1)?.step ?? 0) >= 9) void trainer.stop('one');
    });
    expect(stopped).toMatchObject({ state: 'stopped' });

    const small = trainerOf(await carry(here, ['run', 'run-weights']));
    expect((await small.runs())[0]).toMatchObject({ state: 'stopped', step: stopped.step });
    await expect(small.resume('one', () => undefined)).rejects.toMatchObject({
      code: 'run-damaged',
      message: expect.stringMatching(/without its texts/u) as string,
    });

    const there = trainerOf(await carry(here, ['run', 'run-weights', 'run-resume']));
    expect(await there.resume('one', () => undefined)).toMatchObject({ state: 'done', step: 24 });
    expect(await there.logits('one', 'test', 'last')).toEqual(expected);
  });
});
