import { EngineError } from '../errors.ts';
import type { Graph } from '../graph/types.ts';
import type { OnnxAttribute } from './emitter.ts';
import { lowerParts } from './lower.ts';
import { encodeModel, type Initializer, type OnnxDim, type OnnxNode, type ValueInfo } from './model.ts';

/**
 * Appends operators that compute what the host computes for Verbena's own sessions. Values of the file's inputs: `input_ids`,
 * `attention_mask`, `token_type_ids` as int64 `[B, S]`.
 */
export interface Prelude {
  /** B and S as int64 `[1]`, `B·S` likewise. */
  readonly batch: string;
  readonly length: string;
  readonly tokens: string;
  emit(
    opType: string,
    inputs: readonly string[],
    attributes?: Readonly<Record<string, OnnxAttribute>>,
  ): string;
  floats(data: readonly number[], shape: readonly number[]): string;
  ints(data: readonly number[], shape?: readonly number[]): string;
  /** `input_ids`, ... flattened to `[B·S]`, int64. */
  flat(input: StandaloneInput): string;
  /** 0, 1, ..., n - 1 as int64 `[n]`; n is an int64 `[1]` value. */
  range(n: string): string;
}

export type StandaloneInput = 'input_ids' | 'attention_mask' | 'token_type_ids';

export interface StandaloneOptions {
  readonly inference: Graph;
  /** Little-endian f32 elements of each engine parameter. */
  readonly parameters: ReadonlyMap<string, Float32Array>;
  /** How each of the graph's own inputs (`summaryRows`, `positions`, ...) is made. */
  readonly inputs: Readonly<Record<string, (prelude: Prelude) => string>>;
  /** The file asks for `token_type_ids`. */
  readonly hasTypes: boolean;
  /**
   * The graph's output that the file gives: `logits` `[batch, labels]` where left out, else hidden states `[tokens, width]`, given as
   * `last_hidden_state` `[batch, sequence, width]`. What it does not rest on is left out.
   */
  readonly hidden?: string;
}

/**
 * An inference graph as an ONNX file for anybody's runtime (opset 20): weights inside; `input_ids`, `attention_mask` and where the model
 * has them `token_type_ids` in, int64 `[batch, sequence]`, padded on either side; `logits` `[batch, labels]` out, or hidden states.
 *
 * Verbena's sessions pack tokens and have the host compute masks and gather indices. Here all B sequences stay padded: the first padded
 * group is the whole batch, the second an empty one, and what the host would compute is computed by operators in front.
 * Throws `graph-invalid` for a host value that has no such operators.
 */
export function standaloneOnnx(options: StandaloneOptions): Uint8Array<ArrayBuffer> {
  const { inference, parameters, inputs, hasTypes, hidden } = options;
  const parts = lowerParts(inference);
  const wanted = hidden ?? 'logits';
  const result = parts.outputs.get(wanted);
  if (result === undefined) throw missing(wanted);
  const needed = reachable(parts.nodes, result);
  const prelude = new PreludeWriter();
  const made = new Map<string, string>();
  const initializers: Initializer[] = [...parts.constants];
  for (const input of parts.inputs) {
    if (!needed.has(input.name)) continue;
    if (input.source === 'parameter') {
      const data = parameters.get(input.tensor.name);
      if (!data) throw missing(input.name);
      const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
      const shape = input.shape.filter((dim): dim is number => typeof dim === 'number');
      initializers.push({ name: input.name, type: 'float', shape, bytes });
      continue;
    }
    const make =
      input.source === 'input'
        ? (inputs[input.tensor.name] ?? (input.tensor.name === 'ids' ? flatIds : undefined))
        : hostValue(input.name);
    if (!make) throw missing(input.name);
    made.set(input.name, make(prelude));
  }
  const renamed = (value: string) => made.get(value) ?? value;
  const kept = parts.nodes.filter(({ outputs }) => outputs.some((value) => needed.has(value)));
  const nodes = kept.map(({ name, opType, inputs: read, outputs, attributes }): OnnxNode => ({
    name,
    opType,
    inputs: read.map(renamed),
    outputs,
    attributes,
  }));
  const shape: readonly OnnxDim[] = ['batch', 'sequence'];
  const names: StandaloneInput[] = ['input_ids', 'attention_mask'];
  if (hasTypes) names.push('token_type_ids');
  const last: OnnxNode =
    hidden === undefined
      ? { name: 'logits', opType: 'Identity', inputs: [result], outputs: ['logits'], attributes: {} }
      : hiddenStates(prelude, result);
  return encodeModel({
    nodes: [...prelude.nodes, ...nodes, last],
    inputs: names.map((name): ValueInfo => ({ name, type: 'int64', shape })),
    outputs: [{ name: last.outputs[0] ?? '', type: 'float' }],
    initializers: [...initializers, ...prelude.initializers],
  });
}

