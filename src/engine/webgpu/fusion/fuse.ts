import { EngineError } from '../../errors.ts';
import { sameShape, type Graph, type Node, type Operation, type Tensor } from '../../graph/types.ts';
import { chainKernel, chainOperands, type Chain } from './chain.ts';

/** What every WebGPU device grants: storage buffers a kernel may bind. */
const mostBindings = 8;
/** Positions between a group and a node that joins it: the group's kernel moves that far back, and its inputs live that much longer. */
const mostDelay = 12;

/** Nodes that become one kernel: perhaps a host (matrix product, norm, gather), then pointwise nodes. */
interface Group {
  readonly host: Node | null;
  readonly nodes: readonly Node[];
  /** Position in the graph of its last node: where the fused node will stand. */
  readonly last: number;
}

/**
 * Joins each pointwise node to the kernel that makes its latest operand, so that what only it reads never reaches memory and has no
 * place in the plan; what others read too is stored by the same kernel. The ONNX lowering keeps the graph as it was: run this after
 * differentiation and after the plan's own rewriting, before the memory plan.
 *
 * A fused node stands where its last member stood. A node joins only where nobody reads anything of the group in between (so the order
 * stays valid, and what a plan recomputes late is not drawn early), within `mostDelay` positions, and while the kernel binds at most
 * eight storage buffers. Values are those of the unfused graph up to what the compiler contracts; dropout masks are the same.
 */
export function fuse(graph: Graph): Graph {
  const readers = readersOf(graph);
  const groups: (Group | null)[] = [];
  /** Position of the group (its last node) that makes a tensor. */
  const madeAt = new Map<number, number>();
  graph.nodes.forEach((node, at) => {
    const joined = node.operation.pointwise ? join(node, at) : null;
    groups[at] = joined ?? (canGrow(node) ? start(node, at) : { host: node, nodes: [], last: at });
    for (const tensor of node.outputs) madeAt.set(tensor.id, at);
  });
  const whole = groups.filter((group) => group !== null);
  const moved = (start: number) => whole.filter((group) => group.last < start).length;
  return {
    ...graph,
    nodes: whole.map((group, id) => fusedNode(group, id, readers)),
    backwardStart: moved(graph.backwardStart),
    ...(graph.updates ? { updates: { ...graph.updates, start: moved(graph.updates.start) } } : {}),
  };

  function join(node: Node, at: number): Group | null {
    const candidates = node.inputs
      .map((tensor) => madeAt.get(tensor.id) ?? -1)
      .filter((position) => position >= 0)
      .sort((a, b) => b - a);
    for (const position of new Set(candidates)) {
      const group = groups[position];
      if (!group || at - position > mostDelay) continue;
      const grown: Group = { host: group.host, nodes: [...group.nodes, node], last: at };
      if (!mayJoin(group, node, at) || bindingCount(grown, readers) > mostBindings) continue;
      groups[position] = null;
      for (const tensor of producedBy(group)) madeAt.set(tensor.id, at);
      return grown;
    }
    return null;
  }

  function mayJoin(group: Group, node: Node, at: number): boolean {
    const entry = group.host ? group.host.outputs[0] : group.nodes[0]?.outputs[0];
    const [result] = node.outputs;
    if (!entry || !result || (group.host && !canGrow(group.host)) || !sameShape(entry.shape, result.shape))
      return false;
    const members = new Set<Node | null>([...(group.host ? [group.host] : []), ...group.nodes]);
    const own = new Set(producedBy(group).map((tensor) => tensor.id));
    for (const tensor of producedBy(group)) {
      const others = (readers.get(tensor.id) ?? []).filter((reader) => !members.has(reader.node));
      if (others.some((reader) => reader.at < at)) return false;
      // A sum over micro-batches is not the value that this node computed.
      if (tensor.kind !== 'activation' && node.inputs.includes(tensor)) return false;
    }
    const hostInputs = group.host?.inputs ?? [];
    return node.inputs.every((tensor, i) => {
      if (own.has(tensor.id)) {
        const isEntryOrResult =
          tensor.id === entry.id || group.nodes.some((n) => n.outputs[0]?.id === tensor.id);
        return isEntryOrResult && node.operation.pointwise?.reads[i] === 'element';
      }
      // An operand that the host also reads must be readable through the host's binding.
      return (
        tensor.dtype === 'f32' &&
        (!hostInputs.some((other) => other.id === tensor.id) || sameShape(tensor.shape, entry.shape))
      );
    });
  }
}

