import { linearDefaults, openLinear, trainLinear } from '../../../core/incubator/classifier/linear.ts';
import type { TuningPair } from '../../../core/incubator/tuningSet/types.ts';
import { planSafetensors, writeSafetensors } from '../../../models/files/safetensorsWriter.ts';
import { adapterConfig } from '../../../models/adapters/files.ts';
import { writeLogits } from '../../../training/checkpoints/checkpoints.ts';
import { writeHistory } from '../../../training/checkpoints/history.ts';
import { once } from '../../../training/checkpoints/fileStore.ts';
import { writeData } from '../../../services/trainer/runData.ts';
import { classLogOdds } from '../../../core/incubator/classifier/probabilities.ts';
import { ScoreTable } from '../../../services/miner/scores.ts';
import { classifierKey } from '../../../services/miner/storage.ts';
import { keepAdapter } from '../../adapters.ts';
import { newDocument, type NotebookDocument } from '../../document.ts';
import { createGenerationArchive } from '../../generations/archive.ts';
import { recordOf } from '../../generations/testing.ts';
import { pairsKey } from '../../keys.ts';
import { addNotebook } from '../../library.ts';
import type { MemoryStores } from './memoryStores.ts';

export const runId = '20261121-101530-k3f9';
export const encoderId = 'mi8abc-12345678';
export const dataHash = 'd00df00d';

const pair: TuningPair = {
  id: 'corpus:abc',
  origin: 'corpus',
  source: 'open data',
  description: 'Is it about food?',
  labels: ['food', '7'],
  samples: [
    ['soup', 'nothing'],
    ['bread', 'else'],
  ],
};

/** A notebook that has made one of everything: two sets, pairs, two classifiers with scores, an adapter, a run, a tuned encoder, kept data. */
export async function fullNotebook(stores: MemoryStores): Promise<NotebookDocument> {
  const base = newDocument(new Date('2026-11-21T12:00:00.000Z'));
  const { parameters } = base;
  const document: NotebookDocument = {
    ...base,
    title: 'Food & films',
    parameters: {
      ...parameters,
      embedding: {
        ...parameters.embedding,
        model: { kind: 'tuned', id: encoderId, name: 'PIE' },
      },
      mining: {
        ...parameters.mining,
        formula: '"about food"',
        judgements: [{ dataHash, formula: '"about food"', marks: [{ row: 3, right: true }] }],
      },
      labels: { ...parameters.labels, rowEdits: { dataHash, rows: [{ row: 2, kind: 'exclude' }] } },
    },
    results: {
      training: {
        provenance: {
          dataHash,
          parameters: {},
          seed: 1,
          model: 'mini',
          device: 'this CPU',
          version: '0.1.0',
          startedAt: '2026-11-21T12:00:00.000Z',
          durationMs: 1,
        },
        inputs: {},
        headline: 'F1 0.8',
        summary: { runId },
      },
    },
  };
  await addNotebook(stores.values, document);
  await addSets(stores, document.id);
  await stores.values.set(pairsKey(document.id), [pair]);
  await addClassifiers(stores);
  await addAdapter(stores, document.id);
  await addRun(stores);
  await addEncoder(stores);
  for (const [name, content] of [
    ['file-0', 'a,b\n1,2\n'],
    ['index', 'index bytes'],
    ['manifest.json', JSON.stringify({ version: 1, baseHash: dataHash, files: [{ name: 'steps.csv' }] })],
  ] as const)
    await stores.files.write(`corpus/kept/${dataHash}/${name}`, once(content));
  return document;
}

async function addSets(stores: MemoryStores, notebookId: string): Promise<void> {
  const archive = createGenerationArchive(stores.values, notebookId);
  const source = { kind: 'sample', name: 'food-or-movie.jsonl' } as const;
  for (const [id, instruction, count] of [
    ['set-a', 'Is it about food, or a movie? “Ünïcode” / slash', 70],
    ['set-b', 'Urgent?', 3],
  ] as const) {
    const replies = Array.from({ length: count }, (_, at) => ({
      text: JSON.stringify({ food: `soup ${'y'.repeat(at + 1)} 🍜`, movie: `a film ${'x'.repeat(at + 1)}` }),
      finish: 'end' as const,
    }));
    await archive.add({
      record: recordOf(id, { instruction, source, settings: { temperature: 1 } }),
      replies,
    });
  }
  await archive.saveLive('set-b', ['{"food": "half a']);
}

async function addClassifiers(stores: MemoryStores): Promise<void> {
  const model = await trainLinear(
    {
      labels: ['food', 'movie'],
      texts: ['warm soup', 'fresh bread', 'a long film', 'the movie'],
      classOf: Uint32Array.of(0, 0, 1, 1),
    },
    linearDefaults,
  );
  const card = {
    id: 'c0ffee00c0ffee00c0ffee00',
    name: 'food, movie',
    labels: ['food', 'movie'],
    kind: 'linear' as const,
    normalisation: model.normalisation,
    spec: linearDefaults,
    runId: null,
    modelName: 'TF-IDF + linear',
    instruction: 'Is it about food?',
    setId: 'set-a',
    rows: 4,
    dropped: 0,
    heldOut: {
      rows: 2,
      accuracy: 1,
      majority: 0.5,
      macroF1: 1,
      meanError: 0.1,
      perClass: [{ label: 'food', support: 1, precision: 1, recall: 1, f1: 1 }],
      confusion: Uint32Array.of(1, 0, 0, 1),
    },
    seed: 7,
    createdAt: '2026-11-21T12:00:00.000Z',
    elapsedMs: 12,
  };
  await stores.classifiers.set(classifierKey(card.id), { card, model });
  const encoder = {
    ...card,
    id: `run-${runId}-4`,
    kind: 'encoder' as const,
    spec: null,
    runId,
    setId: null,
    heldOut: null,
  };
  await stores.classifiers.set(classifierKey(encoder.id), { card: encoder, model: null });
  const other = { ...card, id: 'feed00000000000000000000', name: 'of another notebook', setId: 'elsewhere' };
  await stores.classifiers.set(classifierKey(other.id), { card: other, model });
  const scores = new ScoreTable(stores.classifiers);
  const { texts, margins } = { texts: ['warm bread', 'a film', 'soup'], ...openLinear(model) };
  for (const [corpus, id] of [
    [dataHash, card.id],
    [dataHash, other.id],
    ['0ther', card.id],
  ] as const) {
    if (await scores.find(corpus, id, texts.length)) continue;
    const logOdds = classLogOdds(margins(texts), model.classes, model.normalisation);
    await scores.append(corpus, id, texts.length, model.classes, 0, logOdds);
    await scores.keep(corpus, id);
  }
}

