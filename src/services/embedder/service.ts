import { nextTask } from '../../base/breath.ts';
import { throwIfAborted, throttled, type Progress, type TaskOptions } from '../../base/progress.ts';
import { inSteps } from '../../base/steps.ts';
import { fromNpy, toNpy } from '../../core/embedding/npy.ts';
import { pool } from '../../core/embedding/pooling.ts';
import { EmbeddingError, type Vectors } from '../../core/embedding/vectors.ts';
import { loadTokenizer } from '../../core/tokenizer/tokenizer.ts';
import type { Encoder } from '../../models/encoder.ts';
import type { BatchCapacity } from '../../models/family.ts';
import type { ModelFiles, ModelSource } from '../../models/files/sources.ts';
import { packBatch } from '../../training/batches.ts';
import { planEvaluation } from '../../training/packing.ts';
import { transfer } from '../rpc.ts';
import type { Embedded, EmbedderService, EncoderRequest, HubRequest, TokenCounts } from './contract.ts';
import { promptedTokens } from './prompted.ts';

/** Bytes of files by hash, vectors as `.npy` and their token counts as `.json`; null where there is none. */
export interface VectorCache {
  read(hash: string, kind: 'npy' | 'json'): Promise<Uint8Array | null>;
  write(hash: string, kind: 'npy' | 'json', bytes: Uint8Array): Promise<void>;
}

export const noCache: VectorCache = { read: async () => null, write: async () => undefined };

/** What the service is made of; the browser's set is in browser.ts. */
export interface EmbedderDependencies {
  readonly cache: VectorCache;
  open(source: ModelSource, options: TaskOptions): Promise<ModelFiles>;
  encoder(
    files: ModelFiles,
    capacity: BatchCapacity,
    lowering: EncoderRequest['lowering'],
  ): Promise<{ readonly encoder: Encoder; readonly device: string }>;
  /** The commit that a revision of a hub's repository names, now or when the hub was last asked; null where it cannot be told. */
  hubCommit(repository: string, revision: string, options: TaskOptions): Promise<string | null>;
  embedWithHub(
    texts: readonly string[],
    request: HubRequest,
    options: TaskOptions,
  ): Promise<{ readonly vectors: Vectors; readonly tokens: TokenCounts }>;
}

type Report = (progress: Progress) => void;

/** Packed tokens a pass: enough to fill a device, little enough for progress to move. */
const passTokens = 2048;
const passSequences = 64;

/** The embedder service. Runs in workers/embedder.ts. */
export class Embedder implements EmbedderService {
  constructor(private readonly dependencies: EmbedderDependencies) {}

  async encode(texts: readonly string[], request: EncoderRequest, onProgress: Report, signal: AbortSignal) {
    if (texts.length === 0) throw noTexts();
    const task = { signal, onProgress };
    const files = await this.dependencies.open(request.source, task);
    throwIfAborted(signal);
    const { pooling, template, addPeriod, maxLength } = request;
    // A dropped folder's name does not say which weights are in it: those vectors are not cached.
    const isCached = request.source.kind !== 'files';
    const hash = await hashOf([files.name, pooling, template, addPeriod, maxLength], texts);
    const cached = isCached ? await this.#cached(hash) : null;
    if (cached) return handed({ ...cached, hash, fromCache: true, model: files.name, device: 'cache' });

    const tokenizer = loadTokenizer(files.tokenizer);
    const limit = Math.min(maxLength, files.tokenizer.maxTokens ?? maxLength);
    const steps = promptedTokens(texts, tokenizer, { ...request, maxLength: limit });
    const { counts, ...tokens } = await inSteps('tokenising', texts.length, steps, task);
    const capacity = {
      tokens: Math.max(passTokens, counts.longest),
      sequences: passSequences,
      maxLength: counts.longest,
    };
    const { encoder, device } = await this.dependencies.encoder(files, capacity, request.lowering);
    try {
      const vectors = await this.#run(encoder, tokens, request, capacity, task);
      assertFinite(vectors);
      if (isCached) await this.#keep(hash, vectors, counts);
      return handed({ vectors, hash, fromCache: false, tokens: counts, model: files.name, device });
    } finally {
      encoder.dispose();
    }
  }

