import { unzipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { openNodeGpu } from '../../engine/testing/nodeGpu.ts';
import { createTrainableModel, planModelTable, type Lowering } from '../../models/create.ts';
import { parseAdapterConfig } from '../../models/adapters/files.ts';
import { longestStep } from '../../training/batches.ts';
import { quickHyperparameters, syntheticRows } from '../../training/testing/rows.ts';
import type { TrainingEvent, TrainingSpec } from './contract.ts';
import type { OpenedModel } from './dependencies.ts';
import { processRunLocks } from '../storage/locks.ts';
import { cpuAvailableBytes, planMemoryReport, plannedByTable, type MemoryPlanner } from './preflight.ts';
import { memoryRunStorage } from './runStorage.ts';
import { createTrainerService } from './service.ts';
import { bagDependencies } from './testing/bagDependencies.ts';
import { trainingDataOf } from './testing/trainingData.ts';

const config = { model_type: 'xlnet', vocab_size: 200, d_model: 16, n_layer: 3, n_head: 2, d_inner: 32 };
const data = trainingDataOf(syntheticRows({ rows: 60, labels: 3, seed: 4 }));

function spec(change: Partial<TrainingSpec['hyperparameters']>): TrainingSpec {
  return {
    runId: 'one',
    model: { kind: 'embedded', name: 'tiny' },
    lowering: 'auto',
    hyperparameters: { ...quickHyperparameters, maxSteps: 4, ...change },
    seed: 3,
  };
}

const { gpu } = await openNodeGpu();

/** The service over a real XLNet, by default on the CPU lowering; `create` sees what the service asks for. */
function service(
  create?: (options: Parameters<OpenedModel['create']>[0]) => void,
  lowering: Lowering = { kind: 'onnx' },
) {
  const events: TrainingEvent[] = [];
  const made = createTrainerService({
    ...bagDependencies(memoryRunStorage(), processRunLocks()),
    openModel: async () => ({
      config,
      tokenizer: { name: 'tiny', tokenizerJson: '{"model":{}}', tokenizerConfigJson: '{}' },
      create: async (options) => {
        create?.(options);
        const { model, plan } = await createTrainableModel({
          ...options,
          config,
          weights: null,
          lowering,
        });
        options.onPlan?.(plan);
        return model;
      },
    }),
  });
  return { made, events, onEvent: (event: TrainingEvent) => void events.push(event) };
}

describe('memory choices of a run', { timeout: 120_000 }, () => {
  it('“auto” becomes what it took, in the run’s settings', async () => {
    const t = service();
    const { hyperparameters } = await t.made.start(spec({ memory: 'auto' }), data, t.onEvent);
    expect(hyperparameters.memory).toEqual({ recompute: 'nothing', storage: 'f32' });
    expect((await t.made.runs())[0]?.hyperparameters).toEqual(hyperparameters);
  });

  it('choices by name reach the model', async () => {
    const asked: unknown[] = [];
    const memory = { recompute: 'layers', storage: 'f16' } as const;
    const t = service(({ memory: wanted }) => asked.push(wanted));
    const { state } = await t.made.start(spec({ memory }), data, t.onEvent);
    expect(state).toBe('done');
    expect(asked).toEqual([memory]);
  });

  it.skipIf(!gpu)('updates by layer, clipped or not, make the steps of updates at the end', async () => {
    if (!gpu) return;
    const steps = async (change: Partial<TrainingSpec['hyperparameters']>) => {
      const t = service(undefined, { kind: 'webgpu', gpu });
      await t.made.start(spec({ budgetTokens: 2048, maxSteps: 3, ...change }), data, t.onEvent);
      return t.events.flatMap((event) =>
        event.kind === 'steps' ? event.points.map(({ loss, gradientNorm }) => [loss, gradientNorm]) : [],
      );
    };
    const memory = { recompute: 'layers', storage: 'f32', update: 'layers' } as const;
    for (const clipNorm of [0.1, null]) {
      const atEnd = await steps({ clipNorm });
      expect(atEnd).toHaveLength(3);
      expect(await steps({ clipNorm, memory })).toEqual(atEnd);
    }
  });

  it('a step that does not fit one pass refuses updates by layer before anything is allocated', async () => {
    const created: unknown[] = [];
    const t = service((options) => created.push(options));
    const memory = { recompute: 'nothing', storage: 'f32', update: 'layers' } as const;
    const { hyperparameters } = spec({ memory });
    const tokens = longestStep(hyperparameters, data);
    const tight = { memory, budgetTokens: tokens - 1 };
    await expect(t.made.start(spec(tight), data, t.onEvent)).rejects.toMatchObject({
      code: 'step-beyond-pass',
      details: { stepTokens: tokens, budgetTokens: tokens - 1 },
      remedy: expect.stringContaining(`Raise the token budget to ${tokens}`),
    });
    expect(created).toEqual([]);
    await expect(t.made.preflight(spec(tight), 3, tokens)).rejects.toMatchObject({
      code: 'step-beyond-pass',
    });
  });

  it('a run with LoRA exports the merged model, and beside it the adapter as PEFT keeps it', async () => {
    const lora = { rank: 2, alpha: 4, dropout: 0, targets: ['rel_attn.q'] };
    const t = service();
    const { state } = await t.made.start(spec({ trained: { frozen: [], lora } }), data, t.onEvent);
    expect(state).toBe('done');
    const zip = unzipSync(new Uint8Array(await (await t.made.exportModel('one')).arrayBuffer()));
    const names = (file: string) => {
      const bytes = zip[file] ?? new Uint8Array(8);
      const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
      const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length))) as object;
      return Object.keys(header).filter((name) => name !== '__metadata__');
    };
    const whole = names('model.safetensors');
    expect(whole).toContain('transformer.layer.2.rel_attn.q');
    expect(whole.filter((name) => name.includes('lora'))).toEqual([]);
    const adapter = names('adapter/adapter_model.safetensors');
    expect(adapter).toContain('base_model.model.transformer.layer.2.rel_attn.q.lora_B.weight');
    expect(adapter).toContain('base_model.model.logits_proj.weight');
    expect(adapter).toHaveLength(3 * 2 + 4);
    const text = new TextDecoder().decode(zip['adapter/adapter_config.json']);
    expect(parseAdapterConfig(JSON.parse(text))).toEqual(lora);
  });

  it('frozen parts that a model does not have end the run with what it has', async () => {
    const t = service();
    const trained = { frozen: ['layer.9'], lora: null };
    await expect(t.made.start(spec({ trained }), data, t.onEvent)).rejects.toMatchObject({
      code: 'trained-parts-invalid',
      remedy: expect.stringContaining('layer.2'),
    });
  });
});