async function bytesOf(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array<ArrayBuffer>> {
  const parts: BlobPart[] = [];
  for await (const chunk of chunks) parts.push(new Uint8Array(chunk));
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}

async function addAdapter(stores: MemoryStores, notebookId: string): Promise<void> {
  const lora = { rank: 2, alpha: 4, dropout: 0, targets: ['q_proj'] };
  const prefix = 'base_model.model.model.layers.0.self_attn.q_proj';
  const tensors = [
    { name: `${prefix}.lora_A.weight`, shape: [2, 4] },
    { name: `${prefix}.lora_B.weight`, shape: [4, 2] },
  ];
  await keepAdapter(stores.values, notebookId, {
    name: 'tuned on 60 objects',
    baseModel: 'tiny-llama',
    createdAt: '2026-11-21T12:00:00.000Z',
    note: '60 objects',
    config: JSON.stringify(adapterConfig(lora, 'tiny-llama', [], 'CAUSAL_LM')),
    weights: await bytesOf(
      writeSafetensors(planSafetensors(tensors), () => Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8)),
    ),
  });
}

async function addRun({ files, values }: MemoryStores): Promise<void> {
  const folder = {
    write: (name: string, content: AsyncIterable<Uint8Array>) =>
      files.write(`runs/${runId}/${name}`, content).then(() => 0),
    read: (name: string) => files.read(`runs/${runId}/${name}`),
    list: async () => [],
    remove: async () => undefined,
  };
  const record = {
    version: 1,
    runId,
    state: 'done',
    createdAt: '2026-11-21T10:15:30.000Z',
    model: { kind: 'embedded', name: 'verbena-mini' },
    modelName: 'verbena-mini',
    dataHash,
    seed: 1,
    lowering: 'onnx',
    device: null,
    hyperparameters: { epochs: 1, batchSize: 8, learningRate: 0.001 },
    labels: ['A', 'B'],
    step: 4,
    totalSteps: 4,
    elapsedMs: 100,
    error: null,
  };
  await folder.write('run.json', once(JSON.stringify(record)));
  await folder.write('model.json', once('{"config":{},"tokenizer":{}}'));
  await writeHistory(folder, { steps: [], evaluations: [] });
  await writeLogits(folder, {
    step: 4,
    epoch: 0,
    split: 'test',
    loss: 0.5,
    labels: ['A', 'B'],
    rowIds: Uint32Array.of(5),
    logits: Float32Array.of(0.25, -1),
    targets: Uint8Array.of(1, 0),
  });
  await folder.write('best-000000004.safetensors', once(new Uint8Array(3000).fill(7)));
  await folder.write('checkpoint-000000004.safetensors', once(new Uint8Array(9000).fill(8)));
  await writeData(folder, {
    dataHash,
    labels: ['A', 'B'],
    tokens: {
      hash: 'tokens',
      maxLength: 16,
      ids: Int32Array.from({ length: 400 }, (_, at) => 1000 + at),
      offsets: Uint32Array.of(0, 150, 400),
      rowIds: Uint32Array.of(4, 5),
      fullLengths: Uint32Array.of(150, 250),
    },
    split: { train: Uint32Array.of(0), validation: Uint32Array.of(), test: Uint32Array.of(1) },
    targetOffsets: Uint32Array.of(0, 1, 2),
    targetIds: Uint32Array.of(0, 0),
  });
  await folder.write('model/config.json', once('{}'));
  await values.set(`run-inputs/${runId}`, { dataHash, threshold: 500 });
}

async function addEncoder({ files }: MemoryStores): Promise<void> {
  const record = {
    id: encoderId,
    name: 'PIE · 2 layers',
    createdAt: '2026-11-21T12:00:00.000Z',
    state: 'done',
    step: 10,
    totalSteps: 10,
    startedFrom: 'fresh',
    rows: 20,
    template: '{instruction}',
    maxLength: 32,
    settings: { pooling: 'mean' },
    seed: 0,
    dataHash,
    device: 'this CPU',
    elapsedMs: 1,
    loss: 0.1,
    alignment: 0.1,
    uniformity: -1,
  };
  for (const [name, content] of [
    ['tuning.json', JSON.stringify(record)],
    ['config.json', '{}'],
    ['tokenizer.json', '{}'],
    ['tokenizer_config.json', '{}'],
    ['curves.json', '[]'],
    ['run.json', '{}'],
    ['rows.safetensors', 'token ids'],
    ['model.safetensors', 'weights'],
  ] as const)
    await files.write(`tuned/${encoderId}/${name}`, once(content));
}
