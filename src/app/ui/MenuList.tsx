import type { RefObject } from 'react';
import { flushSync } from 'react-dom';
import { Keyboard, Menu, MenuItem, Popover, Text } from 'react-aria-components';
import type { MenuAction } from './menuAction.ts';

/** The open list of a menu. Apart from its button, since most menus of a page are never opened. */
export function MenuList(props: {
  readonly label: string;
  readonly actions: readonly MenuAction[];
  readonly trigger: RefObject<HTMLButtonElement | null>;
  /** Where the focus goes: a key marks the first action or the last, a press none. */
  readonly focus: 'first' | 'last' | true;
  readonly onClose: () => void;
}) {
  const { label, actions, trigger, focus, onClose } = props;
  const run = (action: MenuAction) => {
    // The list goes first, and the focus back to its button: a dialog that the action opens returns it there.
    flushSync(onClose);
    trigger.current?.focus();
    action.run();
  };
  return (
    <Popover
      className="popover"
      aria-label={label}
      trigger="MenuTrigger"
      triggerRef={trigger}
      placement="bottom end"
      offset={4}
      isOpen
      onOpenChange={(isOpen) => {
        if (!isOpen) onClose();
      }}
    >
      <Menu
        className="menu"
        aria-label={label}
        autoFocus={focus}
        items={actions}
        disabledKeys={actions.filter(({ isDisabled }) => isDisabled).map(({ id }) => id)}
        onClose={onClose}
      >
        {(action) => (
          <MenuItem className="menu-item" textValue={action.label} onAction={() => run(action)}>
            {action.icon && <action.icon size={16} strokeWidth={1.75} aria-hidden />}
            <Text slot="label">{action.label}</Text>
            {action.shortcut && <Keyboard className="key">{action.shortcut}</Keyboard>}
          </MenuItem>
        )}
      </Menu>
    </Popover>
  );
}
