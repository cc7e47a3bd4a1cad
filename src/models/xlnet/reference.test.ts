import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { createOnnxSession } from '../../engine/onnx/session.ts';
import type { EngineSession } from '../../engine/session.ts';
import { openNodeGpu } from '../../engine/testing/nodeGpu.ts';
import { createWebGpuSession } from '../../engine/webgpu/session.ts';
import { SessionClassifier } from '../classifier.ts';
import type { StateTensor } from '../trainable.ts';
import { xlnetFamily } from './family.ts';

// A tiny unidirectional XLNet with tied attention biases and the tanh GELU, under TensorFlow's names, with the output of an
// independent implementation.
const file = '../shared/goldens/xlnet_reference/empty.json';
const { gpu } = await openNodeGpu();

interface Reference {
  readonly config: {
    readonly d_model: number;
    readonly n_layer: number;
    readonly n_head: number;
    readonly d_inner: number;
    readonly n_token: number;
  };
  readonly weights: Record<string, { readonly shape: number[]; readonly data: number[] }>;
  readonly io: Record<'input_ids' | 'seg_ids' | 'empty_output', { readonly data: number[] }>;
}

function transposed(data: readonly number[], [rows = 1, columns = 1]: readonly number[]): number[] {
  return Array.from(
    { length: data.length },
    (_, i) => data[(i % rows) * columns + Math.floor(i / rows)] as number,
  );
}

/** The reference's weights under Hugging Face's names. */
function* published({ weights, config }: Reference): Iterable<StateTensor> {
  const get = (path: string) => {
    const found = weights[`model/transformer/${path}`];
    if (!found) throw new Error(`the reference has no ${path}`);
    return found;
  };
  const tensor = (name: string, shape: readonly number[], data: readonly number[]): StateTensor => ({
    kind: 'parameter',
    name: `transformer.${name}`,
    shape,
    data: Float32Array.from(data),
  });
  const table = get('word_embedding/lookup_table');
  yield tensor('word_embedding.weight', table.shape, table.data);
  // Tied biases stand once in the model, under the first layer's names.
  for (const bias of ['r_w_bias', 'r_r_bias', 'r_s_bias'])
    yield tensor(`layer.0.rel_attn.${bias}`, get(bias).shape, get(bias).data);
  const segments = get('seg_embed');
  const perLayer = segments.data.length / config.n_layer;
  for (let i = 0; i < config.n_layer; i++) {
    for (const letter of ['q', 'k', 'v', 'r', 'o']) {
      const kernel = get(`layer_${i}/rel_attn/${letter}/kernel`);
      yield tensor(`layer.${i}.rel_attn.${letter}`, kernel.shape, kernel.data);
    }
    yield tensor(
      `layer.${i}.rel_attn.seg_embed`,
      segments.shape.slice(1),
      segments.data.slice(i * perLayer, (i + 1) * perLayer),
    );
    for (const part of ['rel_attn', 'ff']) {
      for (const [ours, theirs] of [
        ['weight', 'gamma'],
        ['bias', 'beta'],
      ] as const) {
        const norm = get(`layer_${i}/${part}/LayerNorm/${theirs}`);
        yield tensor(`layer.${i}.${part}.layer_norm.${ours}`, norm.shape, norm.data);
      }
    }
    for (const layer of ['layer_1', 'layer_2']) {
      const kernel = get(`layer_${i}/ff/${layer}/kernel`);
      yield tensor(
        `layer.${i}.ff.${layer}.weight`,
        kernel.shape.toReversed(),
        transposed(kernel.data, kernel.shape),
      );
      const bias = get(`layer_${i}/ff/${layer}/bias`);
      yield tensor(`layer.${i}.ff.${layer}.bias`, bias.shape, bias.data);
    }
  }
}

test.skipIf(!existsSync(file)).each(['onnx', 'webgpu'] as const)(
  'a unidirectional XLNet with untie_r false equals an independent implementation (%s)',
  async (lowering) => {
    if (lowering === 'webgpu' && !gpu) return;
    const reference = JSON.parse(await readFile(file, 'utf8')) as Reference;
    const { n_layer, n_token, ...sizes } = reference.config;
    const definition = xlnetFamily.create({
      model_type: 'xlnet',
      ...sizes,
      n_layer,
      vocab_size: n_token,
      ff_activation: 'gelu_new',
      untie_r: false,
      attn_type: 'uni',
    });
    const options = {
      training: definition.graph({ labelCount: 2, training: true, dropout: 0 }),
      inference: definition.graph({ labelCount: 2, training: false, dropout: null, keepHidden: true }),
      capacity: definition.capacity({ tokens: 10, sequences: 2, maxLength: 16 }),
    };
    const session: EngineSession =
      gpu && lowering === 'webgpu'
        ? await createWebGpuSession({ gpu, ...options })
        : await createOnnxSession(options);
    const model = new SessionClassifier(definition, session, 2);
    await model.writeState(published(reference));
    const batch = {
      ids: Int32Array.from(reference.io.input_ids.data),
      segments: Int32Array.from(reference.io.seg_ids.data),
      offsets: Uint32Array.of(0, 5, 10),
      targets: null,
    };
    const outputs = await session.infer(definition.feed(batch, { seed: 0, lossScale: 1, lengthMultiple: 1 }));
    const hidden = outputs.get(`hidden.${n_layer}`) ?? new Float32Array();
    const expected = reference.io.empty_output.data;
    expect(hidden.length).toBe(expected.length);
    const worst = hidden.reduce(
      (most, value, i) => Math.max(most, Math.abs(value - (expected[i] as number))),
      0,
    );
    expect(worst).toBeLessThan(5e-6);
    model.dispose();
  },
  120_000,
);
