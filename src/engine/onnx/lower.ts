import { EngineError } from '../errors.ts';
import type { Dims, Graph, Node, Shape, Tensor } from '../graph/types.ts';
import type { Feed } from '../session.ts';
import type { HostValue, OnnxAttribute, OnnxDType, OnnxEmitter } from './emitter.ts';
import {
  encodeModel,
  type ElementType,
  type ExternalInitializer,
  type Initializer,
  type OnnxDim,
  type OnnxNode,
  type ValueInfo,
} from './model.ts';

/** `double` computes in float64 (not every operator has such a kernel): for gradient checks. */
export type Precision = 'single' | 'double';

/** A graph input and where its value comes from. */
export type LoweredInput = { readonly name: string; readonly type: ElementType } & (
  | { readonly source: 'parameter' | 'input' | 'cache'; readonly tensor: Tensor }
  | {
      readonly source: 'host';
      readonly compute: (feed: Feed) => HostValue;
      readonly elementsAt: (capacity: Dims) => number;
    }
);

/** Rows to be added into a parameter's gradient: row `i` belongs to table row `ids[i]`. */
export interface RowGradient {
  readonly value: string;
  readonly ids: Tensor;
  readonly width: number;
}

/** Rows to be put into a cache after a run: row `i` belongs into row `slots[i]`. */
export interface CacheRows {
  readonly value: string;
  readonly slots: Tensor;
  readonly width: number;
}

/** An engine graph as an ONNX file, with what is needed to run it. */
export interface LoweredGraph {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly inputs: readonly LoweredInput[];
  /** Graph output name -> value name; several may share one value. */
  readonly outputs: ReadonlyMap<string, string>;
  /** Parameter name -> value name. */
  readonly gradients: ReadonlyMap<string, string>;
  readonly rowGradients: ReadonlyMap<string, RowGradient>;
  /** Parameter name -> what a run adds to it. */
  readonly cacheRows: ReadonlyMap<string, CacheRows>;
  /** Parameter name -> the path under which the runtime is given its values once; empty where they are fed to every run. */
  readonly held: ReadonlyMap<string, string>;
  readonly nodeCount: number;
}

/**
 * Writes a graph down as an ONNX model. `holdsWeights`: parameters are constants of it, which the runtime keeps and prepares for its
 * products, not inputs. Throws `graph-invalid` where a tensor is used that no op has made.
 */
export function lowerGraph(
  graph: Graph,
  precision: Precision = 'single',
  holdsWeights = false,
): LoweredGraph {
  const writer = new GraphWriter(graph, precision);
  for (const node of graph.nodes) writer.lower(node);
  return writer.finish(graph, holdsWeights);
}

/** A lowered graph before it is written down: operators, what they read, constants, and what leaves. */
export interface GraphParts {
  readonly nodes: readonly OnnxNode[];
  readonly inputs: readonly (LoweredInput & { readonly shape: readonly OnnxDim[] })[];
  readonly constants: readonly Initializer[];
  /** Graph output name -> value name. */
  readonly outputs: ReadonlyMap<string, string>;
}

/** The operators of a graph without gradients: what another file can be built around. Throws `graph-invalid`. */
export function lowerParts(graph: Graph): GraphParts {
  const writer = new GraphWriter(graph, 'single');
  for (const node of graph.nodes) writer.lower(node);
  return writer.parts(graph);
}

class GraphWriter implements OnnxEmitter {
  private readonly floatType: ElementType;
  private readonly values = new Map<number, string>();
  private readonly rows = new Map<number, Omit<RowGradient, 'width'>>();
  private readonly caches = new Map<string, CacheRows>();
  private readonly memos = new Map<string, string>();
  private readonly constants = new Map<string, Initializer>();
  private readonly sources = new Map<string, LoweredInput & { readonly shape: readonly OnnxDim[] }>();
  private readonly nodes: OnnxNode[] = [];
  private label = 'graph';

  constructor(graph: Graph, precision: Precision) {
    this.floatType = precision === 'double' ? 'double' : 'float';
    for (const { tensor } of graph.parameters) this.source(tensor, 'parameter');
    for (const tensor of graph.inputs) this.source(tensor, 'input');
  }

