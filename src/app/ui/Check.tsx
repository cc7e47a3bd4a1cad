import { Check as CheckIcon } from 'lucide-react';
import type { ReactNode } from 'react';
import { Checkbox } from 'react-aria-components';
import './check.css';

/** A box to tick, with its words. */
export function Check(props: {
  readonly isSelected: boolean;
  readonly onChange: (isSelected: boolean) => void;
  readonly children: ReactNode;
  readonly isDisabled?: boolean;
  /** Leaves the words to screen readers. */
  readonly label?: string;
}) {
  return (
    <Checkbox
      className="tick"
      isSelected={props.isSelected}
      onChange={props.onChange}
      isDisabled={props.isDisabled ?? false}
      {...(props.label ? { 'aria-label': props.label } : {})}
    >
      {({ isSelected }) => (
        <>
          <span className="tick-box" aria-hidden>
            {isSelected && <CheckIcon size={12} strokeWidth={2.5} />}
          </span>
          {props.children}
        </>
      )}
    </Checkbox>
  );
}
