import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { createTrainableModel } from '../create.ts';
import type { WeightSource } from '../weights.ts';

// Hugging Face's `mems`, made by running its own model segment after segment (goldens/mems.json says with which versions): tiny random
// weights, logits of texts read in two and three segments.

interface Golden {
  readonly made: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly cases: readonly {
    readonly attn_type: 'uni' | 'bi';
    readonly memoryLength: number;
    readonly maxLength: number;
    readonly ids: readonly number[];
    readonly logits: readonly number[];
  }[];
  readonly weights: Readonly<Record<string, { readonly shape: readonly number[]; readonly f32: string }>>;
}

const golden = JSON.parse(readFileSync(new URL('goldens/mems.json', import.meta.url), 'utf8')) as Golden;

const weights: WeightSource = {
  tensors: Object.entries(golden.weights).map(([name, { shape }]) => ({ name, shape })),
  read: async (name) => {
    const bytes = Buffer.from(golden.weights[name]?.f32 ?? '', 'base64');
    return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
  },
};

test.each(golden.cases)(
  'reads $ids.length tokens ($attn_type, $memoryLength rows of memory) as Hugging Face does with mems',
  async ({ attn_type, memoryLength, maxLength, ids, logits }) => {
    const { model } = await createTrainableModel({
      config: { ...golden.config, attn_type },
      weights,
      labelCount: 3,
      lowering: { kind: 'onnx', threads: 1 },
      capacity: { tokens: 32, sequences: 2, maxLength, memoryLength },
      seed: 1,
      dropout: 0,
    });
    const segments = new Int32Array(ids.length);
    segments[ids.length - 1] = 2;
    const answer = await model.logits({
      ids: Int32Array.from(ids),
      segments,
      offsets: Uint32Array.of(0, ids.length),
      targets: null,
    });
    for (const [label, logit] of logits.entries()) expect(answer[label]).toBeCloseTo(logit, 5);
    model.dispose();
  },
);
