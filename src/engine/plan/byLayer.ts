import type { Graph, LayerUpdates, Tensor } from '../graph/types.ts';
import type { ArenaPlan, Placement } from './arenas.ts';
import { aligned, type Lifetime } from './liveness.ts';
import { Rewrite } from './rewrite.ts';

/**
 * A training graph whose parameters are updated during the backward pass, each arena as soon as its gradient is whole and nothing reads
 * its parameters any more (Lv et al. 2023, "Full Parameter Fine-tuning for Large Language Models with Limited Resources"): gradients
 * then lie among the activations, where those of other layers lay before.
 *
 * `measures`: the backward pass runs twice over the same activations, first for the gradient's norm, so that clipping, and standing
 * still where it is not finite, are those of an update at the end, to the bit. Without, it runs once, and neither is possible.
 * Apply after every other choice.
 */
export function updateByLayer(graph: Graph, measures: boolean): Graph {
  if (graph.gradients.size === 0) return graph;
  if (!measures) return { ...graph, updates: { start: graph.backwardStart, measured: new Map() } };
  const rewrite = new Rewrite(graph);
  const forward = graph.nodes.slice(0, graph.backwardStart);
  const backward = graph.nodes.slice(graph.backwardStart);
  for (const { operation, inputs, outputs } of forward) rewrite.append(operation, inputs, outputs);
  rewrite.beginBackward();
  const copies = new Map<number, Tensor>();
  for (const { operation, inputs, outputs } of backward) {
    const copied = outputs.map((tensor) => rewrite.fresh(tensor, tensor.kind));
    rewrite.append(
      operation,
      inputs.map((tensor) => copies.get(tensor.id) ?? tensor),
      copied,
    );
    outputs.forEach(({ id }, i) => copies.set(id, copied[i] as Tensor));
  }
  const start = rewrite.length;
  for (const { operation, inputs, outputs } of backward) rewrite.append(operation, inputs, outputs);
  const measured = new Map(
    [...graph.gradients].map(([name, tensor]) => [name, copies.get(tensor.id) ?? tensor] as const),
  );
  return { ...rewrite.finish(), updates: { start, measured } };
}

/** The same graph for a session that updates at the end of a step: without the pass that measures. */
export function updateAtEnd(graph: Graph): Graph {
  const { updates, ...rest } = graph;
  if (!updates) return graph;
  const rewrite = new Rewrite(rest);
  graph.nodes.forEach(({ operation, inputs, outputs }, at) => {
    if (at === updates.start) rewrite.beginBackward();
    if (at < graph.backwardStart || at >= updates.start) rewrite.append(operation, inputs, outputs);
  });
  return rewrite.finish();
}

/** Where the gradient of an arena lies while it is needed, by positions in the graph. */
export interface GradientLife {
  readonly place: Placement;
  /** The node that writes its first part. */
  readonly first: number;
  /** The node after which it is whole and, where it is used to update, after which nothing reads the parameters. */
  readonly last: number;
}

/** By the name of the arena. */
export interface GradientLives<Life = GradientLife> {
  readonly measured: ReadonlyMap<string, Life>;
  readonly updating: ReadonlyMap<string, Life>;
}

/** Lifetimes of the gradients of a graph that updates by layer, one an arena and pass, to be placed among the activations. */
export function gradientLifetimes(
  graph: Graph,
  updates: LayerUpdates,
  groups: readonly { readonly name: string; readonly trainedBytes: number }[],
  places: ReadonlyMap<string, readonly { readonly group: string }[]>,
): GradientLives<Lifetime> {
  const touched = new Map<number, number[]>();
  graph.nodes.forEach((node, at) => {
    for (const { id, kind } of [...node.inputs, ...node.outputs])
      if (kind === 'gradient' || kind === 'parameter') touched.set(id, [...(touched.get(id) ?? []), at]);
  });
  const readsOf = new Map(
    graph.parameters.map(({ tensor }) => [tensor.name, touched.get(tensor.id) ?? []] as const),
  );
  let id = -1;
  const livesOf = (gradients: ReadonlyMap<string, Tensor>, isUpdating: boolean) => {
    const lives = new Map<string, Lifetime>();
    for (const { name, trainedBytes } of groups) {
      const members = [...gradients].filter(([parameter]) =>
        places.get(parameter)?.some(({ group }) => group === name),
      );
      const written = members.flatMap(([, tensor]) => touched.get(tensor.id) ?? []);
      if (written.length === 0) continue;
      const read = isUpdating ? members.flatMap(([parameter]) => readsOf.get(parameter) ?? []) : [];
      const shape = [trainedBytes / 4];
      lives.set(name, {
        tensor: { id: id--, name: `gradients of ${name}`, shape, dtype: 'f32', kind: 'activation' },
        byteLength: aligned(trainedBytes),
        first: Math.min(...written),
        last: Math.max(...written, ...read),
      });
    }
    return lives;
  };
  return { measured: livesOf(updates.measured, false), updating: livesOf(graph.gradients, true) };
}

/** The same with the places that a plan found for them. */
export function placed(lives: GradientLives<Lifetime>, { placements }: ArenaPlan): GradientLives {
  const of = (pass: ReadonlyMap<string, Lifetime>) =>
    new Map(
      [...pass].flatMap(([name, { tensor, first, last }]): [string, GradientLife][] => {
        const place = placements.get(tensor.id);
        return place ? [[name, { place, first, last }]] : [];
      }),
    );
  return { measured: of(lives.measured), updating: of(lives.updating) };
}
