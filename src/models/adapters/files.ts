import { VerbenaError } from '../../base/errors.ts';
import type { Parameter } from '../../engine/graph/types.ts';
import type { StateTensor, TensorInfo } from '../trainable.ts';
import { sizeOf, type WeightSource } from '../weights.ts';
import { headGroup, isLoraTensor, loraName, moduleOf, type LoraOptions } from './trainedParts.ts';

/** A published matrix with its low-rank update. */
export interface AdaptedWeight {
  readonly weight: string;
  readonly a: string;
  readonly b: string;
  readonly scale: number;
  readonly inputsFirst: boolean;
}

/** The updates of a model, by published weight. */
function adaptedWeights(parameters: readonly Parameter[]): ReadonlyMap<string, AdaptedWeight> {
  const found = parameters.flatMap(({ adapts }) => (adapts?.factor === 'B' ? [adapts] : []));
  return new Map(
    found.map(({ weight, scale, inputsFirst }) => {
      const module = moduleOf(weight);
      return [weight, { weight, a: loraName(module, 'A'), b: loraName(module, 'B'), scale, inputsFirst }];
    }),
  );
}

/**
 * A model's weights with every update added in, `W + scale · B A`: what a full model is saved as, and what stands for it without
 * adapters. The source holds base weights and factors; the result lists the weights alone.
 */
export function mergedWeights(source: WeightSource, parameters: readonly Parameter[]): WeightSource {
  const adapted = adaptedWeights(parameters);
  return {
    tensors: source.tensors.filter(({ name }) => !isLoraTensor(name)),
    async read(name) {
      const update = adapted.get(name);
      const base = await source.read(name);
      if (!update) return base;
      return addUpdate(base, await source.read(update.a), await source.read(update.b), update);
    },
  };
}

/** `W + scale · B A` in double precision, rounded once; A `[rank, in]`, B `[out, rank]`, W `[out, in]` or inputs first. */
function addUpdate(
  base: Float32Array,
  a: Float32Array,
  b: Float32Array,
  { scale, inputsFirst }: AdaptedWeight,
): Float32Array {
  // in · out and (in + out) · rank are known: rank = √(|A| |B| / |W|).
  const rank = Math.round(Math.sqrt((a.length * b.length) / base.length));
  const inputs = a.length / rank;
  const outputs = b.length / rank;
  const merged = new Float32Array(base.length);
  for (let o = 0; o < outputs; o++) {
    for (let i = 0; i < inputs; i++) {
      let sum = 0;
      for (let k = 0; k < rank; k++) sum += (b[o * rank + k] as number) * (a[k * inputs + i] as number);
      const at = inputsFirst ? i * outputs + o : o * inputs + i;
      merged[at] = (base[at] as number) + scale * sum;
    }
  }
  return merged;
}

/** Published tensor -> its name in an adapter's file, for all that such a file holds: the factors, and the head under PEFT's prefix. */
export function adapterNames(parameters: readonly Parameter[]): ReadonlyMap<string, string> {
  return new Map(
    parameters
      .filter(({ adapts, group }) => adapts !== undefined || group === headGroup)
      .flatMap(({ parts }) =>
        parts.map(({ name }) => [name, isLoraTensor(name) ? name : `base_model.model.${name}`] as const),
      ),
  );
}

/** An adapter's own weights, under PEFT's names: `adapter_model.safetensors`. */
export function adapterWeights(source: WeightSource, parameters: readonly Parameter[]): WeightSource {
  const names = adapterNames(parameters);
  const published = new Map([...names].map(([own, peft]) => [peft, own]));
  return {
    tensors: source.tensors.flatMap(({ name, shape }): TensorInfo[] => {
      const peft = names.get(name);
      return peft === undefined ? [] : [{ name: peft, shape }];
    }),
    read: (name) => source.read(published.get(name) ?? name),
  };
}

/**
 * An adapter's file as state to write into a model built with the same LoRA options. Throws `adapter-mismatch` where tensors are
 * missing or have other shapes.
 */
export async function* readAdapter(
  file: WeightSource,
  parameters: readonly Parameter[],
): AsyncGenerator<StateTensor> {
  const shapes = new Map(
    parameters.flatMap(({ parts }) => parts.map(({ name, shape }) => [name, shape] as const)),
  );
  const inFile = new Map(file.tensors.map(({ name, shape }) => [name, shape]));
  const wanted = [...adapterNames(parameters)].map(([name, peft]) => ({
    name,
    peft,
    shape: shapes.get(name) ?? [],
  }));
  const wrong = wanted.filter(({ peft, shape }) => sizeOf(inFile.get(peft) ?? [0]) !== sizeOf(shape));
  if (wrong.length > 0)
    throw new VerbenaError(
      'adapter-mismatch',
      `The adapter lacks, or has in another shape: ${wrong.map(({ peft }) => peft).join(', ')}.`,
      'Choose the rank, targets and labels that the adapter was made with: see its adapter_config.json.',
      { tensors: wrong.map(({ peft }) => peft) },
    );
  for (const { name, peft, shape } of wanted)
    yield { kind: 'parameter', name, shape, data: await file.read(peft) };
}

/** `adapter_config.json` as PEFT writes it, for sequence classification or language modelling. */
export function adapterConfig(
  lora: LoraOptions,
  baseModel: string,
  headModules: readonly string[],
  task: 'SEQ_CLS' | 'CAUSAL_LM' = 'SEQ_CLS',
): unknown {
  return {
    peft_type: 'LORA',
    task_type: task,
    base_model_name_or_path: baseModel,
    r: lora.rank,
    lora_alpha: lora.alpha,
    lora_dropout: lora.dropout,
    target_modules: [...lora.targets],
    modules_to_save: headModules.length > 0 || task === 'SEQ_CLS' ? [...headModules] : null,
    bias: 'none',
    fan_in_fan_out: false,
    inference_mode: true,
  };
}

/** Reads an `adapter_config.json`; throws `adapter-unsupported` for anything but plain LoRA. */
export function parseAdapterConfig(json: unknown): LoraOptions {
  const config = typeof json === 'object' && json !== null ? (json as Record<string, unknown>) : {};
  const { r, lora_alpha: alpha, lora_dropout: dropout = 0, target_modules: targets } = config;
  const isPlain =
    config['peft_type'] === 'LORA' &&
    (config['bias'] ?? 'none') === 'none' &&
    !config['use_dora'] &&
    !config['use_rslora'] &&
    !config['fan_in_fan_out'];
  if (
    isPlain &&
    typeof r === 'number' &&
    typeof alpha === 'number' &&
    typeof dropout === 'number' &&
    Array.isArray(targets) &&
    targets.every((target) => typeof target === 'string')
  )
    return { rank: r, alpha, dropout, targets };
  throw new VerbenaError(
    'adapter-unsupported',
    'adapter_config.json is not a plain LoRA adapter with a list of target modules.',
    'Use an adapter with peft_type LORA, bias none, no DoRA, no rsLoRA.',
  );
}
