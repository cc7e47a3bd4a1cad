import type { NotebookParameters } from '../../../notebook/parameters.ts';
import { wholeModel, type TrainedParts } from '../../../models/adapters/trainedParts.ts';
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
  return (
    <Select
      label="Memory"
      value={value}
      onChange={(chosen) =>
        onChange({ memory: explicit.find((choice) => choice.value === chosen)?.memory ?? 'auto' })
      }
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
