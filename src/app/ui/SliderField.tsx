import { memo, useId } from 'react';
import { formatPercent } from '../../notebook/format.ts';
import { PaperMark, type FieldProps } from './fields.tsx';
import { NumberInput } from './NumberInput.tsx';
import { Term } from './Tip.tsx';
import './controls.css';

export interface SliderFieldProps extends FieldProps<number> {
  readonly min: number;
  readonly max: number;
  readonly step?: number;
  /** Equal ratios take equal distances; needs `min` > 0. */
  readonly scale?: 'linear' | 'log';
  readonly format?: Intl.NumberFormatOptions;
  /** Read out for the slider's place. */
  readonly text?: (value: number) => string;
  /** A share of one, shown and typed in hundredths: `10 %`. */
  readonly isShare?: boolean;
}

const positions = 1000;

/**
 * A slider and a number field on one value. Native inputs on purpose: they are drawn sixty times a second, and the slider's
 * value text can follow a logarithmic scale.
 */
export function SliderField(props: SliderFieldProps) {
  const {
    label,
    term,
    value,
    onChange,
    min,
    max,
    step = 1,
    scale = 'linear',
    paper,
    format,
    isShare = false,
  } = props;
  const text = props.text ?? (isShare ? (share: number) => formatPercent(share, 0) : String);
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
            aria-valuetext={text(value)}
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
          className="text-input slider-number"
          label={label}
          value={value}
          onChange={onChange}
          min={min}
          max={top}
          step={step}
          format={format}
          isShare={isShare}
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
