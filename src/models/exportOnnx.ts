import { VerbenaError } from '../base/errors.ts';
import { formatBytes } from '../base/quantities.ts';
import { standaloneOnnx, type Prelude } from '../engine/onnx/standalone.ts';
import type { Graph } from '../engine/graph/types.ts';
import { defineModel } from './create.ts';
import type { ModelDefinition } from './family.ts';
import { matchTensors } from './files/tensorNames.ts';
import { parseBertConfig } from './bert/config.ts';
import { variants } from './bert/variants.ts';
import { copyPart, sizeOf, type WeightSource } from './weights.ts';
import { parseXlnetConfig } from './xlnet/config.ts';

/** Protocol Buffers end at 2 GiB. */
const maxOnnxBytes = 2 ** 31 - 2 ** 24;

export interface OnnxExport {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** What the file asks for, int64 `[batch, sequence]`. */
  readonly inputs: readonly string[];
}

/**
 * A trained classifier as one ONNX file with its weights, for any runtime (opset 20, f32). Texts may be padded on either side. The
 * summary is read where Hugging Face reads it: XLNet's from the last column that `attention_mask` shows, the others' from the first.
 * Throws `export-too-large` beyond 2 GiB, `model-unsupported`, `tensors-missing`.
 */
export async function exportOnnx(
  config: unknown,
  weights: WeightSource,
  labelCount: number,
): Promise<OnnxExport> {
  const definition = defineModel(config);
  const inference = definition.graph({ labelCount, training: false, dropout: null });
  return write(config, weights, inference, definition, undefined);
}

/**
 * An encoder without its head as one ONNX file: `last_hidden_state` `[batch, sequence, width]`, what feature extraction in
 * transformers.js and optimum reads. Throws as `exportOnnx`.
 */
export async function exportEncoderOnnx(config: unknown, weights: WeightSource): Promise<OnnxExport> {
  const definition = defineModel(config);
  const graph = definition.graph({ labelCount: 1, training: false, dropout: null, keepHidden: true });
  const last = [...graph.outputs.keys()].filter((name) => name.startsWith('hidden.')).length - 1;
  return write(config, weights, graph, definition, `hidden.${last}`);
}

async function write(
  config: unknown,
  weights: WeightSource,
  inference: Graph,
  definition: ModelDefinition,
  hidden: string | undefined,
): Promise<OnnxExport> {
  const isHead = (name: string) => definition.headPrefixes.some((prefix) => name.startsWith(prefix));
  const read = inference.parameters.filter(
    ({ parts }) => hidden === undefined || !parts.some(({ name }) => isHead(name)),
  );
  const totalBytes = read.reduce((sum, { shape }) => sum + 4 * sizeOf(shape), 0);
  if (totalBytes > maxOnnxBytes)
    throw new VerbenaError(
      'export-too-large',
      `The weights take ${formatBytes(totalBytes)}; an ONNX file holds ${formatBytes(maxOnnxBytes)}.`,
      'Export the Hugging Face folder and convert it with external weights.',
      { totalBytes },
    );
  const wanted = read.flatMap(({ parts }) => parts.map(({ name, shape }) => ({ name, shape })));
  const { found } = matchTensors(wanted, weights.tensors, {
    mayBeNew: () => false,
    // Passengers of the published file that take no part in classification.
    ignore: () => true,
    prefix: definition.namePrefix,
  });
  const parameters = new Map<string, Float32Array>();
  for (const parameter of read) {
    const packed = new Float32Array(sizeOf(parameter.shape));
    for (const part of parameter.parts)
      copyPart(parameter, part, packed, await weights.read(found.get(part.name) ?? part.name), 'pack');
    parameters.set(parameter.tensor.name, packed);
  }
  const { inputs, hasTypes } = inputsOf(config);
  return {
    bytes: standaloneOnnx({
      inference,
      parameters,
      inputs,
      hasTypes,
      ...(hidden === undefined ? {} : { hidden }),
    }),
    inputs: ['input_ids', 'attention_mask', ...(hasTypes ? ['token_type_ids'] : [])],
  };
}

function inputsOf(config: unknown): {
  readonly inputs: Readonly<Record<string, (prelude: Prelude) => string>>;
  readonly hasTypes: boolean;
} {
  const type = (config as { readonly model_type?: unknown }).model_type;
  const variant = variants.find(({ modelType }) => modelType === type);
  if (!variant) {
    const xlnet = parseXlnetConfig(config);
    return {
      inputs: {
        summaryRows: lastTokens,
        positions: (p) => sinusoids(p, xlnet.d_model, xlnet.clamp_len),
      },
      hasTypes: true,
    };
  }
  const bert = parseBertConfig(variant, config);
  const hasTypes = bert.typeVocabulary > 0;
  const skipsPadding = variant.positions === 'after-padding';
  return {
    inputs: {
      firstRows: (p) => p.emit('Mul', [p.range(p.batch), p.length]),
      positions: (p) =>
        skipsPadding ? positionsAfterPadding(p, bert.padId) : columns(p, bert.firstPosition),
      types: (p) =>
        p.emit(
          'Cast',
          [
            p.emit('Equal', [
              p.emit('Unsqueeze', [p.flat('token_type_ids'), p.ints([1])]),
              p.ints(
                Array.from({ length: bert.typeVocabulary }, (_, type) => type),
                [1, bert.typeVocabulary],
              ),
            ]),
          ],
          { to: 1 },
        ),
    },
    hasTypes,
  };
}

/** `[B·S]`: each token's column, counted from `first`. */
function columns(p: Prelude, first: number): string {
  return p.emit('Add', [p.emit('Mod', [p.range(p.tokens), p.length]), p.ints([first])]);
}

/** `[B·S]`: `create_position_ids_from_input_ids` of Hugging Face's RoBERTa. */
function positionsAfterPadding(p: Prelude, padId: number): string {
  const isToken = p.emit('Cast', [p.emit('Not', [p.emit('Equal', ['input_ids', p.ints([padId], [])])])], {
    to: 7,
  });
  const counted = p.emit('Mul', [p.emit('CumSum', [isToken, p.ints([1], [])]), isToken]);
  return p.emit('Reshape', [p.emit('Add', [counted, p.ints([padId], [])]), p.ints([-1])]);
}

/** `[B]`: the last column that the mask shows, in the flattened batch. */
function lastTokens(p: Prelude): string {
  const column = p.emit('Unsqueeze', [p.range(p.length), p.ints([0])]);
  const shown = p.emit('Mul', [column, 'attention_mask']);
  const last = p.emit('ReduceMax', [shown, p.ints([1])], { keepdims: 0 });
  return p.emit('Add', [p.emit('Mul', [p.range(p.batch), p.length]), last]);
}

/** `[2 S, width]`: `relativeSinusoids` for the longest text of the batch. */
function sinusoids(p: Prelude, width: number, clampLength: number): string {
  const twice = p.emit('Mul', [p.length, p.ints([2])]);
  let distance = p.emit('Sub', [p.length, p.range(twice)]);
  if (clampLength > 0)
    distance = p.emit('Max', [p.emit('Min', [distance, p.ints([clampLength])]), p.ints([-clampLength])]);
  const half = Math.ceil(width / 2);
  const frequencies = Array.from({ length: half }, (_, i) => 1 / 10000 ** ((2 * i) / width));
  const column = p.emit('Unsqueeze', [p.emit('Cast', [distance], { to: 1 }), p.ints([1])]);
  const angle = p.emit('Mul', [column, p.floats(frequencies, [1, half])]);
  return p.emit('Concat', [p.emit('Sin', [angle]), p.emit('Cos', [angle])], { axis: 1 });
}