  async hub(texts: readonly string[], request: HubRequest, onProgress: Report, signal: AbortSignal) {
    if (texts.length === 0) throw noTexts();
    const { repository, dtype, pooling, template, addPeriod, maxLength } = request;
    const task = { onProgress, signal };
    const commit = await this.dependencies.hubCommit(repository, request.revision, task);
    throwIfAborted(signal);
    const revision = commit ?? request.revision;
    const model = `${repository}@${commit?.slice(0, 8) ?? revision}`;
    const hash = await hashOf(
      [`${repository}@${revision}`, dtype, pooling, template, addPeriod, maxLength],
      texts,
    );
    // A branch moves: vectors of which nobody can say whose they are would be taken for those of what it names later.
    const isCached = commit !== null;
    const cached = isCached ? await this.#cached(hash) : null;
    if (cached) return handed({ ...cached, hash, fromCache: true, model, device: 'cache' });
    const { vectors, tokens } = await this.dependencies.embedWithHub(texts, { ...request, revision }, task);
    assertFinite(vectors);
    if (isCached) await this.#keep(hash, vectors, tokens);
    return handed({ vectors, hash, fromCache: false, tokens, model, device: hubDevices[request.device] });
  }

  async #cached(
    hash: string,
  ): Promise<{ readonly vectors: Vectors; readonly tokens: TokenCounts | null } | null> {
    const { cache } = this.dependencies;
    const bytes = await cache.read(hash, 'npy');
    if (!bytes) return null;
    try {
      const vectors = fromNpy(bytes);
      const counted = await cache.read(hash, 'json');
      const tokens = counted && (JSON.parse(new TextDecoder().decode(counted)) as TokenCounts);
      return { vectors, tokens };
    } catch {
      // Cut off by a crash: made again.
      return null;
    }
  }

  /** Vectors last: where they are, the rest is. */
  async #keep(hash: string, vectors: Vectors, tokens: TokenCounts): Promise<void> {
    const { cache } = this.dependencies;
    await cache.write(hash, 'json', new TextEncoder().encode(JSON.stringify(tokens)));
    await cache.write(hash, 'npy', toNpy(vectors));
  }

  /** Passes over rows of like length, each row's vector put in its place. */
  async #run(
    encoder: Encoder,
    tokens: { readonly ids: Int32Array; readonly offsets: Uint32Array },
    { pooling }: EncoderRequest,
    capacity: BatchCapacity,
    { signal, onProgress }: TaskOptions,
  ): Promise<Vectors> {
    const count = tokens.offsets.length - 1;
    const report = throttled(onProgress);
    const layers = pooling === 'last-two-layers' ? [encoder.layers, encoder.layers - 1] : [encoder.layers];
    const rows = Uint32Array.from({ length: count }, (_, row) => row);
    const limits = { budgetTokens: capacity.tokens, maxSequences: capacity.sequences };
    const none = new Uint32Array(0);
    const data = {
      tokens: { ...tokens, rowIds: rows },
      split: { train: none, validation: none, test: none },
      labels: [],
      targetOffsets: none,
      targetIds: none,
    };
    let vectors: Vectors | null = null;
    let done = 0;
    for (const batch of planEvaluation(rows, tokens.offsets, limits)) {
      throwIfAborted(signal);
      const packed = packBatch(data, batch, (ids) => encoder.segmentIds(ids), false);
      const [last = new Float32Array(0), beforeLast] = await encoder.hidden(packed, layers);
      const used = packed.offsets.at(-1) ?? 0;
      const width = last.length / used;
      const pooled = pool({ last, beforeLast, offsets: packed.offsets, width }, pooling);
      vectors ??= { count, width, values: new Float32Array(count * width) };
      for (const [i, row] of batch.entries())
        vectors.values.set(pooled.values.subarray(i * width, (i + 1) * width), row * width);
      done += batch.length;
      report({ phase: 'embedding', done, total: count, unit: 'rows' });
      // Lets a stop in between two passes: the CPU path never yields by itself.
      await nextTask();
    }
    return vectors ?? { count: 0, width: 0, values: new Float32Array(0) };
  }
}

const hubDevices = { wasm: 'this CPU (WebAssembly)', webgpu: 'WebGPU' } as const;

function handed(embedded: Embedded): Embedded {
  return transfer(embedded, [embedded.vectors.values.buffer as ArrayBuffer]);
}

function assertFinite({ values, width }: Vectors): void {
  const at = values.findIndex((value) => !Number.isFinite(value));
  if (at >= 0)
    throw new EmbeddingError(
      'embedding-model-invalid',
      `The model gave a vector that is no number, first for text ${Math.floor(at / width) + 1}.`,
      'Its weights are damaged or of the wrong kind: load them again, or choose another model.',
    );
}

function noTexts(): EmbeddingError {
  return new EmbeddingError('embedding-empty', 'There are no texts to embed.', 'Load instructions first.');
}

async function hashOf(request: readonly unknown[], texts: readonly string[]): Promise<string> {
  // The first number is another where prompts are cut in another way: vectors of before are made again.
  const bytes = new TextEncoder().encode(JSON.stringify([2, request, texts]));
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return [...digest].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
