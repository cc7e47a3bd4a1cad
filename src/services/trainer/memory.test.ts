import { unzipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { createTrainableModel, planModelTable } from '../../models/create.ts';
import { parseAdapterConfig } from '../../models/adapters/files.ts';
import { quickHyperparameters, syntheticRows } from '../../training/testing/rows.ts';
import type { TrainingData, TrainingEvent, TrainingSpec } from './contract.ts';
import type { OpenedModel } from './dependencies.ts';
import { processRunLocks } from './locks.ts';
import { planMemoryReport, plannedByTable, type MemoryPlanner } from './preflight.ts';
import { memoryRunStorage } from './runStorage.ts';
import { createTrainerService } from './service.ts';
import { bagDependencies } from './testing/bagDependencies.ts';

const config = { model_type: 'xlnet', vocab_size: 200, d_model: 16, n_layer: 3, n_head: 2, d_inner: 32 };
const rows = syntheticRows({ rows: 60, labels: 3, seed: 4 });
const data: TrainingData = {
  ...rows,
  dataHash: 'da7a',
  tokens: {
    ...rows.tokens,
    hash: '70ce',
    maxLength: 32,
    fullLengths: Uint32Array.from(
      rows.tokens.rowIds,
      (_, i) => (rows.tokens.offsets[i + 1] as number) - (rows.tokens.offsets[i] as number),
    ),
  },
};

function spec(change: Partial<TrainingSpec['hyperparameters']>): TrainingSpec {
  return {
    runId: 'one',
    model: { kind: 'embedded', name: 'tiny' },
    lowering: 'auto',
    hyperparameters: { ...quickHyperparameters, maxSteps: 4, ...change },
    seed: 3,
  };
}

/** The service over a real XLNet on the CPU lowering; `create` sees what the service asks for. */
function service(create?: (options: Parameters<OpenedModel['create']>[0]) => void) {
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
          lowering: { kind: 'onnx' },
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