describe('the preflight of “auto”', () => {
  const capacityBytes = 128 * 2 ** 20;
  const plan: MemoryPlanner = (capacity, _, budgetBytes) =>
    plannedByTable(planModelTable(config, 3, capacity, capacityBytes, { budgetBytes }));
  const h = spec({ memory: 'auto', budgetTokens: 1024 }).hyperparameters;
  const device = (availableBytes: number | null) => ({
    availableBytes,
    largestBufferBytes: null,
    machineBytes: null,
  });

  it('offers updates by layer only where a step is known to fit one pass', async () => {
    // Its state weighs more than its activations.
    const wide = { ...config, n_layer: 12, d_model: 256, d_inner: 1024 };
    const planWide: MemoryPlanner = (capacity, _, budgetBytes) =>
      plannedByTable(planModelTable(wide, 3, capacity, capacityBytes, { budgetBytes }));
    const updates = async (stepTokens: number | null) => {
      const { plans = [] } = await planMemoryReport(h, planWide, device(null), stepTokens);
      return plans.filter(({ memory }) => memory.update === 'layers');
    };
    expect(await updates(null)).toEqual([]);
    expect(await updates(1025)).toEqual([]);
    const offered = await updates(600);
    expect(offered.length).toBeGreaterThan(0);
    expect(offered.every(({ budgetTokens, isTaken }) => budgetTokens >= 600 && !isTaken)).toBe(true);
  });

  it('shows every plan and says which is taken', async () => {
    const open = await planMemoryReport(h, plan, device(null));
    const taken = open.plans?.filter(({ isTaken }) => isTaken) ?? [];
    expect(taken).toHaveLength(1);
    expect(open.totalBytes).toBe(taken[0]?.totalBytes);
    expect(open.plans?.length).toBeGreaterThan(3);
    expect(open.suggestions).toEqual([]);

    const leanest = open.plans?.at(-1)?.totalBytes ?? 0;
    const tight = await planMemoryReport(h, plan, device(leanest));
    expect(tight).toMatchObject({ fits: true, totalBytes: leanest });
    const none = await planMemoryReport(h, plan, device(leanest - 1));
    expect(none).toMatchObject({ fits: false, verdict: 'does-not-fit', totalBytes: leanest });
    expect(none.plans?.some(({ fits }) => fits)).toBe(false);
  });
});

it('a run on the CPU never counts on more than WebAssembly can address', () => {
  expect(cpuAvailableBytes(undefined)).toBe(4 * 2 ** 30);
  expect(cpuAvailableBytes(8)).toBe(4 * 2 ** 30);
  expect(cpuAvailableBytes(2)).toBe(1.5 * 2 ** 30);
});