  private source(tensor: Tensor, source: 'parameter' | 'input'): void {
    const name = `${source}:${tensor.name}`;
    const type = tensor.dtype === 'f32' ? this.floatType : 'int32';
    this.sources.set(name, { name, type, source, tensor, shape: tensor.shape });
    this.values.set(tensor.id, name);
  }

  lower(node: Node): void {
    this.label = node.outputs[0]?.name ?? node.operation.name;
    node.operation.onnx(node, this);
  }

  value(tensor: Tensor): string {
    const value = this.values.get(tensor.id) ?? this.denseRows(tensor);
    if (value !== null) return value;
    throw new EngineError(
      'graph-invalid',
      `${this.label}: ${tensor.name} is read before any op has made it.`,
      'Add the op that makes it before this one; rows of an embedding gradient cannot be read by ops.',
      { tensor: tensor.name },
    );
  }

  emit(
    opType: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, OnnxAttribute>> = {},
  ): string {
    const [value] = this.emitMany(opType, inputs, 1, attributes);
    return value as string;
  }

  emitMany(
    opType: string,
    inputs: readonly string[],
    outputCount: number,
    attributes: Readonly<Record<string, OnnxAttribute>> = {},
  ): string[] {
    const name = `${this.label}/${opType}_${this.nodes.length}`;
    const outputs = Array.from({ length: outputCount }, (_, i) => (i === 0 ? name : `${name}.${i}`));
    this.nodes.push({ name, opType, inputs, outputs, attributes });
    return outputs;
  }

  constant(data: readonly number[], shape: readonly number[], dtype: OnnxDType): string {
    return this.memo(`constant.${dtype}[${shape.join()}]:${data.join()}`, () => {
      const type = this.elementType(dtype);
      const name = `constant:${this.constants.size}`;
      this.constants.set(name, { name, type, shape, bytes: encodeElements(data, type) });
      return name;
    });
  }

  host(
    name: string,
    dtype: OnnxDType,
    shape: readonly OnnxDim[],
    compute: (feed: Feed) => HostValue,
    elementsAt: (capacity: Dims) => number = () => 0,
  ): string {
    const key = `host:${name}`;
    if (!this.sources.has(key)) {
      const type = this.elementType(dtype);
      this.sources.set(key, { name: key, type, source: 'host', compute, elementsAt, shape });
    }
    return key;
  }

  memo(key: string, make: () => string): string {
    const known = this.memos.get(key);
    if (known !== undefined) return known;
    const made = make();
    this.memos.set(key, made);
    return made;
  }

  bind(tensor: Tensor, value: string): void {
    this.values.set(tensor.id, value);
  }

  bindRowGradient(tensor: Tensor, ids: Tensor, rows: string): void {
    this.rows.set(tensor.id, { value: rows, ids });
  }

  cacheRows(tensor: Tensor): string {
    const name = `cache:${tensor.name}`;
    const shape = ['cache.rows', ...tensor.shape.slice(1)];
    this.sources.set(name, { name, type: this.floatType, source: 'cache', tensor, shape });
    return name;
  }

  bindCacheRows(tensor: Tensor, slots: Tensor, rows: string): void {
    this.caches.set(tensor.name, { value: rows, slots, width: lastSize(tensor.shape) });
  }

  /** A gradient given by rows that an op reads after all (a table that is also the head's weight): its rows, added up. */
  private denseRows(tensor: Tensor): string | null {
    const rows = this.rows.get(tensor.id);
    if (!rows) return null;
    this.rows.delete(tensor.id);
    const shape = this.constant(tensor.shape.map(Number), [tensor.shape.length], 'i64');
    const zeros = this.emit('Expand', [this.constant([0], [1, 1], 'f32'), shape]);
    const ids = this.emit('Cast', [this.value(rows.ids)], { to: int64Type });
    const index = this.emit('Unsqueeze', [ids, this.constant([1], [1], 'i64')]);
    const dense = this.emit('ScatterND', [zeros, index, rows.value], { reduction: 'add' });
    this.values.set(tensor.id, dense);
    return dense;
  }

  private elementType(dtype: OnnxDType): ElementType {
    return dtype === 'f32' ? this.floatType : dtype === 'i32' ? 'int32' : 'int64';
  }

