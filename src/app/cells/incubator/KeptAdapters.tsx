import { Play, Trash2 } from 'lucide-react';
import { useEffect } from 'react';
import { useStore } from 'zustand';
import { formatBytes, formatMinute } from '../../../notebook/format.ts';
import { useNotebook } from '../../hooks.ts';
import { toastError } from '../../toasts.ts';
import { Button, IconButton } from '../../ui/Button.tsx';
import { keptAdapters, loadKeptAdapters, removeKeptAdapter, applyKeptAdapter } from './keptAdapters.ts';
import './keptAdapters.css';

/** Adapters that this notebook has made: kept in this browser, and put to work again after a reload. */
export function KeptAdapters({
  isBusy,
  atWork,
}: {
  readonly isBusy: boolean;
  readonly atWork: string | null;
}) {
  const notebookId = useNotebook(({ id }) => id);
  const { list, atWorkId } = useStore(keptAdapters);
  useEffect(() => {
    loadKeptAdapters(notebookId).catch(toastError);
  }, [notebookId]);
  if (list.length === 0) return null;
  return (
    <section aria-label="Kept adapters">
      <p className="field-label">Adapters of this notebook</p>
      <ul className="kept-adapters">
        {list.map((adapter) => (
          <li key={adapter.id}>
            <span className="kept-adapters-name">
              <span>{adapter.name}</span>
              <span className="small quiet num">
                {[
                  `on ${adapter.baseModel}`,
                  adapter.note,
                  formatBytes(adapter.weights.byteLength),
                  formatMinute(adapter.createdAt),
                ]
                  .filter((part) => part !== '')
                  .join(' · ')}
              </span>
            </span>
            {adapter.name === atWork && (atWorkId === null || adapter.id === atWorkId) ? (
              <span className="small quiet">at work</span>
            ) : (
              <Button
                icon={Play}
                isDisabled={isBusy}
                tip="In place of what is at work; the model it was tuned on has to be chosen"
                onPress={() => void applyKeptAdapter(adapter).catch(toastError)}
              >
                Put to work
              </Button>
            )}
            <IconButton
              icon={Trash2}
              label={`Remove the adapter “${adapter.name}”`}
              onPress={() => void removeKeptAdapter(adapter).catch(toastError)}
            />
          </li>
        ))}
      </ul>
    </section>
  );
}
