import { Check as CheckIcon } from 'lucide-react';
import type { ReactNode } from 'react';
import { Checkbox } from 'react-aria-components';
import './check.css';

/** A box to tick, with its words; in a `CheckboxGroup` its value alone, for the group knows what is ticked. */
export function Check(
  props: {
    readonly children: ReactNode;
    readonly isDisabled?: boolean;
    /** Leaves the words to screen readers. */
    readonly label?: string;
  } & (
    | { readonly isSelected: boolean; readonly onChange: (isSelected: boolean) => void }
    | { readonly value: string }
  ),
) {
  const { children, isDisabled = false, label, ...ticked } = props;
  return (
    <Checkbox
      className="tick"
      isDisabled={isDisabled}
      {...ticked}
      {...(label === undefined ? {} : { 'aria-label': label })}
    >
      {({ isSelected }) => (
        <>
          <span className="tick-box" aria-hidden>
            {isSelected && <CheckIcon size={12} strokeWidth={2.5} />}
          </span>
          {children}
        </>
      )}
    </Checkbox>
  );
}
