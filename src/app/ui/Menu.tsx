import type { LucideIcon } from 'lucide-react';
import { MoreHorizontal } from 'lucide-react';
import { memo, useRef, useState } from 'react';
import { Button } from 'react-aria-components';
import { useStore } from 'zustand';
import { createChunks } from '../chunks.ts';
import { toastError } from '../toasts.ts';
import type { MenuAction } from './menuAction.ts';
import './controls.css';
import './overlays.css';

const chunks = createChunks({ list: async () => (await import('./MenuList.tsx')).MenuList });

/** Fetches what menus open before anyone opens one. */
export const fetchMenus = (): Promise<unknown> => chunks.load('list').catch(() => undefined);

/** A button that opens a list of actions. Without an icon it shows three dots. Drawn again only when its actions change. */
export const ActionMenu = memo(function ActionMenu(props: {
  readonly label: string;
  readonly actions: readonly MenuAction[];
  readonly icon?: LucideIcon;
}) {
  const { label, actions, icon: Icon = MoreHorizontal } = props;
  const trigger = useRef<HTMLButtonElement>(null);
  const [focus, setFocus] = useState<'first' | 'last' | true | null>(null);
  const list = useStore(chunks.store, (state) => state.list);
  const open = (where: 'first' | 'last' | true) => {
    setFocus(where);
    chunks.load('list').catch((error: unknown) => {
      setFocus(null);
      toastError(error);
    });
  };
  return (
    <>
      <Button
        ref={trigger}
        className="icon-button"
        aria-label={label}
        aria-haspopup="menu"
        aria-expanded={focus !== null}
        onPress={({ pointerType }) => open(pointerType === 'keyboard' ? 'first' : true)}
        onKeyDown={(event) => {
          if (event.key === 'ArrowDown') open('first');
          else if (event.key === 'ArrowUp') open('last');
          // What it does not take goes on to the page's shortcuts.
          else event.continuePropagation();
        }}
      >
        <Icon size={16} strokeWidth={1.75} aria-hidden />
      </Button>
      {focus !== null && list.kind === 'here' && (
        <list.value
          label={label}
          actions={actions}
          trigger={trigger}
          focus={focus}
          onClose={() => setFocus(null)}
        />
      )}
    </>
  );
});
