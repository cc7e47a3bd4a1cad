import { Check, Copy, Trash2, Undo2 } from 'lucide-react';
import { useCallback, useEffect, useState } from 'react';
import { listNotebooks, loadNotebook, type NotebookEntry } from '../../notebook/autosave.ts';
import { newDocument } from '../../notebook/document.ts';
import { formatMoment } from '../../notebook/format.ts';
import {
  duplicateNotebook,
  removeNotebook,
  restoreNotebook,
  type RemovedNotebook,
} from '../../notebook/library.ts';
import { openWithUndo } from '../commands.ts';
import { isHeldElsewhere } from '../presence.ts';
import { autosave, notebook, openDocument, storage } from '../runtime.ts';
import { toast, toastError } from '../toasts.ts';
import { Button, IconButton } from '../ui/Button.tsx';
import { Dialog } from '../ui/Dialog.tsx';

/** The notebooks of this browser: opened, duplicated and removed with all that they made, and brought back. */
export function NotebooksDialog({
  isOpen,
  onClose,
}: {
  readonly isOpen: boolean;
  readonly onClose: () => void;
}) {
  const [entries, setEntries] = useState<readonly NotebookEntry[]>([]);
  // Removed since the dialog opened: they keep their place, with the way back beside them.
  const [removed, setRemoved] = useState<readonly RemovedNotebook[]>([]);
  const current = notebook.store.getState().id;
  const refresh = useCallback(() => listNotebooks(storage).then(setEntries, toastError), []);
  useEffect(() => {
    if (isOpen) void refresh();
  }, [isOpen, refresh]);

  const open = async (id: string) => {
    leave();
    const document = await loadNotebook(storage, id);
    if (document) await openWithUndo(document, `Opened “${document.title}”.`);
  };
  const duplicate = async (id: string) => {
    if (id === current) await autosave.flush();
    const copy = await duplicateNotebook(storage, id);
    await refresh();
    if (copy)
      toast(`Made “${copy.title}”, with the sets, pairs and adapters of the first.`, { tone: 'good' });
  };
  const remove = async (id: string) => {
    if (id !== current && (await isHeldElsewhere(id))) {
      toast('This notebook is open in another tab. Close it there, then remove it.', { tone: 'bad' });
      return;
    }
    if (id === current) {
      await autosave.flush();
      openDocument(newDocument());
      // Written before the other goes: nothing of it may be on its way to storage then.
      await autosave.flush();
    }
    const gone = await removeNotebook(storage, id);
    if (gone) setRemoved((list) => [...list, gone]);
    await refresh();
    if (gone)
      toast(`Removed “${gone.entry.title}” and what it had generated.`, {
        action: { label: 'Undo', run: () => void restore(gone).catch(toastError) },
      });
  };
  const restore = async (gone: RemovedNotebook) => {
    await restoreNotebook(storage, gone);
    setRemoved((list) => list.filter(({ entry }) => entry.id !== gone.entry.id));
    await refresh();
  };
  const leave = () => {
    setRemoved([]);
    onClose();
  };

  const rows = [...entries];
  const isGone = new Map(removed.map((gone) => [gone.entry.id, gone]));
  for (const { entry, place } of removed)
    if (!rows.some(({ id }) => id === entry.id)) rows.splice(place, 0, entry);
  return (
    <Dialog title="Notebooks in this browser" isOpen={isOpen} onClose={leave} width={640}>
      <ul className="notebooks">
        {rows.map(({ id, title, modifiedAt }) => {
          const gone = isGone.get(id);
          return (
            <li key={id}>
              <button
                type="button"
                className="notebooks-open"
                disabled={id === current || gone !== undefined}
                onClick={() => void open(id).catch(toastError)}
              >
                <span>{title}</span>
                <span className="small quiet num">
                  {gone ? (
                    'removed'
                  ) : id === current ? (
                    <>
                      <Check size={12} aria-hidden /> open now
                    </>
                  ) : (
                    formatMoment(modifiedAt)
                  )}
                </span>
              </button>
              {gone ? (
                <Button icon={Undo2} onPress={() => void restore(gone).catch(toastError)}>
                  Undo
                </Button>
              ) : (
                <>
                  <IconButton
                    icon={Copy}
                    label={`Duplicate “${title}”`}
                    onPress={() => void duplicate(id).catch(toastError)}
                  />
                  <IconButton
                    icon={Trash2}
                    label={`Remove “${title}”`}
                    onPress={() => void remove(id).catch(toastError)}
                  />
                </>
              )}
            </li>
          );
        })}
      </ul>
      {rows.length === 0 && <p className="quiet">Nothing saved yet.</p>}
    </Dialog>
  );
}