/** `[B·S, width]` back to `[B, S, width]`, under the name that Hugging Face's exports give it. */
function hiddenStates(p: Prelude, value: string): OnnxNode {
  const shape = p.emit('Concat', [p.batch, p.length, p.ints([-1])], { axis: 0 });
  const name = 'last_hidden_state';
  return { name, opType: 'Reshape', inputs: [value, shape], outputs: [name], attributes: {} };
}

/** Every value that one rests on, itself included. */
function reachable(nodes: readonly OnnxNode[], value: string): Set<string> {
  const makers = new Map(nodes.flatMap((node) => node.outputs.map((output) => [output, node] as const)));
  const found = new Set<string>();
  const open = [value];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (found.has(next)) continue;
    found.add(next);
    open.push(...(makers.get(next)?.inputs ?? []));
  }
  return found;
}

const flatIds = (prelude: Prelude) => prelude.flat('input_ids');

function missing(name: string): EngineError {
  return new EngineError(
    'graph-invalid',
    `${name} has no counterpart in a file of its own.`,
    'Export the Hugging Face folder instead, and report this.',
    { name },
  );
}

class PreludeWriter implements Prelude {
  readonly nodes: OnnxNode[] = [];
  readonly initializers: Initializer[] = [];
  private readonly memos = new Map<string, string>();

  private memo(key: string, make: () => string): string {
    const known = this.memos.get(key);
    if (known !== undefined) return known;
    const value = make();
    this.memos.set(key, value);
    return value;
  }

  emit(
    opType: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, OnnxAttribute>> = {},
  ): string {
    return this.memo(`${opType}(${inputs.join()})${JSON.stringify(attributes)}`, () => {
      const name = `prelude/${opType}_${this.nodes.length}`;
      this.nodes.push({ name, opType, inputs, outputs: [name], attributes });
      return name;
    });
  }

  floats(data: readonly number[], shape: readonly number[]): string {
    return this.constant('float', data, shape, new Uint8Array(Float32Array.from(data).buffer));
  }

  ints(data: readonly number[], shape: readonly number[] = [data.length]): string {
    return this.constant('int64', data, shape, new Uint8Array(BigInt64Array.from(data, BigInt).buffer));
  }

  private constant(
    type: 'float' | 'int64',
    data: readonly number[],
    shape: readonly number[],
    bytes: Uint8Array,
  ): string {
    return this.memo(`${type}[${shape.join()}]:${data.join()}`, () => {
      const name = `prelude/constant_${this.initializers.length}`;
      this.initializers.push({ name, type, shape, bytes });
      return name;
    });
  }

  get batch(): string {
    return this.sizeAt(0);
  }

  get length(): string {
    return this.sizeAt(1);
  }

  get tokens(): string {
    return this.emit('Mul', [this.batch, this.length]);
  }

  private sizeAt(axis: number): string {
    return this.emit('Gather', [this.emit('Shape', ['input_ids']), this.ints([axis])], { axis: 0 });
  }

  flat(input: StandaloneInput): string {
    return this.emit('Reshape', [input, this.ints([-1])]);
  }

  range(n: string): string {
    const scalar = this.emit('Squeeze', [n]);
    return this.emit('Range', [this.ints([0], []), scalar, this.ints([1], [])]);
  }
}

const lowest = -1e30;

/** How a value that `PaddedGroup` and `PaddedAttention` leave to the host is computed; undefined: not known. */
function hostValue(name: string): ((prelude: Prelude) => string) | undefined {
  const host = /^host:padded\.blocks\.(?:(\d)\.)?(.+)$/.exec(name);
  if (!host) return undefined;
  const [, group, key = ''] = host;
  if (group === undefined) return key === 'positions' ? (p) => p.range(p.tokens) : undefined;
  const size = /^attention\.(\d+)x(\d+)\.(.+)$/.exec(key);
  if (size) return sizeValue(Number(size[1]), size[3] ?? '', group === '0');
  return group === '0' ? wholeBatch(key) : emptyGroup(key);
}

