import { nextTask } from '../../base/breath.ts';
import { isAbort, VerbenaError } from '../../base/errors.ts';
import { throttled, throwIfAborted, type TaskOptions } from '../../base/progress.ts';
import { inSteps } from '../../base/steps.ts';
import { pool } from '../../core/embedding/pooling.ts';
import { EmbeddingError, type Vectors } from '../../core/embedding/vectors.ts';
import type { HubRequest, TokenCounts } from './contract.ts';
import { failed, loadHubModel, releaseHubModel, type HubModel } from './hubModel.ts';
import { promptedTokens } from './prompted.ts';

/** Padded tokens a pass. */
const passTokens = 2048;
const passRows = 32;

/**
 * Vectors of a hub model, texts of like length together: the same prompts, the same cut inside the prompt and the same pooling as the
 * engine's encoders. Throws `hub-model-missing`, `hub-model-failed`, `embedding-shape`, `template-invalid`, `aborted`.
 */
export async function embedWithHub(
  texts: readonly string[],
  request: HubRequest,
  task: TaskOptions,
): Promise<{ readonly vectors: Vectors; readonly tokens: TokenCounts }> {
  const { pooling, maxLength } = request;
  const { signal, onProgress } = task;
  if (pooling === 'last-two-layers')
    throw new EmbeddingError(
      'embedding-shape',
      'Exported hub models give their last layer only.',
      'Choose mean, first or last token.',
    );
  const model = await loadHubModel(request, task);
  throwIfAborted(signal);
  const limit = Math.min(maxLength, model.maxTokens ?? maxLength);
  const steps = promptedTokens(texts, hubTokenizer(model), { ...request, maxLength: limit });
  const { ids, offsets, counts } = await inSteps('tokenising', texts.length, steps, task);
  const report = throttled(onProgress);
  try {
    let vectors: Vectors | null = null;
    let done = 0;
    for (const rows of passes(offsets)) {
      throwIfAborted(signal);
      const { values, width } = await runPass(model, rows, ids, offsets);
      const local = rows.map((row) => lengthOf(offsets, row));
      const packed = pool({ last: values, offsets: sums(local), width }, pooling);
      vectors ??= { count: texts.length, width, values: new Float32Array(texts.length * width) };
      for (const [i, row] of rows.entries())
        vectors.values.set(packed.values.subarray(i * width, (i + 1) * width), row * width);
      done += rows.length;
      report({ phase: 'embedding', done, total: texts.length, unit: 'rows' });
      // Lets a stop in between two passes: on the CPU a pass never yields by itself.
      await nextTask();
    }
    return {
      vectors: vectors ?? { count: 0, width: 0, values: new Float32Array(0) },
      tokens: counts,
    };
  } catch (cause) {
    if (isAbort(cause) || cause instanceof VerbenaError) throw cause;
    // A session that failed once (a lost device, memory) is not trusted again.
    await releaseHubModel().catch(() => undefined);
    throw failed(request.repository, cause);
  }
}

/** The last layer of one padded pass, padding taken out again: `[tokens, width]`. */
async function runPass(
  model: HubModel,
  rows: readonly number[],
  ids: Int32Array,
  offsets: Uint32Array,
): Promise<{ readonly values: Float32Array; readonly width: number }> {
  const columns = Math.max(...rows.map((row) => lengthOf(offsets, row)));
  const padded = new BigInt64Array(rows.length * columns).fill(BigInt(model.padId));
  const mask = new BigInt64Array(rows.length * columns);
  for (const [i, row] of rows.entries())
    for (let t = 0; t < lengthOf(offsets, row); t++) {
      padded[i * columns + t] = BigInt(ids[(offsets[row] as number) + t] as number);
      mask[i * columns + t] = 1n;
    }
  const { values, width } = await model.hidden(padded, mask, [rows.length, columns]);
  const lengths = rows.map((row) => lengthOf(offsets, row));
  const packed = new Float32Array(lengths.reduce((a, b) => a + b, 0) * width);
  let at = 0;
  for (const [i, length] of lengths.entries()) {
    const from = i * columns * width;
    packed.set(values.subarray(from, from + length * width), at);
    at += length * width;
  }
  return { values: packed, width };
}

/** Rows by length, cut into passes that fit the budget. */
function passes(offsets: Uint32Array): number[][] {
  const order = Array.from({ length: offsets.length - 1 }, (_, row) => row);
  order.sort((a, b) => lengthOf(offsets, a) - lengthOf(offsets, b));
  const found: number[][] = [];
  for (const row of order) {
    const last = found.at(-1);
    // Rows come in rising length: the newest is the widest.
    const isRoom = last && last.length < passRows && (last.length + 1) * lengthOf(offsets, row) <= passTokens;
    if (isRoom) last.push(row);
    else found.push([row]);
  }
  return found;
}

const lengthOf = (offsets: Uint32Array, row: number) =>
  (offsets[row + 1] as number) - (offsets[row] as number);

function sums(lengths: readonly number[]): Uint32Array {
  const offsets = new Uint32Array(lengths.length + 1);
  lengths.forEach((length, i) => (offsets[i + 1] = (offsets[i] as number) + length));
  return offsets;
}

/** A template that is too long by itself is cut before its closing special tokens. */
function hubTokenizer(model: HubModel) {
  return {
    encode(text: string, maxLength = Number.POSITIVE_INFINITY) {
      const ids = model.encode(text);
      if (ids.length <= maxLength) return { ids: Int32Array.from(ids) };
      const kept = ids.slice(0, Math.max(0, maxLength - model.closing));
      return { ids: Int32Array.from([...kept, ...ids.slice(ids.length - model.closing)]) };
    },
  };
}
