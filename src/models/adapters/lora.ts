import type { GraphBuilder } from '../../engine/graph/builder.ts';
import type { ParameterPart, Tensor } from '../../engine/graph/types.ts';
import { addColumns } from '../../engine/ops/columns/op.ts';
import { type Columns } from '../../engine/ops/columns/options.ts';
import { dropout } from '../../engine/ops/dropout/op.ts';
import { matmul } from '../../engine/ops/matmul/op.ts';
import {
  assertLora,
  headGroup,
  invalid,
  loraName,
  isTarget,
  moduleOf,
  type TrainedParts,
} from './trainedParts.ts';

/** What a low-rank update has to know of the graph it is built into. */
export interface AdaptedContext {
  readonly graph: GraphBuilder;
  readonly trained: TrainedParts;
  readonly training: boolean;
  nextSite(): number;
}

/** What it has to know of the matrix it updates: see `LinearOptions`. */
export interface AdaptedLinear {
  readonly label: string;
  readonly group: string;
  readonly weight: string;
  readonly weightParts?: readonly ParameterPart[];
  readonly inputs: number;
  readonly outputs: number;
  readonly stored?: 'outputs-first' | 'inputs-first';
}

/** y with the low-rank updates of those published matrices of a `linear` that are targets; y itself where none is. */
export function adapted(context: AdaptedContext, x: Tensor, y: Tensor, options: AdaptedLinear): Tensor {
  const { lora } = context.trained;
  if (lora === null || options.group === headGroup) return y;
  assertLora(lora);
  const { graph } = context;
  const { group, inputs, outputs } = options;
  const columns: Columns[] = [];
  const updates: Tensor[] = [];
  const scale = lora.alpha / lora.rank;
  for (const { name, start, length } of publishedParts(options)) {
    const module = moduleOf(name);
    if (!isTarget(module, lora)) continue;
    const factor = (letter: 'A' | 'B', rows: number, width: number) =>
      graph.parameter({
        name: loraName(module, letter),
        shape: [rows, width],
        group,
        role: 'weight',
        adapts: { weight: name, factor: letter, scale, inputsFirst: options.stored === 'inputs-first' },
      });
    const salt = context.nextSite();
    const rate = context.training ? lora.dropout : 0;
    const dropped = rate > 0 ? graph.one(dropout({ rate, salt }), [x], `${module}.lora.dropped`) : x;
    const product = matmul({ transposeA: false, transposeB: true });
    const narrow = graph.one(product, [dropped, factor('A', lora.rank, inputs)], `${module}.lora.A`);
    updates.push(graph.one(product, [narrow, factor('B', length, lora.rank)], `${module}.lora.B`));
    columns.push({ start, length });
  }
  if (updates.length === 0) return y;
  if (columns.reduce((sum, { length }) => sum + length, 0) > outputs)
    throw invalid(`The parts of ${options.weight} overlap.`, 'Report this.');
  return graph.one(addColumns(columns, scale), [y, ...updates], `${options.label}.adapted`);
}

/** The published matrices inside a weight, by the output columns they make. */
function publishedParts({ weight, weightParts, outputs }: AdaptedLinear) {
  const [only] = weightParts ?? [];
  if (!weightParts || !only) return [{ name: weight, start: 0, length: outputs }];
  return weightParts.length === 1 ? [{ name: only.name, start: 0, length: outputs }] : weightParts;
}
