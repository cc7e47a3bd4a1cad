import { VerbenaError } from '../base/errors.ts';

export type EngineErrorCode =
  | 'shape-mismatch'
  | 'graph-invalid'
  | 'webgpu-missing'
  | 'limit-too-small'
  | 'device-lost'
  | 'out-of-memory'
  | 'kernel-invalid'
  | 'batch-too-large'
  | 'loss-not-finite'
  | 'onnx-failed';

/** Anything the engine refuses: the message names the op and the tensor, the remedy says what to change. */
export class EngineError extends VerbenaError<EngineErrorCode> {}

/** A shape that cannot be; raised while the graph is built, before anything is allocated. */
export function shapeError(op: string, problem: string): EngineError {
  return new EngineError(
    'shape-mismatch',
    `${op}: ${problem}.`,
    'Check the model configuration: hidden size, heads, head size and label count have to agree with the weights.',
    { op },
  );
}
