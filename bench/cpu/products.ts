import { random } from '../../src/base/random.ts';
import { GraphBuilder } from '../../src/engine/graph/builder.ts';
import { createOnnxSession } from '../../src/engine/onnx/session.ts';
import { matmul } from '../../src/engine/ops/matmul/op.ts';
import { takeRows } from '../../src/engine/ops/takeRows/op.ts';

/** A product of XLNet-base over `rows` tokens, and the one that leads back to its operand's width. */
interface ProductPair {
  readonly name: string;
  readonly width: number;
  readonly inner: number;
}

const pairs: readonly ProductPair[] = [
  { name: 'attention: 768 → 768', width: 768, inner: 768 },
  { name: 'feed-forward: 768 → 3072 → 768', width: 768, inner: 3072 },
];

/** Links of a chain, so that what a call of the runtime costs is shared. */
const links = 4;

/**
 * Rates of XLNet-base's forward products on the CPU path, `[rows, width] · [width, inner]ᵀ` and back, in chains: weights fed with every call, as in
 * training, and held by the runtime, as in prediction. Medians over `rounds` calls after one to warm up.
 */
export async function measureProducts(rows: number, rounds: number, threads: number): Promise<void> {
  for (const { name, width, inner } of pairs)
    for (const holdsWeights of [false, true]) {
      const g = new GraphBuilder();
      const linear = matmul({ transposeA: false, transposeB: true });
      const weight = (of: string, shape: readonly number[]) =>
        g.parameter({ name: of, shape, group: 'weights', role: 'weight' });
      const [up, down] = [weight('up', [inner, width]), weight('down', [width, inner])];
      let x = g.input('x', ['T', width], 'f32');
      for (let i = 0; i < links; i++)
        x = g.one(linear, [g.one(linear, [x, up], `up.${i}`), down], `down.${i}`);
      // One row comes back.
      g.output('row', g.one(takeRows(), [x, g.input('rows', ['B'], 'u32')], 'row'));
      const graph = g.build();
      const capacity = { T: rows, B: 1, R: 1, K: 1 };
      const session = await createOnnxSession({
        training: graph,
        inference: graph,
        capacity,
        threads,
        holdsWeights,
      });
      const stream = random(1);
      const values = (count: number, scale: number) =>
        Float32Array.from({ length: count }, () => scale * (2 * stream.next() - 1));
      // Uniform on [-s, s] has variance s² / 3: values keep their size through the chain.
      await session.write('parameter', 'up', values(inner * width, Math.sqrt(3 / width)));
      await session.write('parameter', 'down', values(inner * width, Math.sqrt(3 / inner)));
      const tensors = new Map<string, Float32Array | Uint32Array>([
        ['x', values(rows * width, 1)],
        ['rows', Uint32Array.of(rows - 1)],
      ]);
      const times: number[] = [];
      for (let round = 0; round <= rounds; round++) {
        const startedAt = performance.now();
        await session.infer({ dims: capacity, tensors, seed: 1, lossScale: 1 });
        if (round > 0) times.push(performance.now() - startedAt);
      }
      session.dispose();
      const ms = times.sort((a, b) => a - b)[Math.floor(times.length / 2)] ?? Number.NaN;
      const gflops = (2 * 2 * links * rows * width * inner) / ms / 1e6;
      console.log(
        `${name}, ${rows} rows, weights ${holdsWeights ? 'held' : 'fed'}: ${gflops.toFixed(1)} GFLOP/s (${ms.toFixed(0)} ms)`,
      );
    }
}
