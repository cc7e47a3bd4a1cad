import type { HubGeneratorOptions } from './contract.ts';

export interface HubPreset extends Pick<HubGeneratorOptions, 'repository' | 'dtype'> {
  readonly name: string;
  /** As the model's card has it. */
  readonly parameters: string;
  /** Of the files that are fetched, about; the exact number shows while fetching. */
  readonly downloadMB: number;
  readonly licence: string;
  readonly remark: string;
}

/** Instruction-tuned models with ONNX files on the hub, smallest first. Downloads are estimated from parameters and bits. */
export const hubPresets = [
  {
    repository: 'HuggingFaceTB/SmolLM2-135M-Instruct',
    dtype: 'q4',
    name: 'SmolLM2 135M',
    parameters: '135M',
    downloadMB: 180,
    licence: 'Apache-2.0',
    remark: 'Fast and forgetful: use constrained sampling, expect to drop much by hand.',
  },
  {
    repository: 'HuggingFaceTB/SmolLM2-360M-Instruct',
    dtype: 'q4',
    name: 'SmolLM2 360M',
    parameters: '360M',
    downloadMB: 390,
    licence: 'Apache-2.0',
    remark: 'Keeps to simple classes.',
  },
  {
    repository: 'onnx-community/Qwen2.5-0.5B-Instruct',
    dtype: 'q4',
    name: 'Qwen2.5 0.5B',
    parameters: '0.5B',
    downloadMB: 790,
    licence: 'Apache-2.0',
    remark: 'Good at JSON for its size.',
  },
  {
    repository: 'onnx-community/Llama-3.2-1B-Instruct',
    dtype: 'q4',
    name: 'Llama 3.2 1B',
    parameters: '1.2B',
    downloadMB: 1700,
    licence: 'Llama 3.2 Community',
    remark: 'Varied texts; a graphics card is needed.',
  },
  {
    repository: 'onnx-community/Qwen2.5-1.5B-Instruct',
    dtype: 'q4',
    name: 'Qwen2.5 1.5B',
    parameters: '1.5B',
    downloadMB: 1800,
    licence: 'Apache-2.0',
    remark: 'The best of these; a graphics card with 4 GB or more is needed.',
  },
] as const satisfies readonly HubPreset[];
