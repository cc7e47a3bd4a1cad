import { expect, test } from 'vitest';
import type { SubgroupMatrix } from '../../engine/ops/matmul/subgroupMatrix.ts';
import { quickHyperparameters, syntheticRows } from '../../training/testing/rows.ts';
import type { DeviceReport, TrainingEvent } from './contract.ts';
import type { CreateModelOptions, TrainerDependencies } from './dependencies.ts';
import { processRunLocks } from '../storage/locks.ts';
import { noMatricesBecause, settleProducts } from './precision.ts';
import { memoryRunStorage, type RunStorage } from './runStorage.ts';
import { createTrainerService } from './service.ts';
import { bagDependencies } from './testing/bagDependencies.ts';
import { trainingDataOf } from './testing/trainingData.ts';

// Matrix instructions as a setting of a run: what settles it, what records it, and that a run that goes on takes the same.

const matrixFeature = 'chromium-experimental-subgroup-matrix';
const card: DeviceReport = {
  lowering: 'webgpu',
  name: 'some card',
  reason: null,
  isSoftware: false,
  limits: {},
  features: ['shader-f16', 'subgroups', matrixFeature],
  subgroupMatrix: { size: 16, subgroupSize: 32 },
};
const withoutFlag: DeviceReport = { ...card, features: ['shader-f16', 'subgroups'], subgroupMatrix: null };

const data = trainingDataOf(syntheticRows({ rows: 60, labels: 3, seed: 4 }));

/** A tab on this device; keeps what models were asked for. */
function tab(device: DeviceReport, storage: RunStorage = memoryRunStorage()) {
  const asked: CreateModelOptions[] = [];
  const events: TrainingEvent[] = [];
  const bag = bagDependencies(storage, processRunLocks());
  const dependencies: TrainerDependencies = {
    ...bag,
    device: async () => device,
    async openModel(source, options) {
      const opened = await bag.openModel(source, options);
      return {
        ...opened,
        create(made) {
          asked.push(made);
          made.onKernels?.(null);
          return opened.create(made);
        },
      };
    },
  };
  const service = createTrainerService(dependencies);
  const onEvent = (event: TrainingEvent) => void events.push(event);
  const changes = () =>
    events.filter((event) => event.kind === 'warning' && event.code === 'kernels-changed').length;
  return { service, asked, changes, onEvent, storage };
}

const spec = {
  runId: 'one',
  model: { kind: 'embedded', name: 'bag' },
  lowering: 'auto',
  seed: 3,
  hyperparameters: { ...quickHyperparameters, maxSteps: 6, precision: 'auto', matrixInstructions: 'on' },
} as const;

/** A run of one step on the card, its tab closed. */
async function begun(): Promise<RunStorage> {
  const t = tab(card);
  const ended = t.service.start(spec, data, t.onEvent);
  await expect
    .poll(async () =>
      t.service.pause('one').then(
        () => true,
        () => false,
      ),
    )
    .toBe(true);
  await t.service.stepOnce('one');
  await t.service.stop('one');
  await ended;
  return t.storage;
}

test('a run asks for them, records which formed its products, and takes the same when it goes on', async () => {
  const storage = await begun();
  const t = tab(card, storage);
  const [stopped] = await t.service.runs();
  expect(stopped?.kernels).toMatchObject({ precision: 'f16', matrix: card.subgroupMatrix, isTuned: false });
  // `auto` has become halves, which is what they multiply.
  expect(stopped?.hyperparameters).toMatchObject({ precision: 'f16', matrixInstructions: 'on' });

  expect(await t.service.resume('one', t.onEvent)).toMatchObject({ state: 'done' });
  expect(t.asked).toMatchObject([{ precision: 'f16', usesSubgroupMatrices: true }]);
  expect(t.changes()).toBe(0);
});

test.each<[string, SubgroupMatrix | null, boolean]>([
  ['none', null, false],
  ['others', { size: 8, subgroupSize: 32 }, true],
])(
  'a run that goes on where the browser offers %s says so, and goes on',
  async (_, subgroupMatrix, isUsed) => {
    const t = tab({ ...card, subgroupMatrix }, await begun());
    const resumed = await t.service.resume('one', t.onEvent);
    expect(resumed).toMatchObject({ state: 'done' });
    expect(t.changes()).toBe(1);
    expect(t.asked.map(({ usesSubgroupMatrices = false }) => usesSubgroupMatrices)).toEqual([isUsed]);
    expect(resumed.kernels?.matrix ?? null).toEqual(subgroupMatrix);
    // Back where they are, it takes them again.
    expect(resumed.hyperparameters.matrixInstructions).toBe('on');
  },
);

test('a new run that asks for them where there are none is refused with the reason', async () => {
  const t = tab(withoutFlag);
  await expect(t.service.start(spec, data, t.onEvent)).rejects.toMatchObject({
    code: 'limit-too-small',
    details: { feature: matrixFeature },
  });
  expect(t.asked).toEqual([]);
});

test('why there are none: no halves, no flag, none that fits', () => {
  expect(noMatricesBecause(card)).toBeNull();
  expect(noMatricesBecause(withoutFlag)).toContain('Unsafe WebGPU Support');
  expect(noMatricesBecause({ ...card, subgroupMatrix: null })).toContain('a size that fits');
  expect(noMatricesBecause({ ...card, features: [matrixFeature] })).toContain('shader-f16');
  expect(noMatricesBecause({ ...card, lowering: 'onnx' })).toContain('CPU');
});

test('a software adapter that has them multiplies halves where they are asked for, and only there', () => {
  const software = { ...card, isSoftware: true };
  const settle = (matrixInstructions: 'on' | undefined) =>
    settleProducts(
      { ...quickHyperparameters, precision: 'auto', matrixInstructions },
      software,
      false,
      () => undefined,
    );
  expect(settle('on')).toMatchObject({ precision: 'f16', matrixInstructions: 'on' });
  expect(settle(undefined).precision).toBe('f32');
});
