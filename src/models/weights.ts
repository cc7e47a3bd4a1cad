import { VerbenaError } from '../base/errors.ts';
import type { Parameter, ParameterPart } from '../engine/graph/types.ts';
import type { TensorInfo } from './trainable.ts';

/** Published tensors by name, read one at a time. */
export interface WeightSource {
  readonly tensors: readonly TensorInfo[];
  read(name: string): Promise<Float32Array>;
}

/** Copies a published tensor between its own array and its slice of an engine parameter. */
export function copyPart(
  parameter: Parameter,
  part: ParameterPart,
  packed: Float32Array,
  own: Float32Array,
  direction: 'pack' | 'unpack',
): void {
  const [rows = 1, columns = 1] = parameter.shape.length === 1 ? [1, parameter.shape[0]] : parameter.shape;
  if (part.axis === 'rows') {
    const width = parameter.shape.slice(1).reduce((a, b) => a * b, 1);
    const from = part.start * width;
    if (direction === 'pack') packed.set(own, from);
    else own.set(packed.subarray(from, from + part.length * width));
    return;
  }
  for (let row = 0; row < rows; row++) {
    const at = row * columns + part.start;
    if (direction === 'pack') packed.set(own.subarray(row * part.length, (row + 1) * part.length), at);
    else own.set(packed.subarray(at, at + part.length), row * part.length);
  }
}

export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((a, b) => a * b, 1);
}

/** How a file's names answer the model's: some checkpoints lack the `transformer.` prefix. */
export interface ResolvedWeights {
  /** File name of each published tensor the model has; absent where the file lacks it. */
  readonly fileNameOf: ReadonlyMap<string, string>;
  readonly missing: readonly string[];
  readonly extra: readonly string[];
}

/**
 * Matches a model's published tensors with a file's. Throws `tensor-shape` naming every tensor whose shape differs; whether
 * missing ones matter is the caller's to say.
 */
export function resolveWeights(wanted: readonly TensorInfo[], found: readonly TensorInfo[]): ResolvedWeights {
  const byName = new Map(found.map((tensor) => [tensor.name, tensor]));
  const fileNameOf = new Map<string, string>();
  const missing: string[] = [];
  const wrong: string[] = [];
  for (const { name, shape } of wanted) {
    const match = byName.get(name) ?? byName.get(name.replace(/^transformer\./, ''));
    if (!match) missing.push(name);
    else if (match.shape.length !== shape.length || match.shape.some((dim, i) => dim !== shape[i])) {
      wrong.push(`${name} is [${match.shape.join(', ')}], not [${shape.join(', ')}]`);
    } else fileNameOf.set(name, match.name);
  }
  if (wrong.length > 0) {
    throw new VerbenaError(
      'tensor-shape',
      `The weights do not fit config.json: ${wrong.join('; ')}.`,
      'Use the config.json that was published with these weights.',
      { tensors: wrong },
    );
  }
  const used = new Set(fileNameOf.values());
  return { fileNameOf, missing, extra: found.map((t) => t.name).filter((name) => !used.has(name)) };
}
