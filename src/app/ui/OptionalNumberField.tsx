import { NumberField as AriaNumberField, Group, Input } from 'react-aria-components';
import type { ReactNode } from 'react';
import './controls.css';

/** A number that may be left empty; `emptyText` says what empty means. */
export function OptionalNumberField(props: {
  readonly label: string;
  readonly value: number | null;
  readonly onChange: (value: number | null) => void;
  readonly emptyText: string;
  readonly min?: number;
  readonly max?: number;
  readonly step?: number;
  readonly mark?: ReactNode;
  readonly isDisabled?: boolean;
  readonly format?: Intl.NumberFormatOptions;
}) {
  const { label, value, onChange, emptyText, min, max, step, mark, format } = props;
  return (
    <AriaNumberField
      className="field"
      value={value ?? Number.NaN}
      onChange={(next) => onChange(Number.isFinite(next) ? next : null)}
      isDisabled={props.isDisabled ?? false}
      aria-label={label}
      formatOptions={format ?? { maximumFractionDigits: 6 }}
      {...(min === undefined ? {} : { minValue: min })}
      {...(max === undefined ? {} : { maxValue: max })}
      {...(step === undefined ? {} : { step })}
    >
      <div className="field-head">
        <span className="field-label">{label}</span>
        {mark}
      </div>
      <Group className="number">
        <Input className="number-input" placeholder={emptyText} />
      </Group>
    </AriaNumberField>
  );
}