const canGrow = (node: Node) => Boolean(node.operation.pointwise ?? node.operation.chainKernels);

function start(node: Node, at: number): Group {
  return node.operation.pointwise
    ? { host: null, nodes: [node], last: at }
    : { host: node, nodes: [], last: at };
}

function producedBy(group: Group): Tensor[] {
  return [...(group.host?.outputs ?? []), ...group.nodes.flatMap((node) => node.outputs)];
}

type Readers = ReadonlyMap<number, readonly { readonly at: number; readonly node: Node | null }[]>;

/** Who reads each tensor, with positions; `node` null for what must outlive the run. */
function readersOf(graph: Graph): Readers {
  const readers = new Map<number, { at: number; node: Node | null }[]>();
  const note = (tensor: Tensor, at: number, node: Node | null) => {
    const known = readers.get(tensor.id);
    if (known) known.push({ at, node });
    else readers.set(tensor.id, [{ at, node }]);
  };
  graph.nodes.forEach((node, at) => {
    for (const tensor of node.inputs) note(tensor, at, node);
    for (const tensor of node.outputs)
      if (tensor.kind !== 'activation') note(tensor, graph.nodes.length, null);
  });
  for (const tensor of graph.outputs.values()) note(tensor, graph.nodes.length, null);
  return readers;
}

/** The chain of a group: of what it makes, that is stored which somebody outside reads. */
function chainOf(group: Group, readers: Readers): Chain {
  const entry = group.host?.outputs[0] ?? null;
  const made = [...(entry ? [entry] : []), ...group.nodes.flatMap((node) => node.outputs)];
  const members = new Set<Node | null>(group.nodes);
  const isRead = (tensor: Tensor) => (readers.get(tensor.id) ?? []).some(({ node }) => !members.has(node));
  const last = group.nodes.at(-1)?.outputs[0] ?? entry;
  // The end of a chain is stored even where nobody reads it, so that a kernel always writes something.
  const stored = made.filter((tensor) => tensor === last || isRead(tensor));
  return { entry, nodes: group.nodes, stored };
}

function bindingCount(group: Group, readers: Readers): number {
  const chain = chainOf(group, readers);
  const host = group.host ? [...group.host.inputs, ...group.host.outputs.slice(1)] : [];
  return new Set([...host, ...chainOperands(chain).keys(), ...chain.stored].map((tensor) => tensor.id)).size;
}

function fusedNode(group: Group, id: number, readers: Readers): Node {
  const { host, nodes } = group;
  const [only] = host ? [host] : nodes;
  if (only && nodes.length === (host ? 0 : 1)) return only.id === id ? only : { ...only, id };
  const chain = chainOf(group, readers);
  const inputs = new Map(
    [...(host?.inputs ?? []), ...chainOperands(chain).keys()].map((tensor) => [tensor.id, tensor]),
  );
  return {
    id,
    operation: fusedOperation(host, chain),
    inputs: [...inputs.values()],
    outputs: [...chain.stored, ...(host?.outputs.slice(1) ?? [])],
  };
}

/** Runs on WebGPU only: made after differentiation, from ops that were checked when the graph was built. */
function fusedOperation(host: Node | null, chain: Chain): Operation {
  const parts = [...(host ? [host] : []), ...chain.nodes].map((node) => node.operation.name);
  const name = `fused(${parts.join(' + ')})`;
  const refuse = (): never => {
    throw new EngineError('graph-invalid', `${name} exists on WebGPU only.`, 'Use the graph before fusion.');
  };
  return {
    name,
    infer: refuse,
    gradient: refuse,
    onnx: refuse,
    ...(host?.operation.takesParts ? { takesParts: true as const } : {}),
    kernels: (_, environment) =>
      host ? (host.operation.chainKernels ?? refuse)(host, environment, chain) : [chainKernel(chain)],
  };
}
