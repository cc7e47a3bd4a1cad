import { ChevronRight } from 'lucide-react';
import { useState } from 'react';
import { paperValues, type NotebookParameters } from '../../../notebook/parameters.ts';
import { hyperparameterProblems } from '../../../training/hyperparameters.ts';
import { trainingLossName } from '../../../training/describe.ts';
import { paperDefaults, sensibleDefaults, type Preset } from '../../../training/presets.ts';
import { notebook } from '../../runtime.ts';
import { toast } from '../../toasts.ts';
import { useParameters } from '../../hooks.ts';
import { Button } from '../../ui/Button.tsx';
import { NumberField, PaperMark, Select } from '../../ui/fields.tsx';
import { OptionalNumberField } from '../../ui/OptionalNumberField.tsx';
import { Note } from '../../ui/panels.tsx';
import { EncodingChoice, EncodingNote } from './EncodingChoice.tsx';
import { LongTextsChoice, LongTextsNote } from './LongTextsChoice.tsx';
import { LossChoice } from './LossChoice.tsx';
import { MemoryChoice, TrainedChoice, UpdateChoice } from './MemoryChoice.tsx';
import { KernelChoice, PrecisionChoice } from './PrecisionChoice.tsx';
import { ScientificField, scientific } from './ScientificField.tsx';

type Settings = NotebookParameters['training']['hyperparameters'];

/** Every hyperparameter in one compact form: the ones the paper names in front, the others behind a fold. */
export function HyperparameterForm(props: {
  readonly trainRows: number;
  readonly isPretrained: boolean;
  readonly isDisabled: boolean;
}) {
  const { trainRows, isPretrained, isDisabled } = props;
  const [training, change] = useParameters('training');
  const [text] = useParameters('text');
  const [isOpen, setOpen] = useState(false);
  const settings = training.hyperparameters;
  const set = (patch: Partial<Settings>) => {
    const { loss, ...rest } = { ...settings, ...patch };
    // Plain cross-entropy is written as nothing, as in notebooks from before there was a choice: going back makes no run stale.
    change({ hyperparameters: loss && loss.kind !== 'bce' ? { ...rest, loss } : rest });
  };
  const problems = hyperparameterProblems({ ...settings, maxLength: text.maxLength });

  return (
    <div className="training-form" role="group" aria-label="Hyperparameters">
      <div className="cell-fields">
        <ScientificField
          label="Learning rate"
          value={settings.learningRate}
          onChange={(learningRate) => set({ learningRate })}
          isDisabled={isDisabled}
          mark={
            <PaperMark
              paper={{ value: paperValues.learningRate, text: scientific(paperValues.learningRate) }}
              value={settings.learningRate}
              onSet={(learningRate) => set({ learningRate })}
            />
          }
        />
        <NumberField
          label="Batch size"
          value={settings.batchSize}
          onChange={(batchSize) => set({ batchSize })}
          min={1}
          max={65_536}
          step={1}
          paper={{ value: paperValues.batchSize, text: String(paperValues.batchSize) }}
          isDisabled={isDisabled}
        />
        <NumberField
          label="Epochs"
          value={settings.epochs}
          onChange={(epochs) => set({ epochs })}
          min={1}
          step={1}
          paper={{ value: paperValues.epochs, text: String(paperValues.epochs) }}
          isDisabled={isDisabled}
        />
        <Select
          label="Schedule"
          value={settings.schedule}
          onChange={(schedule) => set({ schedule })}
          isDisabled={isDisabled}
          options={[
            {
              value: 'constant',
              label: 'Constant',
              description: 'The rate stays; the paper names no schedule.',
            },
            {
              value: 'linear',
              label: 'Linear to zero',
              description: 'Falls in a straight line after warm-up.',
            },
            {
              value: 'cosine',
              label: 'Cosine to zero',
              description: 'Falls slowly, then fast, then slowly.',
            },
          ]}
        />
        <NumberField
          label="Warm-up steps"
          value={settings.warmupSteps}
          onChange={(warmupSteps) => set({ warmupSteps })}
          min={0}
          step={1}
          isDisabled={isDisabled}
        />
        <NumberField
          label="Seed"
          value={training.seed}
          onChange={(seed) => change({ seed })}
          min={0}
          max={0xffff_ffff}
          step={1}
          format={{ useGrouping: false }}
          isDisabled={isDisabled}
        />
      </div>
      <div className="row">
        <Button
          isDisabled={isDisabled}
          tip="AdamW 4e-4, batch 48, 40 epochs, 512 tokens, nothing else named: hours on most devices."
          onPress={() => applyPreset('paper’s', paperDefaults(trainRows))}
        >
          Paper defaults
        </Button>
        <Button
          isDisabled={isDisabled}
          tip={
            isPretrained
              ? 'The usual rate for pre-trained weights, a few epochs, warm-up, early stopping.'
              : 'A higher rate for untrained weights, warm-up, early stopping.'
          }
          onPress={() => applyPreset('sensible', sensibleDefaults(trainRows, { pretrained: isPretrained }))}
        >
          Sensible defaults
        </Button>
        <button type="button" className="fold" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
          <ChevronRight size={14} aria-hidden />
          More settings
        </button>
      </div>
      {isOpen && <MoreSettings settings={settings} set={set} isDisabled={isDisabled} />}
      {settings.loss && settings.loss.kind !== 'bce' && (
        <Note>
          <p>
            {settings.loss.kind === 'cross-entropy'
              ? 'Cross-entropy: every row has to have exactly one label; the training curve and evaluations show this loss.'
              : `The training curve shows the ${trainingLossName(settings.loss)}; evaluations and their loss stay plain binary cross-entropy (BCE), so that runs can be compared.`}
          </p>
        </Note>
      )}
      <LongTextsNote settings={settings} />
      <EncodingNote
        encoding={settings.encoding}
        onChange={(encoding) => set({ encoding })}
        isDisabled={isDisabled}
      />
      {problems.map((problem) => (
        <Note key={problem.code + problem.message} tone="bad">
          <p>
            {problem.message} {problem.remedy}
          </p>
        </Note>
      ))}
    </div>
  );
}

