import { useState, type ReactNode } from 'react';
import { Field } from '../../ui/fields.tsx';

/** `0.0004` -> `4e-4`, as papers write rates; larger numbers as they are. */
export function scientific(value: number): string {
  if (value === 0 || (Math.abs(value) >= 0.01 && Math.abs(value) < 1e6)) return String(value);
  return value.toExponential().replace('e+', 'e');
}

/** A small positive number that may be typed as `4e-4` or `0.0004`; taken on Enter or when the field is left. */
export function ScientificField(props: {
  readonly label: string;
  readonly value: number;
  readonly onChange: (value: number) => void;
  readonly mark?: ReactNode;
  readonly isDisabled?: boolean;
}) {
  const { label, value, onChange, mark, isDisabled = false } = props;
  const [draft, setDraft] = useState<string | null>(null);
  const typed = draft === null ? value : Number(draft.trim().replace(',', '.'));
  const isValid = draft === null || (draft.trim() !== '' && Number.isFinite(typed) && typed > 0);
  const commit = () => {
    if (draft !== null && isValid && typed !== value) onChange(typed);
    setDraft(null);
  };
  return (
    <Field label={label} mark={mark}>
      <input
        className="text-input num training-scientific"
        aria-label={label}
        aria-invalid={!isValid}
        inputMode="decimal"
        spellCheck={false}
        disabled={isDisabled}
        value={draft ?? scientific(value)}
        onChange={(event) => setDraft(event.target.value)}
        onBlur={commit}
        onKeyDown={(event) => {
          if (event.key === 'Enter') commit();
          if (event.key === 'Escape') setDraft(null);
        }}
      />
    </Field>
  );
}
