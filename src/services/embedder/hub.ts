import type { FeatureExtractionPipeline } from '@huggingface/transformers';
import { isAbort, VerbenaError } from '../../base/errors.ts';
import { throttled, throwIfAborted, type TaskOptions } from '../../base/progress.ts';
import { applyPrompt, ownTemplate } from '../../core/embedding/prompts.ts';
import type { Pooling } from '../../core/embedding/pooling.ts';
import { EmbeddingError, type Vectors } from '../../core/embedding/vectors.ts';
import type { HubRequest } from './contract.ts';

export class HubModelError extends VerbenaError<'hub-model-failed'> {}

const batchTexts = 16;
const poolings = { mean: 'mean', first: 'cls', last: 'last_token' } as const satisfies Partial<
  Record<Pooling, string>
>;

/**
 * Vectors of a hub model through transformers.js, texts of like length together. The model's files are fetched from the hub at this
 * call and kept in the browser's cache. Throws `hub-model-failed`, `embedding-shape`, `template-invalid`, `aborted`.
 */
export async function embedWithHub(
  texts: readonly string[],
  request: HubRequest,
  { signal, onProgress }: TaskOptions,
): Promise<Vectors> {
  const { pooling, addPeriod } = request;
  if (pooling === 'last-two-layers')
    throw new EmbeddingError(
      'embedding-shape',
      'Exported hub models give their last layer only.',
      'Choose mean, first or last token.',
    );
  const prompt = ownTemplate(request.template);
  const report = throttled(onProgress);
  let extractor: FeatureExtractionPipeline | null = null;
  try {
    extractor = await load(request, { signal, onProgress });
    const order = texts
      .map((_, row) => row)
      .sort((a, b) => (texts[a] ?? '').length - (texts[b] ?? '').length);
    let vectors: Vectors | null = null;
    for (let from = 0; from < order.length; from += batchTexts) {
      throwIfAborted(signal);
      const rows = order.slice(from, from + batchTexts);
      const prompted = rows.map((row) => applyPrompt(prompt, texts[row] ?? '', addPeriod));
      const output = await extractor(prompted, { pooling: poolings[pooling], normalize: false });
      const width = output.dims.at(-1) ?? 0;
      vectors ??= { count: texts.length, width, values: new Float32Array(texts.length * width) };
      const values = Float32Array.from(output.data as ArrayLike<number>);
      for (const [i, row] of rows.entries())
        vectors.values.set(values.subarray(i * width, (i + 1) * width), row * width);
      report({ phase: 'embedding', done: from + rows.length, total: order.length, unit: 'rows' });
    }
    return vectors ?? { count: 0, width: 0, values: new Float32Array(0) };
  } catch (cause) {
    if (isAbort(cause) || cause instanceof VerbenaError) throw cause;
    throw new HubModelError(
      'hub-model-failed',
      `${request.repository} could not be loaded or run: ${cause instanceof Error ? cause.message : String(cause)}`,
      'Check the connection and that the repository has an onnx folder, or choose another embedder.',
      { repository: request.repository },
      cause,
    );
  } finally {
    await extractor?.dispose();
  }
}

async function load(
  { repository, revision, dtype, device }: HubRequest,
  { signal, onProgress }: TaskOptions,
): Promise<FeatureExtractionPipeline> {
  // 1 MB that only those need who ask for a hub model.
  const { env, pipeline } = await import('@huggingface/transformers');
  env.allowLocalModels = false;
  if (typeof self !== 'undefined' && 'location' in self) {
    // Its own default is a CDN; the runtime is served with the page instead.
    const [mjs, wasm] = await Promise.all([
      import('onnxruntime-web/ort-wasm-simd-threaded.asyncify.mjs?url'),
      import('onnxruntime-web/ort-wasm-simd-threaded.asyncify.wasm?url'),
    ]);
    const absolute = (url: string) => new URL(url, self.location.href).href;
    if (env.backends.onnx.wasm)
      env.backends.onnx.wasm.wasmPaths = { mjs: absolute(mjs.default), wasm: absolute(wasm.default) };
  }
  const report = throttled(onProgress);
  return pipeline('feature-extraction', repository, {
    revision,
    dtype,
    device,
    progress_callback: (info) => {
      throwIfAborted(signal);
      if (info.status === 'progress')
        report({ phase: `fetching ${info.file}`, done: info.loaded, total: info.total, unit: 'bytes' });
    },
  });
}
