import { useState, type KeyboardEvent } from 'react';
import { formatPercent } from '../../notebook/format.ts';
import { typedNumber } from './typedNumber.ts';
import './controls.css';

export interface NumberInputProps {
  readonly label: string;
  readonly value: number;
  readonly onChange: (value: number) => void;
  readonly min: number;
  readonly max: number;
  readonly step: number;
  /** A share of one, shown and typed in hundredths: `10 %`. */
  readonly isShare: boolean;
  readonly format?: Intl.NumberFormatOptions | undefined;
  readonly isDisabled: boolean;
  readonly className: string;
}

/** A number to type over: what is typed is taken on Enter or when the field is left, arrows go a step. */
export function NumberInput(props: NumberInputProps) {
  const { label, value, onChange, min, max, step, isShare, format, isDisabled, className } = props;
  const [draft, setDraft] = useState<string | null>(null);
  const take = () => {
    setDraft(null);
    const typed = draft === null ? null : typedNumber(draft, { min, max, step, isShare });
    if (typed !== null && typed !== value) onChange(typed);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Enter') take();
    else if (event.key === 'Escape') setDraft(null);
    else if (event.key === 'ArrowUp' || event.key === 'ArrowDown') {
      event.preventDefault();
      setDraft(null);
      const next = stepped(value, event.key === 'ArrowUp' ? 1 : -1, { min, max, step });
      if (next !== value) onChange(next);
    }
  };
  return (
    <input
      className={className}
      type="text"
      inputMode={step < 1 && !isShare ? 'decimal' : 'numeric'}
      autoComplete="off"
      spellCheck={false}
      aria-label={label}
      disabled={isDisabled}
      value={draft ?? (isShare ? formatPercent(value, 0) : formatter(format).format(value))}
      onChange={(event) => setDraft(event.target.value)}
      onBlur={take}
      onKeyDown={onKeyDown}
    />
  );
}

/** The value a step further, on its steps and inside its bounds. */
export function stepped(
  value: number,
  direction: 1 | -1,
  bounds: { readonly min: number; readonly max: number; readonly step: number },
): number {
  return typedNumber(String(value + direction * bounds.step), bounds) ?? value;
}

const formatters = new Map<string, Intl.NumberFormat>();

function formatter(format: Intl.NumberFormatOptions = { maximumFractionDigits: 6 }): Intl.NumberFormat {
  const key = JSON.stringify(format);
  const known = formatters.get(key) ?? new Intl.NumberFormat('en', format);
  formatters.set(key, known);
  return known;
}