/** Values of the group that is the whole batch, padding included. */
function wholeBatch(key: string): ((prelude: Prelude) => string) | undefined {
  if (key.startsWith('segmentsDiffer.'))
    return (p) => {
      const rows = p.emit('Unsqueeze', ['token_type_ids', p.ints([2])]);
      const columns = p.emit('Unsqueeze', ['token_type_ids', p.ints([1])]);
      return asFloat(p, p.emit('Not', [p.emit('Equal', [rows, columns])]));
    };
  switch (key) {
    case 'rows':
      return (p) => p.range(p.tokens);
    case 'mask.full':
      return (p) => padding(p);
    case 'mask.causal':
      return (p) => {
        const at = p.range(p.length);
        const rows = p.emit('Unsqueeze', [at, p.ints([1])]);
        const isLater = asFloat(p, p.emit('Greater', [p.emit('Unsqueeze', [at, p.ints([0])]), rows]));
        return p.emit('Min', [padding(p), p.emit('Mul', [isLater, p.floats([lowest], [])])]);
      };
    case 'mirror':
      return (p) => {
        const twice = p.emit('Mul', [p.length, p.ints([2])]);
        return p.emit('Mod', [p.emit('Sub', [twice, p.range(twice)]), twice]);
      };
    case 'forwards':
      return (p) => p.floats([1], [1, 1]);
    case 'backwards':
      return (p) => p.floats([0], [1, 1]);
    default:
      return undefined;
  }
}

/** `[B, 1, S]`: 0 where a key is a token, else a number so low that its softmax is 0. */
function padding(p: Prelude): string {
  const isPadding = asFloat(p, p.emit('Equal', ['attention_mask', p.ints([0], [])]));
  const masked = p.emit('Mul', [isPadding, p.floats([lowest], [])]);
  return p.emit('Unsqueeze', [masked, p.ints([1])]);
}

function asFloat(p: Prelude, value: string): string {
  return p.emit('Cast', [value], { to: 1 });
}

/** Values of the group that has no sequence: one row of one token that sees nothing and that nobody reads. */
function emptyGroup(key: string): ((prelude: Prelude) => string) | undefined {
  if (key.startsWith('segmentsDiffer.')) return (p) => p.floats([0], [1, 1, 1]);
  if (key.startsWith('mask.')) return (p) => p.floats([lowest], [1, 1, 1]);
  switch (key) {
    case 'rows':
      return (p) => p.ints([0]);
    case 'mirror':
      return (p) => p.ints([0, 1]);
    case 'forwards':
    case 'backwards':
      return (p) => p.floats([0], [1, 1]);
    default:
      return undefined;
  }
}

/** Shapes and bounds (`PaddedAttention.sizes`): B and S are the batch's, or 1 in the empty group; the position table has 2 S rows. */
function sizeValue(heads: number, key: string, isWhole: boolean): ((prelude: Prelude) => string) | undefined {
  const make = (p: Prelude) => {
    const one = p.ints([1]);
    const B = isWhole ? p.batch : one;
    const S = isWhole ? p.length : one;
    const times = (...values: readonly string[]) => values.reduce((a, b) => p.emit('Mul', [a, b]));
    const minus = (a: string, b: string) => p.emit('Sub', [a, b]);
    const list = (...values: readonly string[]) => p.emit('Concat', values, { axis: 0 });
    const H = p.ints([heads]);
    const two = p.ints([2]);
    const margin = isWhole ? p.ints([0]) : minus(p.length, one);
    const block = /^block\.(\d+)$/.exec(key);
    if (block) return list(H, B, S, p.ints([Number(block[1])]));
    switch (key) {
      case 'rows':
        return list(H, times(B, S), p.ints([-1]));
      case 'distances.start':
        return margin;
      case 'distances.end':
        return p.emit('Add', [margin, times(two, S)]);
      case 'flat':
        return list(times(H, B), times(two, S, S));
      case 'S':
        return S;
      case '2SS':
        return times(two, S, S);
      case 'skewed':
        return list(H, B, S, minus(times(two, S), one));
      default:
        return null;
    }
  };
  const known = /^(?:block\.\d+|rows|distances\.(?:start|end)|flat|S|2SS|skewed)$/.test(key);
  return known ? (p) => make(p) ?? '' : undefined;
}
