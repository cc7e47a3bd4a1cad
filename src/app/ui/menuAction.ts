import type { LucideIcon } from 'lucide-react';

/** One entry of an `ActionMenu`. */
export interface MenuAction {
  readonly id: string;
  readonly label: string;
  readonly run: () => void;
  readonly icon?: LucideIcon;
  readonly shortcut?: string | undefined;
  readonly isDisabled?: boolean;
}
