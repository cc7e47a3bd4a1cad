import type { Graph, Node, Operation, Tensor, TensorKind } from '../graph/types.ts';

/**
 * Rows of up to this many numbers are statistics (norms' moments, log-sum-exps): they cost next to nothing to keep, and need their
 * digits.
 */
export const smallRow = 64;

/** Writes the nodes of a changed graph down in order; new tensors get numbers that the old graph does not use. */
export class Rewrite {
  private readonly nodes: Node[] = [];
  private backwardStart: number | null = null;
  private nextTensor: number;

  constructor(private readonly graph: Graph) {
    const tensors = [
      ...graph.parameters.map(({ tensor }) => tensor),
      ...graph.inputs,
      ...graph.nodes.flatMap(({ outputs }) => outputs),
    ];
    this.nextTensor = 1 + tensors.reduce((most, { id }) => Math.max(most, id), -1);
  }

  append(operation: Operation, inputs: readonly Tensor[], outputs: readonly Tensor[]): void {
    this.nodes.push({ id: this.nodes.length, operation, inputs, outputs });
  }

  /** A tensor like another, to be made by a new node. */
  fresh(like: Omit<Tensor, 'id' | 'kind'>, kind: TensorKind = 'activation'): Tensor {
    return { ...like, id: this.nextTensor++, kind };
  }

  /** Nodes written down so far. */
  get length(): number {
    return this.nodes.length;
  }

  /** What is appended from here on belongs to the backward pass. */
  beginBackward(): void {
    this.backwardStart = this.nodes.length;
  }

  finish(): Graph {
    return { ...this.graph, nodes: this.nodes, backwardStart: this.backwardStart ?? this.nodes.length };
  }
}

/** The forward node that makes each tensor. */
export function forwardProducers(graph: Graph): ReadonlyMap<number, Node> {
  const forward = graph.nodes.slice(0, graph.backwardStart);
  return new Map(forward.flatMap((node) => node.outputs.map(({ id }) => [id, node] as const)));
}

/** Numbers of the tensors that the backward pass reads. */
export function readByBackward(graph: Graph): ReadonlySet<number> {
  return new Set(graph.nodes.slice(graph.backwardStart).flatMap((node) => node.inputs.map(({ id }) => id)));
}
