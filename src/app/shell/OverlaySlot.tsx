import { useEffect } from 'react';
import { useStore } from 'zustand';
import { createChunks } from '../chunks.ts';
import { overlays } from '../overlayState.ts';
import { toastError } from '../toasts.ts';

const chunks = createChunks({ overlays: async () => (await import('./overlays.tsx')).ShellOverlays });

/** Fetches the shell's dialogs before anyone asks for one. */
export const fetchOverlays = (): Promise<unknown> => chunks.load('overlays').catch(() => undefined);

/** The shell's dialogs; fetched when the first is opened, if they are not here by then. */
export function OverlaySlot() {
  const isAsked = useStore(overlays, ({ open }) => open !== null);
  const chunk = useStore(chunks.store, (state) => state.overlays);
  useEffect(() => {
    if (!isAsked) return;
    chunks.load('overlays').catch((error: unknown) => {
      overlays.setState({ open: null });
      toastError(error);
    });
  }, [isAsked]);
  return chunk.kind === 'here' ? <chunk.value /> : null;
}
