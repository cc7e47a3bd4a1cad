import { EngineError } from '../errors.ts';

const memorySigns =
  /bad_alloc|out of memory|failed to allocate|memory access out of bounds|Array buffer allocation|bfc_arena|SafeIntOnOverflow/i;

/** Turns what the runtime throws into an engine error that names the operator (and so the tensor) it happened in. */
export function onnxError(phase: 'compile' | 'run', error: unknown): EngineError {
  if (error instanceof EngineError) return error;
  const message = error instanceof Error ? error.message : String(error);
  if (memorySigns.test(message) || error instanceof RangeError) {
    return new EngineError(
      'out-of-memory',
      'The CPU path ran out of memory (a tab’s WebAssembly memory ends at 4 GB).',
      'Lower the token budget of a micro-batch or the maximum sequence length, or pick a smaller model.',
      { runtimeMessage: message },
      error,
    );
  }
  // Node names are `TENSOR/OPERATOR_NUMBER`: see `GraphWriter.emitMany`.
  const node = /(?:Name:\s*'|Node \(|node \(|node:)([^')\s]+)/.exec(message)?.[1];
  const where = node ? ` at ${node}` : '';
  return new EngineError(
    'onnx-failed',
    `The CPU path failed to ${phase} the graph${where}: ${message}`,
    'Check the model configuration; if it trains on WebGPU, report this message.',
    { phase, node: node ?? '' },
    error,
  );
}
