import { memo, useId, useState, type KeyboardEvent } from 'react';
import { PaperMark, type FieldProps } from './fields.tsx';
import { typedNumber } from './typedNumber.ts';
import { Term } from './Tip.tsx';
import './controls.css';

export interface SliderFieldProps extends FieldProps<number> {
  readonly min: number;
  readonly max: number;
  readonly step?: number;
  /** Equal ratios take equal distances; needs `min` > 0. */
  readonly scale?: 'linear' | 'log';
  readonly format?: Intl.NumberFormatOptions;
  readonly text?: (value: number) => string;
}

const positions = 1000;

/**
 * A slider and a number field on one value. Native inputs on purpose: they are drawn sixty times a second, and the slider's
 * value text can follow a logarithmic scale.
 */
export function SliderField(props: SliderFieldProps) {
  const { label, term, value, onChange, min, max, step = 1, scale = 'linear', paper, format, text } = props;
  const id = useId();
  const top = Math.max(max, min + step);
  const toPosition = (v: number) => {
    const clamped = Math.min(top, Math.max(min, v));
    const part =
      scale === 'log' ? Math.log(clamped / min) / Math.log(top / min) : (clamped - min) / (top - min);
    return Math.round(part * positions);
  };
  const toValue = (position: number) => {
    const part = position / positions;
    const raw = scale === 'log' ? min * (top / min) ** part : min + part * (top - min);
    const decimals = Math.max(0, Math.ceil(-Math.log10(step)));
    return Number(Math.min(top, Math.max(min, Math.round(raw / step) * step)).toFixed(decimals));
  };
  const position = toPosition(value);
  /** On a log scale several positions round to one value near the left end: go on until the value moves. */
  const nudge = (direction: 1 | -1) => {
    for (let at = position + direction; at >= 0 && at <= positions; at += direction) {
      const next = toValue(at);
      if (next !== value) return onChange(next);
    }
  };
  return (
    <div className="field slider-field" role="group" aria-label={label}>
      <div className="field-head">
        <label className="field-label" htmlFor={term ? undefined : id}>
          {term ? <Term of={term}>{label}</Term> : label}
        </label>
        {paper && paper.value !== value && (
          <PaperButton text={paper.text} value={paper.value} onChange={onChange} />
        )}
      </div>
      <div className="slider-row">
        <span className="slider" style={{ '--at': position / positions } as React.CSSProperties}>
          {paper && paper.value > min && paper.value < top && (
            <span
              className="slider-paper"
              style={{ '--at': toPosition(paper.value) / positions } as React.CSSProperties}
            />
          )}
          <input
            id={id}
            type="range"
            min={0}
            max={positions}
            value={position}
            disabled={props.isDisabled ?? false}
            aria-label={label}
            aria-valuetext={text ? text(value) : String(value)}
            onChange={(event) => onChange(toValue(Number(event.target.value)))}
            onKeyDown={(event) => {
              const direction =
                event.key === 'ArrowRight' || event.key === 'ArrowUp'
                  ? 1
                  : event.key === 'ArrowLeft' || event.key === 'ArrowDown'
                    ? -1
                    : 0;
              if (direction === 0) return;
              event.preventDefault();
              nudge(direction);
            }}
          />
        </span>
        <NumberInput
          label={label}
          value={value}
          onChange={onChange}
          min={min}
          max={top}
          step={step}
          format={format}
          isDisabled={props.isDisabled ?? false}
        />
      </div>
    </div>
  );
}

/** The paper's mark while the value moves past it: the same element as long as it stands. */
const PaperButton = memo(function PaperButton(props: {
  readonly text: string;
  readonly value: number;
  readonly onChange: (value: number) => void;
}) {
  const { text, value, onChange } = props;
  return <PaperMark paper={{ value, text }} value={null} onSet={() => onChange(value)} />;
});

interface NumberInputProps {
  readonly label: string;
  readonly value: number;
  readonly onChange: (value: number) => void;
  readonly min: number;
  readonly max: number;
  readonly step: number;
  readonly format: Intl.NumberFormatOptions | undefined;
  readonly isDisabled: boolean;
}

/** The value as a number: typed text is taken on Enter or when the field is left, arrows go a step. */
function NumberInput({ label, value, onChange, min, max, step, format, isDisabled }: NumberInputProps) {
  const [draft, setDraft] = useState<string | null>(null);
  const take = () => {
    setDraft(null);
    const typed = draft === null ? null : typedNumber(draft, { min, max, step });
    if (typed !== null && typed !== value) onChange(typed);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Enter') take();
    else if (event.key === 'Escape') setDraft(null);
    else if (event.key === 'ArrowUp' || event.key === 'ArrowDown') {
      event.preventDefault();
      const next = typedNumber(String(value + (event.key === 'ArrowUp' ? step : -step)), { min, max, step });
      setDraft(null);
      if (next !== null && next !== value) onChange(next);
    }
  };
  return (
    <input
      className="text-input slider-number"
      type="text"
      inputMode={step < 1 ? 'decimal' : 'numeric'}
      autoComplete="off"
      spellCheck={false}
      aria-label={label}
      disabled={isDisabled}
      value={draft ?? formatter(format).format(value)}
      onChange={(event) => setDraft(event.target.value)}
      onBlur={take}
      onKeyDown={onKeyDown}
    />
  );
}

const formatters = new Map<string, Intl.NumberFormat>();

function formatter(format: Intl.NumberFormatOptions = { maximumFractionDigits: 6 }): Intl.NumberFormat {
  const key = JSON.stringify(format);
  const known = formatters.get(key) ?? new Intl.NumberFormat('en', format);
  formatters.set(key, known);
  return known;
}
