import { promptTemplates } from '../../../core/embedding/prompts.ts';
import type { Pooling } from '../../../core/embedding/pooling.ts';
import { modelPresets } from '../../../models/presets.ts';
import type { ModelChoice } from '../../../notebook/parameters.ts';
import type { TunedEncoder } from '../../../services/embedderTuner/contract.ts';
import { useSession } from '../../hooks.ts';
import { NumberField, Select, TextField } from '../../ui/fields.tsx';
import { tunedOptions, useTunedOptions } from '../tuning/options.ts';
import { poolingNames } from './store.ts';

// How an encoder reads a text: which encoder, inside which prompt, what of its last layer is kept, and how much of the text.

/** What is changed by these fields, of whatever cell. */
interface Reading {
  readonly prompt: string;
  readonly ownTemplate: string;
  readonly pooling: Pooling;
  readonly maxLength: number;
}

interface ReadingFieldProps<Fields extends keyof Reading> {
  readonly parameters: Pick<Reading, Fields>;
  readonly change: (patch: Partial<Pick<Reading, Fields>>) => void;
  readonly isDisabled?: boolean;
}

/** A template by name, or one's own. */
export function PromptFields(props: ReadingFieldProps<'prompt' | 'ownTemplate'>) {
  const { parameters, change, isDisabled = false } = props;
  return (
    <>
      <Select
        label="Prompt"
        isDisabled={isDisabled}
        value={parameters.prompt}
        onChange={(prompt) => change({ prompt })}
        width={190}
        options={[
          ...promptTemplates.map(({ id, name }) => ({ value: id as string, label: name })),
          { value: 'own', label: 'Own template' },
        ]}
      />
      {parameters.prompt === 'own' && (
        <TextField
          label="Template"
          isDisabled={isDisabled}
          value={parameters.ownTemplate}
          placeholder="query: {instruction}"
          onChange={(ownTemplate) => change({ ownTemplate })}
          width={320}
        />
      )}
    </>
  );
}

const poolings = ['mean', 'first', 'last', 'last-two-layers'] as const;

export function PoolingField(
  props: ReadingFieldProps<'pooling'> & {
    /** Models of other runtimes hand out their last layer only. */
    readonly lastLayerOnly?: boolean;
  },
) {
  const { parameters, change, isDisabled = false, lastLayerOnly = false } = props;
  return (
    <Select
      label="Pooling"
      isDisabled={isDisabled}
      value={parameters.pooling}
      onChange={(pooling) => change({ pooling })}
      width={190}
      options={poolings
        .filter((pooling) => !lastLayerOnly || pooling !== 'last-two-layers')
        .map((value) => ({ value, label: poolingNames[value] }))}
    />
  );
}

export function LengthField(props: ReadingFieldProps<'maxLength'>) {
  const { parameters, change, isDisabled = false } = props;
  return (
    <NumberField
      label="Length limit, tokens"
      isDisabled={isDisabled}
      value={parameters.maxLength}
      min={8}
      max={4096}
      step={8}
      onChange={(maxLength) => change({ maxLength })}
    />
  );
}

function keyOf(model: ModelChoice): string {
  switch (model.kind) {
    case 'embedded':
      return 'mini';
    case 'hub':
      return model.repository;
    case 'tuned':
      return tunedOptions.key(model.id);
    case 'files':
      return 'files';
  }
}

function choiceOf(key: string): ModelChoice {
  if (key === 'mini') return { kind: 'embedded', name: 'verbena-mini' };
  if (key === 'files') return { kind: 'files', name: 'Dropped folder' };
  return { kind: 'hub', repository: key, revision: 'main' };
}

/** An encoder of the engine: that of the page, those tuned here, those of the hub, a dropped folder. */
export function EncoderField(props: {
  readonly model: ModelChoice;
  /** `tuned`: kept in this browser, with how it was tuned. */
  readonly onChange: (model: ModelChoice, tuned: TunedEncoder | null) => void;
  readonly isDisabled?: boolean;
}) {
  const { model, onChange, isDisabled = false } = props;
  const dropped = useSession((state) => state.modelFiles);
  const tuned = useTunedOptions(model);
  const key = keyOf(model);
  return (
    <Select
      label="Model"
      value={key}
      width={240}
      isDisabled={isDisabled}
      onChange={(next) => {
        const option = tunedOptions.find(tuned, next);
        onChange(option?.choice ?? choiceOf(next), option?.encoder ?? null);
      }}
      options={[
        { value: 'mini', label: 'verbena-mini', description: 'Comes with the page. Untrained.' },
        ...tuned.map(({ value, label, description }) => ({ value, label, description })),
        ...modelPresets.map(({ repository, description }) => ({
          value: repository as string,
          label: repository as string,
          description,
        })),
        ...(dropped || key === 'files' ? [{ value: 'files', label: 'Dropped folder' }] : []),
      ]}
    />
  );
}
