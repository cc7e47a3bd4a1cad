import type { NotebookParameters } from '../../../notebook/parameters.ts';
import { wholeModel, type TrainedParts } from '../../../models/adapters/trainedParts.ts';
import { keepEverything } from '../../../engine/plan/choices.ts';
import { measuresGradient } from '../../../training/hyperparameters.ts';
import { memoryWords, recomputeChoices, storageChoices } from '../../../models/memoryMode.ts';
import { Select } from '../../ui/fields.tsx';

type Settings = NotebookParameters['training']['hyperparameters'];

interface ChoiceProps {
  readonly settings: Settings;
  readonly onChange: (patch: Partial<Settings>) => void;
  readonly isDisabled: boolean;
}

const costs = {
  nothing: 'Fastest; needs the most memory.',
  activations: 'Activation and dropout results are made again: a few percent slower, the same bits.',
  layers: 'Each layer runs forward twice: about a third slower, the same bits.',
} as const;

const explicit = recomputeChoices.flatMap((recompute) =>
  storageChoices.map((storage) => ({
    value: `${recompute}/${storage}`,
    memory: { recompute, storage },
    label: memoryWords({ recompute, storage }),
    description:
      storage === 'f16' ? `Kept values are rounded to 11 bits. ${costs[recompute]}` : costs[recompute],
  })),
);

/** What the backward pass keeps: memory against time. */
export function MemoryChoice({ settings, onChange, isDisabled }: ChoiceProps) {
  const { memory } = settings;
  const value = memory === 'auto' ? 'auto' : memory ? `${memory.recompute}/${memory.storage}` : 'nothing/f32';
  const update = memory !== undefined && memory !== 'auto' ? memory.update : undefined;
  const choose = (chosen: string | undefined) => {
    const plain = explicit.find((choice) => choice.value === chosen)?.memory;
    onChange({ memory: plain ? { ...plain, ...(update && { update }) } : 'auto' });
  };
  return (
    <Select
      label="Memory"
      value={value}
      onChange={choose}
      isDisabled={isDisabled}
      options={[
        {
          value: 'auto',
          label: 'Automatic',
          description: 'The fastest plan that fits; a leaner one where the device refuses it.',
        },
        ...explicit.map(({ value: own, label, description }) => ({ value: own, label, description })),
      ]}
    />
  );
}

/** When parameters change: whether gradients are kept until the end of a step. Automatic memory decides by itself. */
export function UpdateChoice({ settings, onChange, isDisabled }: ChoiceProps) {
  const { memory = keepEverything } = settings;
  const isAutomatic = memory === 'auto';
  const byLayer = measuresGradient(settings)
    ? 'On WebGPU no gradient is kept; the backward pass runs twice, first for the norm: about 1.7 times as long, the same bits. A step has to fit one pass.'
    : 'On WebGPU no gradient is kept, at no cost in time. A step has to fit one pass; a gradient that is not finite is noticed only once the layers above have moved.';
  return (
    <Select
      label="Updates"
      value={isAutomatic ? 'auto' : (memory.update ?? 'end')}
      onChange={(chosen) =>
        !isAutomatic && onChange({ memory: { ...memory, update: chosen === 'layers' ? 'layers' : 'end' } })
      }
      isDisabled={isDisabled || isAutomatic}
      options={[
        ...(isAutomatic ? [{ value: 'auto', label: 'As Memory decides' }] : []),
        {
          value: 'end',
          label: 'At the end of the step',
          description: 'Gradients of the whole model are kept until then; several passes add up.',
        },
        { value: 'layers', label: 'By layer', description: byLayer },
      ]}
    />
  );
}

const usualLora = { rank: 8, alpha: 16, dropout: 0.1, targets: [] } as const;

const parts = {
  everything: wholeModel,
  'no-embedding': { frozen: ['embedding'], lora: null },
  lora: { frozen: [], lora: usualLora },
} as const satisfies Record<string, TrainedParts>;

/** What of the model trains. */
export function TrainedChoice({ settings, onChange, isDisabled }: ChoiceProps) {
  const { trained } = settings;
  const value = trained?.lora ? 'lora' : trained && trained.frozen.length > 0 ? 'no-embedding' : 'everything';
  return (
    <Select
      label="Trains"
      value={value}
      onChange={(chosen) => onChange({ trained: parts[chosen] })}
      isDisabled={isDisabled}
      options={[
        { value: 'everything', label: 'Everything' },
        {
          value: 'no-embedding',
          label: 'All but the embeddings',
          description: 'Words keep their vectors: less memory, nearly as good on little data.',
        },
        {
          value: 'lora',
          label: 'LoRA, rank 8',
          description:
            'Small updates of the query and value matrices, and the head. Needs a higher learning rate.',
        },
      ]}
    />
  );
}
