import { shapeError } from '../errors.ts';
import type {
  Adaptation,
  DType,
  Graph,
  Node,
  Operation,
  Parameter,
  ParameterPart,
  Shape,
  Tensor,
  TensorKind,
  TensorSpec,
} from './types.ts';

export interface ParameterOptions {
  readonly name: string;
  readonly shape: readonly number[];
  readonly group: string;
  readonly role: Parameter['role'];
  /** Default: one part, the whole tensor under its own name and shape. */
  readonly parts?: readonly ParameterPart[];
  readonly adapts?: Adaptation;
}

/** Writes a graph down, op by op, checking shapes as it goes. Same calls, same graph, same names. */
export class GraphBuilder {
  private readonly nodes: Node[] = [];
  private readonly parameters = new Map<string, Parameter>();
  private readonly inputs = new Map<string, Tensor>();
  private readonly outputs = new Map<string, Tensor>();
  private readonly gradients = new Map<string, Tensor>();
  private readonly producers = new Map<number, Node>();
  private tensorCount = 0;
  private backwardStart: number | null = null;

  private tensor(name: string, shape: Shape, dtype: DType, kind: TensorKind): Tensor {
    for (const dim of shape) {
      if (typeof dim === 'number' && !(Number.isInteger(dim) && dim > 0)) {
        throw shapeError(name, `size ${dim} is not a positive whole number`);
      }
    }
    return { id: this.tensorCount++, name, shape, dtype, kind };
  }

  /** Written by the host before every micro-batch. */
  input(name: string, shape: Shape, dtype: DType): Tensor {
    const known = this.inputs.get(name);
    if (known) return known;
    const tensor = this.tensor(name, shape, dtype, 'input');
    this.inputs.set(name, tensor);
    return tensor;
  }

  /** Declares a trained tensor; a second declaration of the same name is the same tensor (tied weights). */
  parameter(options: ParameterOptions): Tensor {
    const known = this.parameters.get(options.name);
    if (known) return known.tensor;
    const { name, shape, group, role, adapts } = options;
    const tensor = this.tensor(name, shape, 'f32', 'parameter');
    const whole: ParameterPart = { name, shape, axis: 'rows', start: 0, length: shape[0] ?? 1 };
    const parts = options.parts ?? [whole];
    this.parameters.set(name, { tensor, shape, group, role, parts, ...(adapts ? { adapts } : {}) });
    return tensor;
  }

  /** Appends one op; `name` labels its outputs in plans and errors. */
  apply(operation: Operation, inputs: readonly Tensor[], name: string): readonly Tensor[] {
    const specs = operation.infer(inputs);
    const outputs = specs.map((spec: TensorSpec, i) =>
      this.tensor(
        spec.suffix ? `${name}.${spec.suffix}` : i === 0 ? name : `${name}.${i}`,
        spec.shape,
        spec.dtype,
        spec.kind ?? 'activation',
      ),
    );
    const node: Node = { id: this.nodes.length, operation, inputs, outputs };
    this.nodes.push(node);
    for (const output of outputs) this.producers.set(output.id, node);
    return outputs;
  }

  /** `apply` for the many ops with a single output. */
  one(operation: Operation, inputs: readonly Tensor[], name: string): Tensor {
    const [output] = this.apply(operation, inputs, name);
    if (!output) throw shapeError(operation.name, 'has no output');
    return output;
  }

  /** Keeps a tensor beyond the run, readable under a name. */
  output(name: string, tensor: Tensor): void {
    this.outputs.set(name, tensor);
  }

  /** The node that makes a tensor; undefined for inputs and parameters. */
  producer(tensor: Tensor): Node | undefined {
    return this.producers.get(tensor.id);
  }

  /** Nodes so far, in order of execution. */
  get nodeList(): readonly Node[] {
    return this.nodes;
  }

  get parameterList(): readonly Parameter[] {
    return [...this.parameters.values()];
  }

  /**
   * Declares `tensor` to be a parameter's gradient: its producer from now on writes into the gradient arena. A tensor that
   * already serves another parameter or is an input needs a copy, which the caller makes.
   */
  bindGradient(parameter: Tensor, tensor: Tensor): void {
    const producer = this.producers.get(tensor.id);
    if (!producer) throw shapeError(parameter.name, 'has a gradient that no op computes');
    const gradient: Tensor = { ...tensor, kind: 'gradient', name: `grad.${parameter.name}` };
    const replaced: Node = {
      ...producer,
      outputs: producer.outputs.map((t) => (t.id === tensor.id ? gradient : t)),
    };
    this.nodes[producer.id] = replaced;
    for (const output of replaced.outputs) this.producers.set(output.id, replaced);
    this.gradients.set(parameter.name, gradient);
  }

  /** Everything appended from here on belongs to the backward pass. */
  beginBackward(): void {
    this.backwardStart ??= this.nodes.length;
  }

  /** The graph so far, without what of the backward pass leads to no gradient. */
  build(): Graph {
    const backwardStart = this.backwardStart ?? this.nodes.length;
    return {
      nodes: withoutDeadBackward(this.nodes, backwardStart, this.outputs),
      backwardStart,
      parameters: this.parameterList,
      inputs: [...this.inputs.values()],
      outputs: new Map(this.outputs),
      gradients: new Map(this.gradients),
    };
  }
}

/**
 * Gradient rules hand out the gradient of every input, wanted or not (of frozen weights, of fixed tables): nodes of the backward pass
 * that lead to no parameter's gradient, result or named output are left out.
 */
function withoutDeadBackward(
  nodes: readonly Node[],
  backwardStart: number,
  outputs: ReadonlyMap<string, Tensor>,
): Node[] {
  const used = new Set([...outputs.values()].map((tensor) => tensor.id));
  const kept = nodes.toReversed().filter((node) => {
    const isKept =
      node.id < backwardStart ||
      node.outputs.some((tensor) => tensor.kind !== 'activation' || used.has(tensor.id));
    if (isKept) for (const tensor of node.inputs) used.add(tensor.id);
    return isKept;
  });
  return kept
    .toReversed()
    .map(({ operation, inputs, outputs: made }, id) => ({ id, operation, inputs, outputs: made }));
}
