// The step as a user of jax-js writes it: one jitted function from (parameters, moments, step) to the next ones.
import { blockUntilReady, defaultDevice, init, jit, nn, numpy as np, tree, valueAndGrad } from '@jax-js/jax';
import {
  adamW,
  benchBatch,
  layerNormEpsilon,
  relativePositions,
  segmentDiffers,
  startingWeights,
} from './model.ts';
import { productData } from './products.ts';

// jax-js frees an array at its last use: `.ref` marks every use but the last.

function layerNorm(x, weight, bias) {
  const centred = x.ref.sub(x.mean(-1, { keepdims: true }));
  const variance = np.square(centred.ref).mean(-1, { keepdims: true });
  return centred
    .div(np.sqrt(variance.add(layerNormEpsilon)))
    .mul(weight)
    .add(bias);
}

/** `[T, T]` row of the relative table that holds distance i - j. */
function shiftIndices(tokens) {
  const rows = new Int32Array(tokens * tokens);
  for (let i = 0; i < tokens; i++) {
    for (let j = 0; j < tokens; j++) rows[i * tokens + j] = tokens - i + j;
  }
  return rows;
}

/**
 * The loss of XLNet with its classification head. The relative shift gathers along the last axis: XLNet's own reshape and
 * slice was seen to have a wrong WebGPU gradient, without any error, when jax-js was first looked at. At the sizes measured
 * here both ways give the same losses in 0.1.25.
 */
function createLoss(config, batch) {
  const { layers, width, heads, tokens, sequences } = config;
  const headSize = width / heads;
  const scale = 1 / Math.sqrt(headSize);
  const ids = np.array(batch.ids).reshape([sequences, tokens]);
  const targets = np.array(batch.targets).reshape([sequences, config.labels]);
  const differs = np.array(segmentDiffers(config, batch)).reshape([sequences, 1, tokens, tokens]);
  const positions = np.array(relativePositions(config)).reshape([2 * tokens, width]);
  const shift = np.array(shiftIndices(tokens)).reshape([1, 1, tokens, tokens]);

  function attention(p, x) {
    const q = np.einsum('btd,dnh->btnh', x.ref, p.q);
    const k = np.einsum('btd,dnh->btnh', x.ref, p.k);
    const v = np.einsum('btd,dnh->btnh', x.ref, p.v);
    const r = np.einsum('rd,dnh->rnh', positions.ref, p.r);
    const content = np.einsum('bind,bjnd->bnij', q.ref.add(p.r_w_bias), k);
    const position = np.takeAlongAxis(np.einsum('bind,rnd->bnir', q.ref.add(p.r_r_bias), r), shift.ref, -1);
    const segment = np.einsum('bind,snd->bnis', q.add(p.r_s_bias), p.seg_embed);
    const same = segment.ref.slice([], [], [], [0, 1]);
    const other = segment.slice([], [], [], [1, 2]);
    const segments = same.ref.add(other.sub(same).mul(differs.ref));
    const probabilities = nn.softmax(content.add(position).add(segments).mul(scale), -1);
    const context = np.einsum('bnij,bjnd->bind', probabilities, v);
    const output = np.einsum('bind,hnd->bih', context, p.o);
    return layerNorm(x.add(output), p['layer_norm.weight'], p['layer_norm.bias']);
  }

  function feedForward(p, x) {
    const inner = np.einsum('btd,id->bti', x.ref, p['layer_1.weight']).add(p['layer_1.bias']);
    const outer = np
      .einsum('bti,di->btd', nn.gelu(inner, { approximate: false }), p['layer_2.weight'])
      .add(p['layer_2.bias']);
    return layerNorm(x.add(outer), p['layer_norm.weight'], p['layer_norm.bias']);
  }

  const part = (p, prefix) =>
    Object.fromEntries(
      Object.keys(p)
        .filter((name) => name.startsWith(prefix))
        .map((name) => [name.slice(prefix.length), p[name]]),
    );

  return (p) => {
    let x = np.take(p['transformer.word_embedding.weight'], ids.ref, 0);
    for (let layer = 0; layer < layers; layer++) {
      x = attention(part(p, `transformer.layer.${layer}.rel_attn.`), x);
      x = feedForward(part(p, `transformer.layer.${layer}.ff.`), x);
    }
    const last = x.slice([], tokens - 1, []);
    const summary = np.tanh(
      np
        .einsum('bd,od->bo', last, p['sequence_summary.summary.weight'])
        .add(p['sequence_summary.summary.bias']),
    );
    const logits = np.einsum('bd,ld->bl', summary, p['logits_proj.weight']).add(p['logits_proj.bias']);
    return nn.softplus(logits.ref).sub(logits.mul(targets.ref)).mean();
  };
}

export async function createStep(config) {
  const devices = await init('webgpu');
  if (!devices.includes('webgpu')) throw new Error('jax-js found no WebGPU device');
  defaultDevice('webgpu');
  const lossAndGradient = valueAndGrad(createLoss(config, benchBatch(config)));
  const { learningRate, beta1, beta2, epsilon, weightDecay } = adamW;

  const update = jit((parameters, first, second, corrections) => {
    const [loss, gradients] = lossAndGradient(tree.ref(parameters));
    const [correction1, correction2] = [corrections.ref.slice(0), corrections.slice(1)];
    const next = { parameters: {}, first: {}, second: {} };
    for (const [name, gradient] of Object.entries(gradients)) {
      const m = first[name].mul(beta1).add(gradient.ref.mul(1 - beta1));
      const v = second[name].mul(beta2).add(np.square(gradient).mul(1 - beta2));
      const step = m.ref.div(correction1.ref).div(np.sqrt(v.ref.div(correction2.ref)).add(epsilon));
      next.parameters[name] = parameters[name]
        .mul(1 - learningRate * weightDecay)
        .sub(step.mul(learningRate));
      next.first[name] = m;
      next.second[name] = v;
    }
    correction1.dispose();
    correction2.dispose();
    return [loss, next.parameters, next.first, next.second];
  });

  let parameters = {};
  let first = {};
  let second = {};
  for (const { name, shape, data } of startingWeights(config)) {
    parameters[name] = np.array(data).reshape([...shape]);
    first[name] = np.zeros([...shape]);
    second[name] = np.zeros([...shape]);
  }
  let steps = 0;
  return {
    async step() {
      steps++;
      const corrections = np.array(new Float32Array([1 - beta1 ** steps, 1 - beta2 ** steps]));
      let loss;
      [loss, parameters, first, second] = update(parameters, first, second, corrections);
      await blockUntilReady(parameters);
      return (await loss.data())[0];
    },
    info: () => ({ engine: 'jax-js 0.1.25' }),
  };
}

export async function createProduct(config) {
  const { rows, width, links } = config;
  await init('webgpu');
  defaultDevice('webgpu');
  const data = productData(config);
  const x = np.array(data.x).reshape([rows, width]);
  const w = np.array(data.w).reshape([width, width]);
  const chain = jit((x, w) => {
    for (let i = 0; i < links; i++) x = np.dot(x, i === links - 1 ? w : w.ref);
    return x;
  });
  return {
    async step() {
      const result = chain(x.ref, w.ref);
      await blockUntilReady(result.ref);
      return (await result.slice(rows - 1).data())[0];
    },
    info: () => ({ engine: 'jax-js 0.1.25' }),
  };
}
