import { unzipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { fitModelCalibration } from '../../core/calibration/modelCalibration.ts';
import { once } from '../../training/checkpoints/fileStore.ts';
import { quickHyperparameters, singleLabelRows, syntheticRows } from '../../training/testing/rows.ts';
import type { Hyperparameters, TrainingData } from './contract.ts';
import { processRunLocks } from '../storage/locks.ts';
import { memoryRunStorage } from './runStorage.ts';
import { createTrainerService } from './service.ts';
import { bagDependencies } from './testing/bagDependencies.ts';
import { tinyBert, tinyDependencies } from './testing/tinyDependencies.ts';
import { trainingDataOf } from './testing/trainingData.ts';

const data = trainingDataOf(syntheticRows({ rows: 300, labels: 5, seed: 4 }));

async function trained(own: TrainingData = data, change: Partial<Hyperparameters> = {}) {
  const storage = memoryRunStorage();
  const service = createTrainerService(bagDependencies(storage, processRunLocks()));
  const summary = await service.start(
    {
      runId: 'one',
      model: { kind: 'embedded', name: 'bag' },
      lowering: 'auto',
      hyperparameters: { ...quickHyperparameters, maxSteps: 24, ...change },
      seed: 3,
    },
    own,
    () => undefined,
  );
  const files = storage.files('one');
  const record = async () => JSON.parse((await (await files.read('run.json'))?.text()) ?? '') as object;
  /** A tab that opens the run with another record. */
  const reopened = async (record: object) => {
    await files.write('run.json', once(JSON.stringify(record)));
    return createTrainerService(bagDependencies(storage, processRunLocks()));
  };
  return { service, summary, record, reopened };
}

describe('a run’s temperature', () => {
  it('is fitted on the validation rows of its best weights and kept with its record', async () => {
    const { service, summary, record } = await trained();
    const outcome = await service.calibration('one');
    const kept = await service.logits('one', 'validation', 'best');
    if (!kept) throw new Error('no logits');
    expect(outcome).toEqual(fitModelCalibration(kept, 'sigmoid'));
    expect(outcome).toMatchObject({
      kind: 'fitted',
      calibration: { family: 'sigmoid', step: summary.bestStep, rows: data.split.validation.length },
    });
    const { calibration } = outcome as Extract<typeof outcome, { kind: 'fitted' }>;
    expect(calibration.lossAfter).toBeLessThan(calibration.lossBefore);
    expect(summary.calibration).toEqual(calibration);
    expect(await record()).toMatchObject({ calibration });
    const zip = unzipSync(new Uint8Array(await (await service.exportModel('one')).arrayBuffer()));
    expect(JSON.parse(new TextDecoder().decode(zip['training.json']))).toMatchObject({ calibration });
  });

  it('is fitted when it is asked for in a run from before it was kept, or of other weights than the best', async () => {
    const { service, record, reopened } = await trained();
    const outcome = await service.calibration('one');
    const { calibration, ...older } = (await record()) as { calibration: object };
    const before = await reopened(older);
    expect(await before.calibration('one')).toEqual(outcome);
    expect((await before.runs())[0]).not.toHaveProperty('calibration');
    const zip = unzipSync(new Uint8Array(await (await before.exportModel('one')).arrayBuffer()));
    expect(JSON.parse(new TextDecoder().decode(zip['training.json']))).toMatchObject({ calibration });
    const stale = await reopened({ ...older, calibration: { ...calibration, step: 1, temperature: 9 } });
    expect(await stale.calibration('one')).toEqual(outcome);
  });

  it('is none without validation rows: test rows are not taken in their place', async () => {
    const { train, validation, test } = data.split;
    const without = { ...data, split: { train, validation: new Uint32Array(0), test } };
    expect(validation.length).toBeGreaterThan(0);
    const { service, summary } = await trained(without);
    expect(await service.logits('one', 'test', 'last')).not.toBeNull();
    expect(await service.calibration('one')).toEqual({ kind: 'none', why: 'no-validation-rows' });
    expect(summary).not.toHaveProperty('calibration');
  });

  it('is of the softmax that labels share where each row has one', async () => {
    const labels = 3;
    const config = tinyBert(labels);
    const service = createTrainerService(tinyDependencies(memoryRunStorage(), config));
    const summary = await service.start(
      {
        runId: 'one',
        model: { kind: 'embedded', name: 'tiny' },
        lowering: 'auto',
        hyperparameters: {
          ...quickHyperparameters,
          learningRate: 5e-3,
          maxSteps: 10,
          loss: { kind: 'cross-entropy' },
        },
        seed: 3,
      },
      trainingDataOf(singleLabelRows({ rows: 120, labels, seed: 4 })),
      () => undefined,
    );
    expect(summary.calibration).toMatchObject({ family: 'softmax', step: summary.bestStep });
    const readme = unzipSync(new Uint8Array(await (await service.exportOnnx('one')).arrayBuffer()))[
      'README.md'
    ];
    const temperature = summary.calibration?.temperature.toPrecision(6) ?? 'none';
    expect(new TextDecoder().decode(readme)).toContain(
      `divide the logits by ${temperature} before the softmax`,
    );
  });
});
