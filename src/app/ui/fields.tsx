import { Check, ChevronDown, Minus, Plus, Search, X } from 'lucide-react';
import { memo, useId, type ReactNode } from 'react';
import {
  Button,
  Group,
  Input,
  Label,
  ListBox,
  ListBoxItem,
  NumberField as AriaNumberField,
  Popover,
  SearchField as AriaSearchField,
  Select as AriaSelect,
  SelectValue,
  Switch as AriaSwitch,
  Text,
} from 'react-aria-components';
import type { GlossaryTerm } from '../glossary.ts';
import { NumberInput, stepped } from './NumberInput.tsx';
import { Term } from './Tip.tsx';
import './controls.css';
import './overlays.css';

/** What the paper uses, shown where the value differs; a press sets it. */
export interface PaperValue<T> {
  readonly value: T;
  readonly text: string;
}

export function PaperMark<T>(props: {
  readonly paper: PaperValue<T> | undefined;
  readonly value: T;
  readonly onSet: (value: T) => void;
}) {
  const { paper, value, onSet } = props;
  if (!paper) return null;
  // Keeps its room, so that fields beside it do not move when a value leaves the paper's.
  if (paper.value === value) return <span className="paper-room" data-text={paper.text} aria-hidden />;
  return (
    <Button
      // Not the field's own button, though it stands inside the field.
      slot={null}
      className="paper"
      aria-label={`paper: ${paper.text}, use it`}
      onPress={() => onSet(paper.value)}
    >
      paper: {paper.text}
    </Button>
  );
}

export interface FieldProps<T> {
  readonly label: string;
  readonly term?: GlossaryTerm | undefined;
  readonly value: T;
  readonly onChange: (value: T) => void;
  readonly paper?: PaperValue<T> | undefined;
  readonly isDisabled?: boolean | undefined;
}

/** Label line over a control, with the paper's value at its end. */
export function Field(props: {
  readonly label: ReactNode;
  readonly mark?: ReactNode;
  readonly children: ReactNode;
}) {
  return (
    <div className="field">
      <div className="field-head">
        <span className="field-label">{props.label}</span>
        {props.mark}
      </div>
      {props.children}
    </div>
  );
}

export interface NumberFieldProps extends FieldProps<number> {
  readonly min?: number;
  readonly max?: number;
  readonly step?: number;
  readonly format?: Intl.NumberFormatOptions;
  readonly width?: number;
  /** Leaves the label to screen readers. */
  readonly hideLabel?: boolean;
  readonly steppers?: boolean;
}

/** A number with steppers; typed text is taken on Enter or when the field is left. */
export function NumberField(props: NumberFieldProps) {
  const {
    label,
    term,
    value,
    onChange,
    paper,
    min,
    max,
    step,
    format,
    width,
    hideLabel,
    steppers = true,
  } = props;
  return (
    <AriaNumberField
      className="field"
      value={value}
      isDisabled={props.isDisabled ?? false}
      onChange={(next) => {
        if (Number.isFinite(next)) onChange(next);
      }}
      {...(min === undefined ? {} : { minValue: min })}
      {...(max === undefined ? {} : { maxValue: max })}
      {...(step === undefined ? {} : { step })}
      formatOptions={format ?? { maximumFractionDigits: 6 }}
      aria-label={label}
    >
      {!hideLabel && (
        <div className="field-head">
          <span className="field-label">{term ? <Term of={term}>{label}</Term> : label}</span>
          <PaperMark paper={paper} value={value} onSet={onChange} />
        </div>
      )}
      <Group className="number" style={width ? { width } : {}}>
        <Input className="number-input" />
        {steppers && (
          <>
            <Button slot="decrement" className="stepper">
              <Minus size={12} aria-hidden />
            </Button>
            <Button slot="increment" className="stepper">
              <Plus size={12} aria-hidden />
            </Button>
          </>
        )}
      </Group>
    </AriaNumberField>
  );
}

export interface ShareFieldProps extends FieldProps<number> {
  readonly min: number;
  readonly max: number;
  readonly step: number;
}

/** A share of one with steppers, shown and typed in hundredths: `10 %`. */
export function ShareField(props: ShareFieldProps) {
  const { label, value, onChange, min, max, step, isDisabled = false } = props;
  const go = (direction: 1 | -1) => onChange(stepped(value, direction, { min, max, step }));
  return (
    <div className="field">
      <div className="field-head">
        <span className="field-label">{label}</span>
      </div>
      <Group className="number" aria-label={label} isDisabled={isDisabled}>
        <NumberInput
          className="number-input"
          label={label}
          value={value}
          onChange={onChange}
          min={min}
          max={max}
          step={step}
          isShare
          isDisabled={isDisabled}
        />
        <Button
          className="stepper"
          aria-label={`Decrease ${label}`}
          excludeFromTabOrder
          isDisabled={isDisabled || value <= min}
          onPress={() => go(-1)}
        >
          <Minus size={12} aria-hidden />
        </Button>
        <Button
          className="stepper"
          aria-label={`Increase ${label}`}
          excludeFromTabOrder
          isDisabled={isDisabled || value >= max}
          onPress={() => go(1)}
        >
          <Plus size={12} aria-hidden />
        </Button>
      </Group>
    </div>
  );
}

