// The step as a user of TensorFlow.js writes it: variables, `variableGrads`, its Adam, decay beside it.
import '@tensorflow/tfjs-backend-webgpu';
import * as tf from '@tensorflow/tfjs';
import {
  adamW,
  benchBatch,
  layerNormEpsilon,
  relativePositions,
  segmentDiffers,
  startingWeights,
} from './model.ts';
import { productData } from './products.ts';

function layerNorm(x, weight, bias) {
  const { mean, variance } = tf.moments(x, -1, true);
  return x.sub(mean).div(variance.add(layerNormEpsilon).sqrt()).mul(weight).add(bias);
}

/** tfjs has no exact GELU. */
const gelu = (x) => x.mul(0.5).mul(x.mul(Math.SQRT1_2).erf().add(1));

/** `[B, T, d]` times `[d, e]`. */
function project(x, weight, transposed = false) {
  const [sequences, tokens, width] = x.shape;
  return tf
    .matMul(x.reshape([sequences * tokens, width]), weight, false, transposed)
    .reshape([sequences, tokens, -1]);
}

function createLoss(config, batch, parameters) {
  const { layers, width, heads, tokens, sequences } = config;
  const headSize = width / heads;
  const ids = tf.tensor2d(batch.ids, [sequences, tokens], 'int32');
  const targets = tf.tensor2d(batch.targets, [sequences, config.labels]);
  const differs = tf.tensor4d(segmentDiffers(config, batch), [sequences, 1, tokens, tokens]);
  const positions = tf.tensor2d(relativePositions(config), [2 * tokens, width]);

  /** `[B, T, n h]` to `[B, n, T, h]`. */
  const split = (x) => x.reshape([sequences, tokens, heads, headSize]).transpose([0, 2, 1, 3]);

  /** XLNet's relative shift: `[B, n, T, 2 T]` to `[B, n, T, T]` by reshape and slice. */
  const relativeShift = (x) =>
    x
      .reshape([sequences, heads, 2 * tokens, tokens])
      .slice([0, 0, 1, 0], [-1, -1, -1, -1])
      .reshape([sequences, heads, tokens, 2 * tokens - 1])
      .slice([0, 0, 0, 0], [-1, -1, -1, tokens]);

  function attention(p, x) {
    const matrix = (name) => p(name).reshape([width, width]);
    const bias = (name) => p(name).reshape([heads, 1, headSize]);
    const [q, k, v] = ['q', 'k', 'v'].map((name) => split(project(x, matrix(name))));
    const r = tf
      .matMul(positions, matrix('r'))
      .reshape([2 * tokens, heads, headSize])
      .transpose([1, 0, 2]);
    const content = tf.matMul(q.add(bias('r_w_bias')), k, false, true);
    const position = relativeShift(
      tf.matMul(q.add(bias('r_r_bias')), r.expandDims(0).tile([sequences, 1, 1, 1]), false, true),
    );
    const kinds = p('seg_embed').transpose([1, 0, 2]).expandDims(0).tile([sequences, 1, 1, 1]);
    const [same, other] = tf.matMul(q.add(bias('r_s_bias')), kinds, false, true).split(2, -1);
    const segment = same.add(other.sub(same).mul(differs));
    const scores = content
      .add(position)
      .add(segment)
      .mul(1 / Math.sqrt(headSize));
    const context = tf
      .matMul(tf.softmax(scores, -1), v)
      .transpose([0, 2, 1, 3])
      .reshape([sequences, tokens, width]);
    return layerNorm(
      x.add(project(context, matrix('o'), true)),
      p('layer_norm.weight'),
      p('layer_norm.bias'),
    );
  }

  function feedForward(p, x) {
    const inner = gelu(project(x, p('layer_1.weight'), true).add(p('layer_1.bias')));
    const outer = project(inner, p('layer_2.weight'), true).add(p('layer_2.bias'));
    return layerNorm(x.add(outer), p('layer_norm.weight'), p('layer_norm.bias'));
  }

  return () => {
    let x = tf.gather(parameters['transformer.word_embedding.weight'], ids);
    for (let layer = 0; layer < layers; layer++) {
      const at = (prefix) => (name) => parameters[`transformer.layer.${layer}.${prefix}.${name}`];
      x = attention(at('rel_attn'), x);
      x = feedForward(at('ff'), x);
    }
    const last = x.slice([0, tokens - 1, 0], [-1, 1, -1]).reshape([sequences, width]);
    const summary = tf
      .matMul(last, parameters['sequence_summary.summary.weight'], false, true)
      .add(parameters['sequence_summary.summary.bias'])
      .tanh();
    const logits = tf
      .matMul(summary, parameters['logits_proj.weight'], false, true)
      .add(parameters['logits_proj.bias']);
    return logits.softplus().sub(logits.mul(targets)).mean();
  };
}

export async function createStep(config) {
  if (!(await tf.setBackend('webgpu'))) throw new Error('tfjs found no WebGPU device');
  await tf.ready();
  const parameters = Object.fromEntries(
    startingWeights(config).map(({ name, shape, data }) => [
      name,
      tf.variable(tf.tensor(data, [...shape]), true, name),
    ]),
  );
  const variables = Object.values(parameters);
  const loss = createLoss(config, benchBatch(config), parameters);
  const { learningRate, beta1, beta2, epsilon, weightDecay } = adamW;
  const optimizer = tf.train.adam(learningRate, beta1, beta2, epsilon);
  return {
    async step() {
      const value = tf.tidy(() => {
        const { value, grads } = tf.variableGrads(loss, variables);
        for (const variable of variables) variable.assign(variable.mul(1 - learningRate * weightDecay));
        optimizer.applyGradients(grads);
        return value;
      });
      const [number] = await value.data();
      value.dispose();
      // The loss is read before the updates have run: wait for them too.
      await tf.backend().device.queue.onSubmittedWorkDone();
      return number;
    },
    info: () => ({ engine: `tfjs ${tf.version.tfjs}`, numBytes: tf.memory().numBytes }),
  };
}

export async function createProduct(config) {
  await tf.setBackend('webgpu');
  await tf.ready();
  const { rows, width, links } = config;
  const data = productData(config);
  const x = tf.tensor2d(data.x, [rows, width]);
  const w = tf.tensor2d(data.w, [width, width]);
  return {
    async step() {
      const row = tf.tidy(() => {
        let result = x;
        for (let i = 0; i < links; i++) result = tf.matMul(result, w);
        return result.slice([rows - 1, 0], [1, -1]);
      });
      const [number] = await row.data();
      row.dispose();
      return number;
    },
    info: () => ({ engine: `tfjs ${tf.version.tfjs}` }),
  };
}
