import type { LucideIcon } from 'lucide-react';
import { MoreHorizontal } from 'lucide-react';
import { memo } from 'react';
import { Button, Keyboard, Menu, MenuItem, MenuTrigger, Popover, Text } from 'react-aria-components';
import './controls.css';
import './overlays.css';

export interface MenuAction {
  readonly id: string;
  readonly label: string;
  readonly run: () => void;
  readonly icon?: LucideIcon;
  readonly shortcut?: string | undefined;
  readonly isDisabled?: boolean;
}

/** A button that opens a list of actions. Without an icon it shows three dots. Drawn again only when its actions change. */
export const ActionMenu = memo(function ActionMenu(props: {
  readonly label: string;
  readonly actions: readonly MenuAction[];
  readonly icon?: LucideIcon;
}) {
  const Icon = props.icon ?? MoreHorizontal;
  return (
    <MenuTrigger>
      <Button className="icon-button" aria-label={props.label}>
        <Icon size={16} strokeWidth={1.75} aria-hidden />
      </Button>
      <Popover className="popover" placement="bottom end" offset={4}>
        <Menu
          className="menu"
          aria-label={props.label}
          items={props.actions}
          disabledKeys={props.actions.filter(({ isDisabled }) => isDisabled).map(({ id }) => id)}
        >
          {(action) => (
            <MenuItem className="menu-item" textValue={action.label} onAction={action.run}>
              {action.icon && <action.icon size={16} strokeWidth={1.75} aria-hidden />}
              <Text slot="label">{action.label}</Text>
              {action.shortcut && <Keyboard className="key">{action.shortcut}</Keyboard>}
            </MenuItem>
          )}
        </Menu>
      </Popover>
    </MenuTrigger>
  );
});
