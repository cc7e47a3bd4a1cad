import { EngineError, shapeError } from '../errors.ts';
import { formatShape, type Dim, type Tensor } from '../graph/types.ts';

/** The i-th input of an op, or a shape error that says it is missing. */
export function inputAt(op: string, inputs: readonly Tensor[], i: number): Tensor {
  const tensor = inputs[i];
  if (!tensor) throw shapeError(op, `input ${i} is missing`);
  return tensor;
}

/** `[rows, columns]` of a matrix with a fixed number of columns. */
export function matrix(op: string, tensor: Tensor): readonly [Dim, number] {
  const [rows, columns] = tensor.shape;
  if (tensor.shape.length !== 2 || rows === undefined || typeof columns !== 'number') {
    throw shapeError(op, `${tensor.name} is ${formatShape(tensor.shape)}, not a matrix with fixed columns`);
  }
  return [rows, columns];
}

/** Requires a shape, naming op and tensor where it differs. */
export function expectShape(op: string, tensor: Tensor, shape: readonly Dim[]): void {
  if (tensor.shape.length !== shape.length || tensor.shape.some((dim, i) => dim !== shape[i])) {
    throw shapeError(op, `${tensor.name} is ${formatShape(tensor.shape)}, not ${formatShape(shape)}`);
  }
}

/** The gradient rule of an op that stands behind the differentiated graph: it throws `graph-invalid`. */
export function noGradient(op: string, remedy = 'It is meant for backward passes only.'): () => never {
  return () => {
    throw new EngineError('graph-invalid', `${op} has no gradient rule.`, remedy);
  };
}
