import { differentiate } from '../graph/autodiff.ts';
import { GraphBuilder } from '../graph/builder.ts';
import type { Graph, Parameter } from '../graph/types.ts';
import { activation } from '../ops/activation/op.ts';
import { add } from '../ops/add/op.ts';
import { addBias } from '../ops/addBias/op.ts';
import { bceWithLogits } from '../ops/bceWithLogits/op.ts';
import { dropout } from '../ops/dropout/op.ts';
import { embedding } from '../ops/embedding/op.ts';
import { layerNorm } from '../ops/layerNorm/op.ts';
import { matmul } from '../ops/matmul/op.ts';
import { takeRows } from '../ops/takeRows/op.ts';
import type { Feed } from '../session.ts';
import { normals, packedFeed, packedInputs } from './packed.ts';

export interface LayeredOptions {
  readonly layers: number;
  readonly width?: number;
  readonly labels?: number;
  readonly rate?: number;
  readonly trains?: (parameter: Parameter) => boolean;
}

export const layeredVocabulary = 13;

/**
 * Embedding, feed-forward layers (`layer.0`, ...: GELU, dropout, residual, layer norm) and a head, each a parameter group: the smallest
 * model with something to recompute. With gradients.
 */
export function layeredGraph({ layers, width = 128, labels = 3, rate = 0.1, trains }: LayeredOptions): Graph {
  const g = new GraphBuilder();
  const { ids, order, summaryRows } = packedInputs(g);
  const linear = matmul({ transposeA: false, transposeB: true });
  const parameter = (group: string, name: string, shape: readonly number[], role: Parameter['role']) =>
    g.parameter({ name: `${group}.${name}`, shape, group, role });
  let x = g.one(
    embedding(),
    [parameter('embedding', 'table', [layeredVocabulary, width], 'weight'), ids, order],
    'embedded',
  );
  x = g.one(dropout({ rate, salt: 1000 }), [x], 'embedded.dropped');
  for (let layer = 0; layer < layers; layer++) {
    const group = `layer.${layer}`;
    const weight = (name: string, rows: number, columns: number) =>
      parameter(group, name, [rows, columns], 'weight');
    const up = g.one(linear, [x, weight('up', 2 * width, width)], `${group}.up`);
    const biased = g.one(addBias(), [up, parameter(group, 'bias', [2 * width], 'bias')], `${group}.biased`);
    const active = g.one(activation('gelu'), [biased], `${group}.active`);
    const dropped = g.one(dropout({ rate, salt: 2 * layer }), [active], `${group}.active.dropped`);
    const down = g.one(linear, [dropped, weight('down', width, 2 * width)], `${group}.down`);
    const branch = g.one(dropout({ rate, salt: 2 * layer + 1 }), [down], `${group}.down.dropped`);
    const sum = g.one(add(), [branch, x], `${group}.sum`);
    const gamma = parameter(group, 'gamma', [width], 'norm');
    x = g.one(layerNorm(1e-5), [sum, gamma, parameter(group, 'beta', [width], 'norm')], `${group}.norm`);
  }
  const taken = g.one(takeRows(), [x, summaryRows], 'taken');
  const logits = g.one(linear, [taken, parameter('head', 'weight', [labels, width], 'weight')], 'logits');
  g.output('logits', logits);
  const loss = g.one(bceWithLogits(), [logits, g.input('targets', ['B', labels], 'f32')], 'loss');
  g.output('loss', loss);
  differentiate(g, loss, trains);
  return g.build();
}

export function layeredFeed(lengths: readonly number[], seed: number, labels = 3): Feed {
  const targets = normals(lengths.length * labels, seed).map((value) => (value > 0 ? 1 : 0));
  return packedFeed({
    lengths,
    seed,
    vocabulary: layeredVocabulary,
    lossScale: 1 / targets.length,
    tensors: new Map([['targets', targets]]),
  });
}