  /** The name under which a value leaves the graph: an input leaves through an `Identity`, as ONNX outputs must be computed. */
  private exported(value: string): string {
    const isComputed = !this.sources.has(value) && !this.constants.has(value);
    return isComputed ? value : this.memo(`exported.${value}`, () => this.emit('Identity', [value]));
  }

  parts(graph: Graph): GraphParts {
    this.label = 'outputs';
    const outputs = new Map<string, string>();
    for (const [name, tensor] of graph.outputs) outputs.set(name, this.exported(this.value(tensor)));
    const { nodes, used } = withoutDeadNodes(this.nodes, new Set(outputs.values()));
    return {
      nodes,
      inputs: [...this.sources.values()].filter((input) => used.has(input.name)),
      constants: [...this.constants.values()].filter((constant) => used.has(constant.name)),
      outputs,
    };
  }

  finish(graph: Graph, holdsWeights: boolean): LoweredGraph {
    this.label = 'outputs';
    const outputs = new Map<string, string>();
    for (const [name, tensor] of graph.outputs) outputs.set(name, this.exported(this.value(tensor)));
    const gradients = new Map<string, string>();
    const rowGradients = new Map<string, RowGradient>();
    for (const [name, tensor] of graph.gradients) {
      const rows = this.rows.get(tensor.id);
      if (rows)
        rowGradients.set(name, { ...rows, value: this.exported(rows.value), width: lastSize(tensor.shape) });
      else gradients.set(name, this.exported(this.value(tensor)));
    }
    const cacheRows = new Map(
      [...this.caches].map(([name, rows]) => [name, { ...rows, value: this.exported(rows.value) }] as const),
    );
    const wanted = new Set([
      ...outputs.values(),
      ...gradients.values(),
      ...[...rowGradients.values()].map((rows) => rows.value),
      ...[...cacheRows.values()].map((rows) => rows.value),
    ]);
    const { nodes, used } = withoutDeadNodes(this.nodes, wanted);
    const sources = [...this.sources.values()].filter((input) => used.has(input.name));
    const isHeld = ({ source }: LoweredInput) => holdsWeights && source === 'parameter';
    const inputs = sources.filter((input) => !isHeld(input));
    const externals = sources.filter(isHeld).map(({ name, type, shape }, i): ExternalInitializer => {
      const sizes = shape.map(Number);
      return { name, type, shape: sizes, path: `weights/${i}`, byteLength: sizes.reduce((a, b) => a * b, 4) };
    });
    const held = new Map(externals.map(({ name, path }) => [name.replace(/^parameter:/, ''), path]));
    const bytes = encodeModel({
      nodes,
      externals,
      inputs: inputs.map(({ name, type, shape }): ValueInfo => ({ name, type, shape })),
      outputs: [...wanted].map((name) => ({ name, type: this.floatType })),
      initializers: [...this.constants.values()].filter((constant) => used.has(constant.name)),
    });
    return { bytes, inputs, outputs, gradients, rowGradients, cacheRows, held, nodeCount: nodes.length };
  }
}

/** Nodes that lead to a wanted value, in order, and the names of everything they read or make. */
function withoutDeadNodes(
  nodes: readonly OnnxNode[],
  wanted: ReadonlySet<string>,
): { nodes: OnnxNode[]; used: Set<string> } {
  const used = new Set(wanted);
  const kept: OnnxNode[] = [];
  for (const node of nodes.toReversed()) {
    if (!node.outputs.some((output) => used.has(output))) continue;
    for (const input of node.inputs) used.add(input);
    // An optional output that nobody reads is left out by an empty name, and then not computed.
    const outputs = node.outputs.map((output) => (used.has(output) ? output : ''));
    while (outputs.at(-1) === '') outputs.pop();
    kept.push({ ...node, outputs });
  }
  return { nodes: kept.toReversed(), used };
}

/** TensorProto.DataType.INT64 */
const int64Type = 7;

function lastSize(shape: Shape): number {
  const last = shape.at(-1);
  return typeof last === 'number' ? last : 1;
}

function encodeElements(data: readonly number[], type: ElementType): Uint8Array {
  const elements =
    type === 'float'
      ? Float32Array.from(data)
      : type === 'double'
        ? Float64Array.from(data)
        : type === 'int64'
          ? BigInt64Array.from(data, BigInt)
          : Int32Array.from(data);
  return new Uint8Array(elements.buffer);
}