function MoreSettings(props: {
  readonly settings: Settings;
  readonly set: (patch: Partial<Settings>) => void;
  readonly isDisabled: boolean;
}) {
  const { settings, set, isDisabled } = props;
  return (
    <div className="cell-fields">
      <OptionalNumberField
        label="Stop after steps"
        value={settings.maxSteps}
        onChange={(maxSteps) => set({ maxSteps })}
        emptyText="all epochs"
        min={1}
        step={1}
        isDisabled={isDisabled}
      />
      <NumberField
        label="Token budget"
        value={settings.budgetTokens}
        onChange={(budgetTokens) => set({ budgetTokens })}
        min={16}
        step={1}
        isDisabled={isDisabled}
      />
      <NumberField
        label="Weight decay"
        value={settings.weightDecay}
        onChange={(weightDecay) => set({ weightDecay })}
        min={0}
        max={0.999}
        isDisabled={isDisabled}
      />
      <Select
        label="Decay on"
        value={settings.decay}
        onChange={(decay) => set({ decay })}
        isDisabled={isDisabled}
        options={[
          { value: 'all', label: 'All parameters', description: 'PyTorch’s AdamW as it comes.' },
          {
            value: 'no-bias-no-norm',
            label: 'Not biases, norms',
            description: 'Hugging Face’s parameter groups.',
          },
        ]}
        width={192}
      />
      <NumberField
        label="Beta 1"
        value={settings.beta1}
        onChange={(beta1) => set({ beta1 })}
        min={0}
        max={0.9999}
        steppers={false}
        isDisabled={isDisabled}
      />
      <NumberField
        label="Beta 2"
        value={settings.beta2}
        onChange={(beta2) => set({ beta2 })}
        min={0}
        max={0.99999}
        steppers={false}
        isDisabled={isDisabled}
      />
      <ScientificField
        label="Epsilon"
        value={settings.epsilon}
        onChange={(epsilon) => set({ epsilon })}
        isDisabled={isDisabled}
      />
      <OptionalNumberField
        label="Clip gradient norm"
        value={settings.clipNorm}
        onChange={(clipNorm) => set({ clipNorm })}
        emptyText="no clipping"
        min={0.001}
        isDisabled={isDisabled}
      />
      <OptionalNumberField
        label="Dropout"
        value={settings.dropout}
        onChange={(dropout) => set({ dropout })}
        emptyText="as the model’s"
        min={0}
        max={0.95}
        isDisabled={isDisabled}
      />
      <NumberField
        label="Evaluate every"
        value={settings.evaluateEverySteps}
        onChange={(evaluateEverySteps) => set({ evaluateEverySteps })}
        min={1}
        step={1}
        isDisabled={isDisabled}
      />
      <NumberField
        label="Checkpoint every"
        value={settings.checkpointEverySteps}
        onChange={(checkpointEverySteps) => set({ checkpointEverySteps })}
        min={1}
        step={1}
        isDisabled={isDisabled}
      />
      <Select
        label="Best by"
        value={settings.bestMetric}
        onChange={(bestMetric) => set({ bestMetric })}
        isDisabled={isDisabled}
        options={[
          { value: 'microF1', label: 'Micro-F1' },
          { value: 'macroF1', label: 'Macro-F1' },
          { value: 'loss', label: 'Validation loss' },
        ]}
      />
      <OptionalNumberField
        label="Patience"
        value={settings.patience}
        onChange={(patience) => set({ patience })}
        emptyText="never"
        min={1}
        step={1}
        isDisabled={isDisabled}
      />
      <LossChoice loss={settings.loss} onChange={(loss) => set({ loss })} isDisabled={isDisabled} />
      <EncodingChoice
        encoding={settings.encoding}
        onChange={(encoding) => set({ encoding })}
        isDisabled={isDisabled}
      />
      <MemoryChoice settings={settings} onChange={set} isDisabled={isDisabled} />
      <UpdateChoice settings={settings} onChange={set} isDisabled={isDisabled} />
      <PrecisionChoice settings={settings} onChange={set} isDisabled={isDisabled} />
      <KernelChoice settings={settings} onChange={set} isDisabled={isDisabled} />
      <LongTextsChoice settings={settings} onChange={set} isDisabled={isDisabled} />
      <TrainedChoice settings={settings} onChange={set} isDisabled={isDisabled} />
    </div>
  );
}

/** Sets a whole preset, the length limit of the text cell included, and says what the paper left open. */
function applyPreset(name: string, { hyperparameters, reasons }: Preset): void {
  const before = notebook.store.getState().parameters;
  const { maxLength, ...rest } = hyperparameters;
  const changesLength = before.text.maxLength !== maxLength;
  notebook.setSeveral({ training: { hyperparameters: rest }, text: { maxLength } });
  const why = reasons.learningRate ?? reasons.schedule ?? '';
  toast(
    `Set the ${name} values${changesLength ? `, and the length limit to ${maxLength} tokens` : ''}. ${why}`,
    {
      action: {
        label: 'Undo',
        run: () =>
          notebook.setSeveral({
            training: { hyperparameters: before.training.hyperparameters },
            text: { maxLength: before.text.maxLength },
          }),
      },
    },
  );
}
