import { existsSync, readFileSync } from 'node:fs';
import type { WeightSource } from '../weights.ts';
import { openDecoder, type DecoderFiles } from './open.ts';

/** What `goldens/make.py` wrote: transformers' numbers for tiny decoders. */
export interface Golden {
  readonly config: unknown;
  readonly lastLogits: readonly (readonly number[])[];
  readonly loss: number;
  readonly shapes: Readonly<Record<string, readonly number[]>>;
  /** Sum of squares, then the first three elements. */
  readonly gradients: Readonly<Record<string, readonly number[]>>;
  readonly greedy: readonly number[];
  readonly lora: { readonly loss: number; readonly gradients: Readonly<Record<string, readonly number[]>> };
}

export const goldens = JSON.parse(readFileSync(new URL('./goldens/tiny.json', import.meta.url), 'utf8')) as {
  readonly texts: readonly (readonly number[])[];
  readonly learnedFrom: readonly number[];
  readonly cases: Readonly<Record<'llama' | 'qwen2' | 'qwen3', Golden>>;
};

/** The weights of make.py's formula: tensors numbered by sorted name. */
export function formulaWeights(shapes: Readonly<Record<string, readonly number[]>>): WeightSource {
  // Python sorts by code point, as the comparison of strings does here.
  const names = Object.keys(shapes).sort((a, b) => (a < b ? -1 : 1));
  return {
    tensors: names.map((name) => ({ name, shape: shapes[name] ?? [] })),
    async read(name) {
      const k = names.indexOf(name);
      const count = (shapes[name] ?? []).reduce((a, b) => a * b, 1);
      return Float32Array.from({ length: count }, (_, j) => {
        const wave = Math.sin(0.37 * j + 1.7 * k + 0.5);
        return name.includes('norm') ? 1 + 0.2 * wave : 0.3 * wave;
      });
    },
  };
}

const stories = new URL('../../../../shared/data/stories260K/', import.meta.url);

/** llama2.c's smallest checkpoint, third-party test data beside the repository; null where it is absent. */
export const storiesFiles: readonly File[] | null = existsSync(stories)
  ? ['stories260K.bin', 'tok512.bin'].map((name) => new File([readFileSync(new URL(name, stories))], name))
  : null;

/** What llama2.c's run.c writes for it at temperature 0, 200 tokens. */
export const storiesText = storiesFiles
  ? readFileSync(new URL('expected_greedy.txt', stories), 'utf8').trimEnd()
  : '';

export function openStories(): Promise<DecoderFiles> {
  const never = new Error('no storage is needed for dropped files');
  const refuse = () => Promise.reject(never);
  return openDecoder(
    { kind: 'files', name: 'stories260K', files: storiesFiles ?? [] },
    {
      readBlob: refuse,
      writeText: refuse,
      openAppend: refuse,
      remove: refuse,
      exclusive: refuse,
      freeBytes: refuse,
    },
  );
}

export const greedy = {
  temperature: 0,
  topP: 1,
  minP: 0,
  topK: 0,
  repetitionPenalty: 1,
  seed: 1,
  count: 1,
} as const;
