import { memo } from 'react';
import type { TuningParameters } from '../../../notebook/parameters.ts';
import { useParameters } from '../../hooks.ts';
import { NumberField, PaperMark, Select, Switch } from '../../ui/fields.tsx';
import { OptionalNumberField } from '../../ui/OptionalNumberField.tsx';
import { EncoderField, LengthField, PoolingField, PromptFields } from '../embedding/ReadingFields.tsx';
import { ScientificField } from '../training/ScientificField.tsx';

/** Settings of a tuning: what the paper names in front, the rest behind a fold. */
export const TuningForm = memo(function TuningForm({ isDisabled }: { readonly isDisabled: boolean }) {
  const [parameters, change] = useParameters('tuning');
  const isPie = parameters.method === 'pie';
  const common = { isDisabled };
  return (
    <>
      <div className="cell-fields">
        <Select
          {...common}
          label="Start from"
          value={parameters.start}
          onChange={(start) => change({ start })}
          width={190}
          options={[
            {
              value: 'scratch',
              label: 'A small new encoder',
              description: 'Random weights, own vocabulary.',
            },
            {
              value: 'model',
              label: 'A model',
              description: 'Any encoder of the engine, or one tuned here.',
            },
          ]}
        />
        {parameters.start === 'model' ? (
          <EncoderField {...common} model={parameters.model} onChange={(model) => change({ model })} />
        ) : (
          <>
            <NumberField
              {...common}
              label="Layers"
              value={parameters.layers}
              min={1}
              max={24}
              step={1}
              onChange={(layers) => change({ layers })}
            />
            <NumberField
              {...common}
              label="Width"
              value={parameters.width}
              min={32}
              max={1024}
              step={32}
              onChange={(width) => change({ width })}
            />
          </>
        )}
        <Select
          {...common}
          label="Method"
          value={parameters.method}
          onChange={(method) => change({ method })}
          width={190}
          options={[
            { value: 'pie', label: 'PIE: categories', description: 'Positives share a category.' },
            {
              value: 'simcse',
              label: 'SimCSE: no labels',
              description: 'Positives are two dropout draws of one text.',
            },
          ]}
        />
        {isPie && (
          <Select
            {...common}
            label="Categories"
            value={parameters.truth}
            onChange={(truth) => change({ truth })}
            width={190}
            options={[
              {
                value: 'labels',
                label: 'Labels of the file',
                description: 'Where they are categories; else what was found.',
              },
              { value: 'extracted', label: 'Categories found above' },
            ]}
          />
        )}
        <PromptFields {...common} parameters={parameters} change={change} />
        <NumberField
          {...common}
          label="Batch size"
          value={parameters.batchSize}
          min={2}
          max={4096}
          step={1}
          paper={{ value: 8, text: '8' }}
          onChange={(batchSize) => change({ batchSize })}
        />
        <NumberField
          {...common}
          label="Epochs"
          value={parameters.epochs}
          min={1}
          max={1000}
          step={1}
          onChange={(epochs) => change({ epochs })}
        />
        <NumberField
          {...common}
          label="Temperature"
          value={parameters.temperature}
          min={0.01}
          max={10}
          step={0.01}
          paper={{ value: 0.05, text: '0.05' }}
          onChange={(temperature) => change({ temperature })}
        />
        <ScientificField
          {...common}
          label="Learning rate"
          value={parameters.learningRate}
          onChange={(learningRate) => change({ learningRate })}
          mark={
            <PaperMark
              paper={{ value: 1e-5, text: '1e-5' }}
              value={parameters.learningRate}
              onSet={(learningRate) => change({ learningRate })}
            />
          }
        />
        {isPie && (
          <Switch
            {...common}
            label="Hard negatives"
            description="share the verb or the noun"
            value={parameters.hardNegatives}
            onChange={(hardNegatives) => change({ hardNegatives })}
          />
        )}
      </div>
      <More parameters={parameters} change={change} isDisabled={isDisabled} />
    </>
  );
});

function More(props: {
  readonly parameters: TuningParameters;
  readonly change: (patch: Partial<TuningParameters>) => void;
  readonly isDisabled: boolean;
}) {
  const { parameters, change, isDisabled } = props;
  const common = { isDisabled };
  return (
    <details className="tuning-fold">
      <summary>More settings</summary>
      <div className="cell-fields">
        <PoolingField {...common} parameters={parameters} change={change} />
        <LengthField {...common} parameters={parameters} change={change} />
        {parameters.start === 'scratch' && (
          <NumberField
            {...common}
            label="Vocabulary"
            value={parameters.vocabularySize}
            min={500}
            max={100_000}
            step={500}
            onChange={(vocabularySize) => change({ vocabularySize })}
          />
        )}
        <OptionalNumberField
          {...common}
          label="LoRA rank"
          value={parameters.loraRank}
          min={1}
          max={512}
          step={1}
          emptyText="off: all trains"
          onChange={(loraRank) => change({ loraRank })}
        />
        <OptionalNumberField
          {...common}
          label="Dropout"
          value={parameters.dropout}
          min={0}
          max={0.9}
          step={0.05}
          emptyText="as configured"
          onChange={(dropout) => change({ dropout })}
        />
        <OptionalNumberField
          {...common}
          label="Steps at most"
          value={parameters.maxSteps}
          min={1}
          step={1}
          emptyText="epochs decide"
          onChange={(maxSteps) => change({ maxSteps })}
        />
        <NumberField
          {...common}
          label="Token budget"
          value={parameters.budgetTokens}
          min={512}
          max={1_048_576}
          step={512}
          onChange={(budgetTokens) => change({ budgetTokens })}
        />
        <Select
          {...common}
          label="Gradient caching"
          value={parameters.gradientCaching}
          onChange={(gradientCaching) => change({ gradientCaching })}
          width={170}
          options={[
            { value: 'auto', label: 'Where needed', description: 'When a batch is beyond the token budget.' },
            { value: 'on', label: 'Always' },
            { value: 'off', label: 'Never' },
          ]}
        />
        <NumberField
          {...common}
          label="Seed"
          value={parameters.seed}
          min={0}
          max={0xffff_ffff}
          step={1}
          onChange={(seed) => change({ seed })}
        />
        {parameters.method === 'pie' && (
          <Switch
            {...common}
            label="Spare the same category"
            description="others of it in a batch are no negatives"
            value={parameters.masksSameCategory}
            onChange={(masksSameCategory) => change({ masksSameCategory })}
          />
        )}
      </div>
    </details>
  );
}