/** An on/off setting that takes effect at once. */
export function Switch(props: {
  readonly label: string;
  readonly value: boolean;
  readonly onChange: (value: boolean) => void;
  readonly description?: string | undefined;
  readonly isDisabled?: boolean | undefined;
  readonly paper?: PaperValue<boolean> | undefined;
}) {
  return (
    <div className="switch-field">
      <AriaSwitch
        className="switch"
        isSelected={props.value}
        onChange={props.onChange}
        isDisabled={props.isDisabled ?? false}
      >
        <span className="switch-track" aria-hidden>
          <span className="switch-knob" />
        </span>
        <span className="switch-text">
          <span>{props.label}</span>
          {props.description && <span className="switch-description">{props.description}</span>}
        </span>
      </AriaSwitch>
      <PaperMark paper={props.paper} value={props.value} onSet={props.onChange} />
    </div>
  );
}

export interface Option<T extends string> {
  readonly value: T;
  readonly label: string;
  readonly description?: string;
  readonly isDisabled?: boolean;
}

/** One of several named values. */
export function Select<T extends string>(
  props: FieldProps<T> & {
    readonly options: readonly Option<T>[];
    readonly width?: number;
    readonly hideLabel?: boolean;
  },
) {
  const { label, term, value, onChange, options, paper, width, hideLabel } = props;
  return (
    <AriaSelect
      className="field"
      value={value}
      isDisabled={props.isDisabled ?? false}
      disabledKeys={options.filter(({ isDisabled }) => isDisabled).map(({ value }) => value)}
      onChange={(key) => {
        const chosen = options.find((option) => option.value === key);
        if (chosen) onChange(chosen.value);
      }}
      aria-label={label}
    >
      {!hideLabel && (
        <div className="field-head">
          <span className="field-label">{term ? <Term of={term}>{label}</Term> : label}</span>
          <PaperMark paper={paper} value={value} onSet={onChange} />
        </div>
      )}
      <Button className="select" style={width ? { width } : {}}>
        <SelectValue className="select-value">
          {() => options.find((option) => option.value === value)?.label ?? value}
        </SelectValue>
        <ChevronDown size={14} aria-hidden />
      </Button>
      <Popover className="popover" offset={4}>
        <ListBox
          className="menu"
          items={options.map((option) => Object.assign({ id: option.value }, option))}
        >
          {(option) => (
            <ListBoxItem className="menu-item" textValue={option.label}>
              {({ isSelected }) => (
                <>
                  <span className="menu-check">{isSelected && <Check size={14} aria-hidden />}</span>
                  <span className="menu-text">
                    <Text slot="label">{option.label}</Text>
                    {option.description && <Text slot="description">{option.description}</Text>}
                  </span>
                </>
              )}
            </ListBoxItem>
          )}
        </ListBox>
      </Popover>
    </AriaSelect>
  );
}

/** Text to look for; Escape empties it. */
export const SearchField = memo(function SearchField(props: {
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly placeholder?: string;
  readonly width?: number;
}) {
  return (
    <AriaSearchField
      className="search"
      aria-label={props.label}
      value={props.value}
      onChange={props.onChange}
      style={props.width ? { width: props.width } : {}}
    >
      {({ isEmpty }) => (
        <>
          <Search size={14} aria-hidden className="search-icon" />
          <Input className="search-input" placeholder={props.placeholder ?? props.label} />
          {!isEmpty && (
            <Button className="stepper">
              <X size={12} aria-hidden />
            </Button>
          )}
        </>
      )}
    </AriaSearchField>
  );
});

/** A one-line text value. */
export function TextField(
  props: FieldProps<string> & { readonly placeholder?: string; readonly width?: number },
) {
  const id = useId();
  return (
    <div className="field">
      <Label className="field-label" htmlFor={id}>
        {props.label}
      </Label>
      <input
        id={id}
        className="text-input"
        value={props.value}
        placeholder={props.placeholder}
        disabled={props.isDisabled ?? false}
        style={props.width ? { width: props.width } : {}}
        onChange={(event) => props.onChange(event.target.value)}
      />
    </div>
  );
}
