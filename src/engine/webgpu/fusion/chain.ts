import { EngineError } from '../../errors.ts';
import type { Node, Tensor } from '../../graph/types.ts';
import {
  count,
  eachElement,
  groupsOver,
  input,
  output,
  store,
  type Binding,
  type KernelCall,
} from '../kernel.ts';
import type { Helper, Pointwise } from './pointwise.ts';

/** Pointwise nodes that one kernel runs on every element, in order. */
export interface Chain {
  /** What the kernel itself computes and hands over; null where everything comes from memory. */
  readonly entry: Tensor | null;
  readonly nodes: readonly Node[];
  /** What other nodes read, of the entry and the nodes' results. Nothing else reaches memory. */
  readonly stored: readonly Tensor[];
}

/** A chain as WGSL. */
export interface ChainCode {
  /** Operands that the host kernel does not bind already, and what is stored. */
  readonly bindings: readonly Binding[];
  readonly constants: readonly number[];
  /** `V`, helpers, and `fn finish(entry: V, index: u32, column: u32)`, without `entry` where the chain has none. */
  readonly code: string;
  readonly label: string;
}

/** The chain of a kernel that runs unfused: its output, stored. */
export function plainChain(entry: Tensor): Chain {
  return { entry, nodes: [], stored: [entry] };
}

/** The pointwise side of a node; `graph-invalid` where it has none. */
function pointwiseOf(node: Node): Pointwise {
  const { pointwise } = node.operation;
  if (!pointwise)
    throw new EngineError('graph-invalid', `${node.operation.name} is not pointwise.`, 'Report this.');
  return pointwise;
}

/** Tensors that the chain reads from memory, each with the way it is read. */
export function chainOperands(chain: Pick<Chain, 'entry' | 'nodes'>): Map<Tensor, 'element' | 'column'> {
  const made = new Set(chain.entry ? [chain.entry.id] : []);
  const operands = new Map<number, readonly [Tensor, 'element' | 'column']>();
  for (const node of chain.nodes) {
    const { reads } = pointwiseOf(node);
    node.inputs.forEach((tensor, i) => {
      if (!made.has(tensor.id)) operands.set(tensor.id, [tensor, reads[i] ?? 'element']);
    });
    for (const tensor of node.outputs) made.add(tensor.id);
  }
  return new Map(operands.values());
}

/**
 * Writes a chain for a kernel that calls `finish` with four elements of a row (`vector`) or with one. Operands that the host binds
 * as whole tensors are read through the host's binding, because a buffer may not be bound writable twice.
 * Names are numbered within the chain: equal layers give equal code, hence one pipeline.
 */
export function chainCode(chain: Chain, vector: boolean, hostBindings: readonly Binding[] = []): ChainCode {
  const element = vector ? 'vec4f' : 'f32';
  const values = new Map<number, string>();
  if (chain.entry) values.set(chain.entry.id, 'entry');
  const bindings: Binding[] = [];
  const lines: string[] = [];
  for (const [tensor, read] of chainOperands(chain)) {
    const host = hostBindings.find((b) => b.tensors.length === 1 && b.tensors[0]?.id === tensor.id);
    if (host && host.element !== element)
      throw new EngineError('graph-invalid', `${tensor.name} is bound as ${host.element}.`, 'Report this.');
    const name = host?.name ?? `e${bindings.length}`;
    if (!host) bindings.push(input(name, tensor, element));
    const value = `x${values.size}`;
    lines.push(`let ${value} = ${name}[${read === 'column' ? columnAt(vector) : 'at'}];`);
    values.set(tensor.id, value);
  }
  const helpers = new Map<string, Helper>();
  const constants: number[] = [];
  const saved = (tensor: Tensor) => chain.stored.some((other) => other.id === tensor.id);
  const save = (tensor: Tensor, value: string) => {
    const name = `s${bindings.length}`;
    bindings.push(output(name, tensor, element));
    lines.push(store(tensor, name, 'at', value));
  };
  if (chain.entry && saved(chain.entry)) save(chain.entry, 'entry');
  for (const node of chain.nodes) {
    const pointwise = pointwiseOf(node);
    for (const helper of pointwise.helpers ?? []) helpers.set(helper.name, helper);
    const names = (pointwise.constants ?? []).map((_, i) => constantAt(constants.length + i));
    constants.push(...(pointwise.constants ?? []));
    const [result] = node.outputs;
    if (!result) throw new EngineError('graph-invalid', `${pointwise.label} has no output.`, 'Report this.');
    const value = `x${values.size}`;
    const operands = node.inputs.map((tensor) => values.get(tensor.id) ?? 'entry');
    lines.push(`let ${value} = ${pointwise.expression(operands, 'index', names)};`);
    values.set(result.id, value);
    if (saved(result)) save(result, value);
  }
  return {
    bindings,
    constants,
    label: chain.nodes.map((node) => pointwiseOf(node).label).join(', '),
    code: `
alias V = ${element};
${[...helpers.values()].map((helper) => helper.code(vector)).join('\n')}
fn finish(${chain.entry ? 'entry: V, ' : ''}index: u32, column: u32) {
  let at = index${vector ? ' / 4u' : ''};
  ${lines.join('\n  ')}
}`,
  };
}

const columnAt = (vector: boolean) => (vector ? 'column / 4u' : 'column');
const constantAt = (i: number) => `constants[${Math.floor(i / 4)}].${'xyzw'[i % 4]}`;

/** Whether a tensor's elements can be taken four at a time. */
export function isVector(tensor: Tensor): boolean {
  const last = tensor.shape.at(-1);
  return typeof last === 'number' && last % 4 === 0;
}

/** One pass over memory: a chain without a host. */
export function chainKernel(chain: Chain): KernelCall {
  const result = chain.nodes.at(-1)?.outputs[0];
  if (!result) throw new EngineError('graph-invalid', 'A chain has no node.', 'Report this.');
  const vector = isVector(result);
  const width = vector ? 4 : 1;
  const { bindings, constants, code, label } = chainCode(chain, vector);
  const last = result.shape.at(-1);
  const column = typeof last === 'number' ? `index % ${last}u` : '0u';
  return {
    label,
    bindings,
    constants,
    code: `${code}${eachElement(`(${count(result)}) / ${width}u`)}
  let index = i * ${width}u;
  finish(index, ${column});
}`,
    workgroups: groupsOver(result, width),
  };
}

/** The kernel of a pointwise op by itself. */
export function pointwiseKernels(node: Node): KernelCall[] {
  return [chainKernel({ entry: null, nodes: [node], stored: node.outputs })];
}
