import type { LucideIcon } from 'lucide-react';
import type { ReactNode } from 'react';
import { Button as AriaButton } from 'react-aria-components';
import { Tip } from './Tip.tsx';
import './controls.css';

export interface ButtonProps {
  readonly children: ReactNode;
  readonly onPress?: (() => void) | undefined;
  /** `primary`: the one thing a cell does. `plain`: hairline. `quiet`: text only. */
  readonly variant?: 'primary' | 'plain' | 'quiet';
  readonly icon?: LucideIcon | undefined;
  readonly isDisabled?: boolean | undefined;
  /** Why it is disabled, or what it does beyond its label. */
  readonly tip?: string | undefined;
  readonly autoFocus?: boolean;
}

export function Button(props: ButtonProps) {
  const { children, onPress, variant = 'plain', icon: Icon, isDisabled = false, tip, autoFocus } = props;
  const button = (
    <AriaButton
      className={`button button-${variant}`}
      isDisabled={isDisabled}
      {...(onPress ? { onPress } : {})}
      {...(autoFocus ? { autoFocus } : {})}
    >
      {Icon && <Icon size={16} strokeWidth={1.75} aria-hidden />}
      {children}
    </AriaButton>
  );
  return tip ? <Tip text={tip}>{button}</Tip> : button;
}

export interface IconButtonProps {
  readonly icon: LucideIcon;
  /** Read out and shown on hover. */
  readonly label: string;
  readonly shortcut?: string | undefined;
  readonly onPress?: () => void;
  readonly isDisabled?: boolean;
  readonly isPressed?: boolean;
}

/** A 32-px square button; its label is its tooltip. */
export function IconButton({
  icon: Icon,
  label,
  shortcut,
  onPress,
  isDisabled = false,
  isPressed,
}: IconButtonProps) {
  return (
    <Tip text={label} shortcut={shortcut}>
      <AriaButton
        className="icon-button"
        aria-label={label}
        isDisabled={isDisabled}
        {...(isPressed === undefined ? {} : { 'aria-pressed': isPressed })}
        {...(onPress ? { onPress } : {})}
      >
        <Icon size={16} strokeWidth={1.75} aria-hidden />
      </AriaButton>
    </Tip>
  );
}
