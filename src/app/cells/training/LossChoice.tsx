import { defaultBeta } from '../../../training/loss.ts';
import type { LossSettings } from '../../../training/types.ts';
import { NumberField, Select } from '../../ui/fields.tsx';
import { OptionalNumberField } from '../../ui/OptionalNumberField.tsx';

type LossName = 'bce' | 'inverse-frequency' | 'effective-number' | 'focal' | 'asymmetric' | 'cross-entropy';

/** What each choice begins with: the values that its paper settles on. */
const begins: Readonly<Record<LossName, LossSettings>> = {
  bce: { kind: 'bce' },
  'inverse-frequency': { kind: 'weighted', weighting: 'inverse-frequency' },
  'effective-number': { kind: 'weighted', weighting: 'effective-number', beta: defaultBeta },
  focal: { kind: 'focal', gamma: 2, alpha: 0.25 },
  asymmetric: { kind: 'asymmetric', gammaPositive: 0, gammaNegative: 4, clip: 0.05 },
  'cross-entropy': { kind: 'cross-entropy' },
};

const nameOf = (loss: LossSettings): LossName => (loss.kind === 'weighted' ? loss.weighting : loss.kind);

/** What training minimises, with the numbers of the chosen loss beside it. */
export function LossChoice(props: {
  readonly loss: LossSettings | undefined;
  readonly onChange: (loss: LossSettings) => void;
  readonly isDisabled: boolean;
}) {
  const { loss = begins.bce, onChange, isDisabled } = props;
  return (
    <>
      <Select
        label="Loss"
        value={nameOf(loss)}
        onChange={(name) => onChange(begins[name])}
        isDisabled={isDisabled}
        width={208}
        options={[
          {
            value: 'bce',
            label: 'Binary cross-entropy',
            description: 'The paper’s: every cell counts alike.',
          },
          {
            value: 'inverse-frequency',
            label: 'Weighted by 1 / count',
            description:
              'True cells of rare labels count more, in inverse proportion to their training rows.',
          },
          {
            value: 'effective-number',
            label: 'Weighted, effective number',
            description: 'As above, levelling off for frequent labels (Cui et al. 2019).',
          },
          {
            value: 'focal',
            label: 'Focal',
            description: 'Cells that are already right count less (Lin et al. 2017).',
          },
          {
            value: 'asymmetric',
            label: 'Asymmetric',
            description: 'Easy false cells fade out, true ones do not (Ridnik et al. 2021).',
          },
          // For rows with one label each, which a multi-label corpus seldom has: shown where the settings have it.
          ...(loss.kind === 'cross-entropy'
            ? [
                {
                  value: 'cross-entropy' as const,
                  label: 'Cross-entropy',
                  description: 'Exactly one label a row: labels share one probability (softmax).',
                },
              ]
            : []),
        ]}
      />
      <LossNumbers loss={loss} onChange={onChange} isDisabled={isDisabled} />
    </>
  );
}

function LossNumbers(props: {
  readonly loss: LossSettings;
  readonly onChange: (loss: LossSettings) => void;
  readonly isDisabled: boolean;
}) {
  const { loss, onChange, isDisabled } = props;
  switch (loss.kind) {
    case 'bce':
    case 'cross-entropy':
      return null;
    case 'weighted':
      return loss.weighting === 'inverse-frequency' ? null : (
        <NumberField
          label="Loss beta"
          value={loss.beta ?? defaultBeta}
          onChange={(beta) => onChange({ ...loss, beta })}
          min={0}
          max={0.999999}
          steppers={false}
          format={{ maximumFractionDigits: 6 }}
          isDisabled={isDisabled}
        />
      );
    case 'focal':
      return (
        <>
          <NumberField
            label="Focal gamma"
            value={loss.gamma}
            onChange={(gamma) => onChange({ ...loss, gamma })}
            min={0}
            max={20}
            isDisabled={isDisabled}
          />
          <OptionalNumberField
            label="Focal alpha"
            value={loss.alpha}
            onChange={(alpha) => onChange({ ...loss, alpha })}
            emptyText="no balance"
            min={0.001}
            max={0.999}
            isDisabled={isDisabled}
          />
        </>
      );
    case 'asymmetric':
      return (
        <>
          <NumberField
            label="Gamma, true cells"
            value={loss.gammaPositive}
            onChange={(gammaPositive) => onChange({ ...loss, gammaPositive })}
            min={0}
            max={20}
            isDisabled={isDisabled}
          />
          <NumberField
            label="Gamma, false cells"
            value={loss.gammaNegative}
            onChange={(gammaNegative) => onChange({ ...loss, gammaNegative })}
            min={0}
            max={20}
            isDisabled={isDisabled}
          />
          <NumberField
            label="Clip"
            value={loss.clip}
            onChange={(clip) => onChange({ ...loss, clip })}
            min={0}
            max={0.99}
            steppers={false}
            isDisabled={isDisabled}
          />
        </>
      );
  }
}
