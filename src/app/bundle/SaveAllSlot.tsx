import { useEffect } from 'react';
import { useStore } from 'zustand';
import { createChunks } from '../chunks.ts';
import { toastError } from '../toasts.ts';

const chunks = createChunks({ saveAll: async () => (await import('./SaveAllDialog.tsx')).SaveAllDialog });

/** The dialog that saves everything; fetched when it is first opened, for it knows every format. */
export function SaveAllSlot({ isOpen, onClose }: { readonly isOpen: boolean; readonly onClose: () => void }) {
  const chunk = useStore(chunks.store, (state) => state.saveAll);
  useEffect(() => {
    if (!isOpen) return;
    chunks.load('saveAll').catch((error: unknown) => {
      onClose();
      toastError(error);
    });
  }, [isOpen, onClose]);
  return chunk.kind === 'here' ? <chunk.value isOpen={isOpen} onClose={onClose} /> : null;
}
