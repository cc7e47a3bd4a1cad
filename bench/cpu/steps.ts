import { createOnnxSession } from '../../src/engine/onnx/session.ts';
import { defineModel } from '../../src/models/create.ts';
import { adamw } from '../adamw.ts';

export interface CpuBenchOptions {
  readonly layers: number;
  readonly width: number;
  readonly tokens: number;
  readonly length: number;
  readonly steps: number;
  readonly threads: number;
}

/** Told of `open`, `weights` and each step in turn: how long it took, and a note. */
export type Tell = (name: string, ms: number, note: string) => void;

/** Training steps of an XLNet of this size on the CPU path, from a session that was just opened, on fixed weights and tokens. */
export async function measureSteps(options: CpuBenchOptions, tell: Tell): Promise<void> {
  const { layers, width, tokens, length, steps, threads } = options;
  const labelCount = 67;
  const sequences = tokens / length;
  const definition = defineModel({
    model_type: 'xlnet',
    vocab_size: 32000,
    d_model: width,
    n_layer: layers,
    n_head: width / 64,
    d_head: 64,
    d_inner: 4 * width,
    dropout: 0.1,
  });
  const ids = Int32Array.from({ length: tokens }, (_, i) => 10 + ((i * 7919) % 31000));
  const batch = {
    ids,
    segments: definition.segmentIds(ids),
    offsets: Uint32Array.from({ length: sequences + 1 }, (_, i) => i * length),
    targets: Float32Array.from({ length: sequences * labelCount }, (_, i) => (i % 9 === 0 ? 1 : 0)),
  };
  let startedAt = performance.now();
  const lap = (name: string, note = '') => {
    tell(name, performance.now() - startedAt, note);
    startedAt = performance.now();
  };
  const session = await createOnnxSession({
    training: definition.graph({ labelCount, training: true, dropout: null }),
    inference: definition.graph({ labelCount, training: false, dropout: null }),
    capacity: definition.capacity({ tokens, sequences, maxLength: length }),
    threads,
  });
  lap('open');
  let seed = 1;
  for (const { tensor, shape, role } of session.parameters) {
    const values = new Float32Array(shape.reduce((product, size) => product * size, 1));
    for (let i = 0; i < values.length; i++) {
      seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
      values[i] = (role === 'norm' ? 1 : 0) + (seed / 2 ** 32 - 0.5) * 0.07;
    }
    await session.write('parameter', tensor.name, values);
  }
  lap('weights');
  for (let step = 1; step <= steps; step++) {
    const feed = definition.feed(batch, {
      seed: step,
      lossScale: 1 / (sequences * labelCount),
      lengthMultiple: 16,
    });
    const { loss } = await session.step([feed], {
      step,
      learningRate: 1e-5,
      ...adamw,
    });
    lap(`step ${step}`, `loss ${loss.toFixed(6)}`);
  }
  session.dispose();
}
