import { adapterConfig, parseAdapterConfig } from '../../models/adapters/files.ts';
import type { LoraOptions } from '../../models/adapters/trainedParts.ts';
import { openSafetensors } from '../../models/files/safetensors.ts';
import { planSafetensors, writeSafetensors } from '../../models/files/safetensorsWriter.ts';
import type { WeightSource } from '../../models/weights.ts';
import { VerbenaError } from '../../base/errors.ts';
import type { AdapterFiles } from './contract.ts';

/** An adapter out of a session: small enough to be held. */
export interface Adapter {
  readonly name: string;
  readonly lora: LoraOptions;
  /** Under PEFT's names. */
  readonly weights: WeightSource;
}

/** What tunes where nothing else is said: PEFT's own choice for Llama, by name, because its files must name them. */
export const usualTargets = ['q_proj', 'v_proj'] as const;

/** The tensors of an adapter in memory. */
export async function heldWeights({ tensors, read }: WeightSource): Promise<WeightSource> {
  const data = new Map<string, Float32Array>();
  for (const { name } of tensors) data.set(name, await read(name));
  return {
    tensors,
    async read(name) {
      const values = data.get(name);
      if (!values) throw new RangeError(`There is no tensor '${name}'.`);
      return values;
    },
  };
}

/** The two files of a PEFT folder. */
export async function adapterFiles(
  { name, lora, weights }: Adapter,
  baseModel: string,
): Promise<AdapterFiles> {
  const parts: BlobPart[] = [];
  for await (const bytes of writeSafetensors(planSafetensors(weights.tensors), (tensor) =>
    weights.read(tensor),
  ))
    parts.push(bytes);
  return {
    name,
    config: JSON.stringify(adapterConfig(lora, baseModel, [], 'CAUSAL_LM'), null, 2),
    weights: new Uint8Array(await new Blob(parts).arrayBuffer()),
  };
}

/** Throws `adapter-unsupported`, `safetensors-*`. */
export async function readAdapterFiles({ name, config, weights }: AdapterFiles): Promise<Adapter> {
  let json: unknown;
  try {
    json = JSON.parse(config);
  } catch (cause) {
    throw new VerbenaError(
      'adapter-unsupported',
      'adapter_config.json is not JSON.',
      'Choose the two files that PEFT or Verbena saved together.',
      {},
      cause,
    );
  }
  return { name, lora: parseAdapterConfig(json), weights: await openSafetensors(weights) };
}
