import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openSafetensors, type SafetensorsFile } from '../../src/models/files/safetensors.ts';
import type { PackedBatch } from '../../src/models/trainable.ts';

/** A directory in the form of goldens/xlnet: a model, two padded batches and what PyTorch computed from them. */
export interface Golden {
  readonly name: string;
  readonly config: unknown;
  readonly labelCount: number;
  readonly batches: readonly GoldenBatch[];
  readonly weights: SafetensorsFile;
  readonly expected: SafetensorsFile;
  readonly variants: readonly GoldenVariant[];
  /** How far float32 strays from float64, by tensor. */
  readonly deviation: ReadonlyMap<string, number>;
}

export interface GoldenBatch {
  readonly packed: PackedBatch;
  /** Where each packed token stands in the padded batch, `row * S + column`. */
  readonly padded: Uint32Array;
}

export interface GoldenVariant {
  readonly name: string;
  readonly after: SafetensorsFile;
  readonly clipNorm: number | null;
  readonly decay: 'all' | 'no-bias-no-norm';
  readonly steps: readonly {
    readonly learningRate: number;
    readonly loss: number;
    readonly gradientNorm: number;
  }[];
  readonly weightDecay: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
}

interface Meta {
  readonly num_labels: number;
  readonly B: number;
  readonly S: number;
  readonly float32_deviation: Record<string, number>;
  readonly adamw: {
    readonly weight_decay: number;
    readonly betas: [number, number];
    readonly eps: number;
    readonly clip: number;
  };
  readonly train: Record<
    string,
    {
      readonly log: readonly { lr: number; loss: number; grad_norm_before_clip: number }[];
      readonly float32_deviation: Record<string, number>;
    }
  >;
}

/** Reads a golden directory; throws the file system's or the reader's own error where something is missing. */
export async function readGolden(directory: string): Promise<Golden> {
  const file = async (name: string) => openSafetensors(new Uint8Array(await readFile(join(directory, name))));
  const json = async (name: string): Promise<unknown> =>
    JSON.parse(await readFile(join(directory, name), 'utf8'));
  const meta = (await json('meta.json')) as Meta;
  const inputs = await file('inputs.safetensors');
  const variants = await Promise.all(
    (['plain', 'warmup_clip', 'hf_groups'] as const).map(async (name): Promise<GoldenVariant> => ({
      name,
      after: await file(`adamw_${name}.safetensors`),
      clipNorm: name === 'plain' ? null : meta.adamw.clip,
      decay: name === 'hf_groups' ? 'no-bias-no-norm' : 'all',
      steps: (meta.train[name]?.log ?? []).map((entry) => ({
        learningRate: entry.lr,
        loss: entry.loss,
        gradientNorm: entry.grad_norm_before_clip,
      })),
      weightDecay: meta.adamw.weight_decay,
      beta1: meta.adamw.betas[0],
      beta2: meta.adamw.betas[1],
      epsilon: meta.adamw.eps,
    })),
  );
  return {
    name: directory,
    config: await json('config.json'),
    labelCount: meta.num_labels,
    batches: [await packBatch(inputs, 'b0', meta), await packBatch(inputs, 'b1', meta)],
    weights: await file('model.safetensors'),
    expected: await file('forward_backward.safetensors'),
    variants,
    deviation: new Map([
      ...Object.entries(meta.float32_deviation),
      ...Object.entries(meta.train).flatMap(([variant, { float32_deviation }]) =>
        Object.entries(float32_deviation).map(
          ([name, value]) => [`adamw_${variant}.${name}`, value] as const,
        ),
      ),
    ]),
  };
}

/** Drops the padding of a batch, on whichever side it is. */
async function packBatch(inputs: SafetensorsFile, name: string, { B, S }: Meta): Promise<GoldenBatch> {
  const read = async (field: string) => inputs.readF64(`${name}.${field}`);
  const [paddedIds, mask] = await Promise.all([read('input_ids'), read('attention_mask')]);
  // DistilBERT has none.
  const types = inputs.has(`${name}.token_type_ids`) ? await read('token_type_ids') : null;
  const padded: number[] = [];
  const offsets = [0];
  for (let row = 0; row < B; row++) {
    for (let column = 0; column < S; column++) if (mask[row * S + column]) padded.push(row * S + column);
    offsets.push(padded.length);
  }
  return {
    packed: {
      ids: Int32Array.from(padded, (at) => paddedIds[at] as number),
      segments: Int32Array.from(padded, (at) => types?.[at] ?? 0),
      offsets: Uint32Array.from(offsets),
      targets: await inputs.read(`${name}.labels`),
    },
    padded: Uint32Array.from(padded),
  };
}
