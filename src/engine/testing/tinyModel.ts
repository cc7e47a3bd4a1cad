import { random } from '../../base/random.ts';
import { differentiate } from '../graph/autodiff.ts';
import { GraphBuilder } from '../graph/builder.ts';
import type { Dims, Graph } from '../graph/types.ts';
import { activation } from '../ops/activation/op.ts';
import { add } from '../ops/add/op.ts';
import { addBias } from '../ops/addBias/op.ts';
import { bceWithLogits } from '../ops/bceWithLogits/op.ts';
import { dropout } from '../ops/dropout/op.ts';
import { embedding } from '../ops/embedding/op.ts';
import { layerNorm } from '../ops/layerNorm/op.ts';
import { matmul } from '../ops/matmul/op.ts';
import { embeddingOrder, maxAttentionBlocks } from '../ops/packing.ts';
import { attention } from '../ops/attention/op.ts';
import { takeRows } from '../ops/takeRows/op.ts';
import type { EngineSession, Feed } from '../session.ts';
import { normals, packedFeed, packedInputs } from './packed.ts';

const width = 8;
const labels = 3;
const vocabulary = 11;

/** Room for the feeds of `tinyFeed`. */
export const tinyCapacity: Dims = { T: 64, B: 8, R: 64, K: maxAttentionBlocks(64, 8) };

/** A small model that uses every op: one attention layer, one feed-forward layer, a multi-label head; `unused` gets no gradient. */
export function tinyGraph(options: { readonly training: boolean; readonly rate?: number }): Graph {
  const rate = options.training ? (options.rate ?? 0) : 0;
  const g = new GraphBuilder();
  const { ids, order, segments, blocks, summaryRows } = packedInputs(g);
  const parameter = (name: string, shape: readonly number[], role: 'weight' | 'bias' | 'norm' = 'weight') =>
    g.parameter({ name, shape, group: 'tiny', role });
  const product = { transposeA: false, transposeB: false };
  const drop = (x: ReturnType<typeof parameter>, salt: number) =>
    rate > 0 ? g.one(dropout({ rate, salt }), [x], `dropped.${salt}`) : x;
  parameter('unused', [2, 2]);

  const x = drop(g.one(embedding(), [parameter('table', [vocabulary, width]), ids, order], 'embedded'), 1);
  const qkv = g.one(matmul(product), [x, parameter('qkv', [width, 3 * width])], 'qkv');
  const positions = g.input('positions', ['R', width], 'f32');
  const r = g.one(matmul(product), [positions, parameter('r', [width, width])], 'r.rows');
  const attended = g.one(
    attention({ heads: 2, headSize: 4, causal: false, rate, salt: 2, relative: { segments: true } }),
    [
      qkv,
      r,
      parameter('biases', [3, width], 'bias'),
      parameter('segmentEmbedding', [2, width]),
      segments,
      blocks,
    ],
    'attended',
  );
  const norm = g.one(
    layerNorm(1e-5),
    [
      g.one(add(), [x, drop(attended, 3)], 'residual'),
      parameter('gamma', [width], 'norm'),
      parameter('beta', [width], 'norm'),
    ],
    'norm',
  );
  const up = g.one(
    matmul({ transposeA: false, transposeB: true }),
    [norm, parameter('up', [16, width])],
    'up.product',
  );
  const active = g.one(
    activation('gelu'),
    [g.one(addBias(), [up, parameter('upBias', [16], 'bias')], 'up.biased')],
    'active',
  );
  const head = g.one(
    matmul(product),
    [g.one(takeRows(), [active, summaryRows], 'taken'), parameter('head', [16, labels])],
    'logits',
  );
  g.output('logits', head);
  if (options.training) {
    const [loss] = g.apply(bceWithLogits(), [head, g.input('targets', ['B', labels], 'f32')], 'loss');
    if (loss) {
      g.output('loss', loss);
      differentiate(g, loss);
    }
  }
  return g.build();
}

/** A feed of `tinyGraph` with sequences of the given lengths. */
export function tinyFeed(
  lengths: readonly number[],
  seed: number,
  lossScale = 1 / (lengths.length * labels),
): Feed {
  const reach = Math.max(...lengths);
  const draw = random(seed, 9);
  return packedFeed({
    lengths,
    seed,
    vocabulary,
    lossScale,
    tensors: new Map([
      // As in XLNet, a row depends on its distance alone, whatever the table's reach.
      [
        'positions',
        Float32Array.from({ length: 2 * reach * width }, (_, i) =>
          Math.sin((reach - Math.floor(i / width)) * (0.1 + (i % width)) + 1),
        ),
      ],
      ['targets', Float32Array.from({ length: lengths.length * labels }, () => draw.integer(2))],
    ]),
  });
}

/** Writes random values into every parameter: the same for every session. */
export async function fillParameters(session: EngineSession): Promise<void> {
  for (const [i, { tensor, shape, role }] of session.parameters.entries()) {
    const count = shape.reduce((product, size) => product * size, 1);
    const values = normals(count, 1000 + i, 0.4);
    await session.write(
      'parameter',
      tensor.name,
      role === 'norm' ? values.map((value) => 1 + value) : values,
    );
  }
}

/** One micro-batch of the sequences of several. */
export function mergeFeeds(feeds: readonly Feed[], lengths: readonly number[]): Feed {
  const merged = tinyFeed(lengths, 1, feeds[0]?.lossScale ?? 1);
  const joined = (name: string) => feeds.flatMap((feed) => Array.from(feed.tensors.get(name) ?? []));
  const ids = Int32Array.from(joined('ids'));
  const tensors = new Map(merged.tensors);
  tensors.set('ids', ids);
  tensors.set('order', embeddingOrder(ids));
  tensors.set('segments', Int32Array.from(joined('segments')));
  tensors.set('targets', Float32Array.from(joined('targets')));
  return { ...merged, tensors };
}
