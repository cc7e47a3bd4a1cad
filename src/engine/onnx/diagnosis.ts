import type { Graph } from '../graph/types.ts';
import type { Feed } from '../session.ts';
import { lowerGraph } from './lower.ts';
import { OnnxProgram } from './program.ts';
import type { OnnxRuntime } from './runtime.ts';

/**
 * The first tensor, in order of computation, that holds a NaN or an infinity when a failed step's micro-batches run again with the
 * parameters it began with; null where none does. Everything the graph computes is handed out at once, which may be more than memory
 * holds: then it throws `out-of-memory`.
 */
export async function findNonFinite(
  runtime: OnnxRuntime,
  graph: Graph,
  feeds: readonly Feed[],
  parameters: ReadonlyMap<string, Float32Array>,
): Promise<string | null> {
  const isBad = (values: ArrayLike<number>) => {
    for (let i = 0; i < values.length; i++) if (!Number.isFinite(values[i])) return true;
    return false;
  };
  for (const [name, values] of parameters) if (isBad(values)) return name;
  for (const feed of feeds)
    for (const [name, values] of feed.tensors)
      if (values instanceof Float32Array && isBad(values)) return name;
  // Scratch of the WebGPU kernels is read by nobody, and this lowering does not make it.
  const read = new Set(graph.nodes.flatMap(({ inputs }) => inputs.map(({ id }) => id)));
  const computed = graph.nodes.flatMap((node) =>
    node.outputs.filter(({ id, dtype, kind }) => dtype === 'f32' && kind !== 'gradient' && read.has(id)),
  );
  const outputs = new Map(computed.map((tensor) => [tensor.name, tensor]));
  const program = await OnnxProgram.create(runtime, lowerGraph({ ...graph, outputs }));
  try {
    for (const feed of feeds) {
      const values = await program.run(feed, parameters, new Set(program.lowered.outputs.values()));
      for (const { name } of computed) {
        const value = values.get(program.lowered.outputs.get(name) ?? '');
        if (value && isBad(value)) return name;
      }
    }
    return null;
  } finally {
    await program.dispose();
  }
}
