import { Database, Recycle, Trash2, Undo2 } from 'lucide-react';
import { useCallback, useEffect, useState } from 'react';
import { formatBytes, formatMoment, plural } from '../../notebook/format.ts';
import type { KeptCopy } from '../../services/corpus/contract.ts';
import { runsFolder } from '../../services/storage/folders.ts';
import { binFolder, emptyBin, estimate, folderBytes, isOpfsAvailable } from '../../services/storage/opfs.ts';
import { corpusService } from '../services.ts';
import { toast, toastError } from '../toasts.ts';
import { Button } from '../ui/Button.tsx';
import { Dialog } from '../ui/Dialog.tsx';
import './storage.css';

interface Space {
  readonly room: { readonly usedBytes: number; readonly quotaBytes: number } | null;
  readonly runs: number;
  readonly models: number;
  readonly tokens: number;
  readonly bin: number;
  readonly copies: readonly KeptCopy[];
}

async function measure(): Promise<Space> {
  if (!isOpfsAvailable())
    return { room: await estimate(), runs: 0, models: 0, tokens: 0, bin: 0, copies: [] };
  const [room, runs, models, tokens, bin, copies] = await Promise.all([
    estimate(),
    folderBytes(runsFolder),
    folderBytes('models'),
    folderBytes('tokens'),
    folderBytes(binFolder),
    corpusService().kept(),
  ]);
  return { room, runs, models, tokens, bin, copies };
}

/** What Verbena keeps in this browser, how much room it takes, and how to get the room back. */
export function StorageDialog({
  isOpen,
  onClose,
}: {
  readonly isOpen: boolean;
  readonly onClose: () => void;
}) {
  const [space, setSpace] = useState<Space | null>(null);
  // Removed since the dialog opened: they keep their place, with the way back beside them.
  const [removed, setRemoved] = useState<readonly KeptCopy[]>([]);
  const refresh = useCallback(() => measure().then(setSpace, toastError), []);
  useEffect(() => {
    if (isOpen) void refresh();
  }, [isOpen, refresh]);

  const forget = (baseHash: string) =>
    setRemoved((list) => list.filter((copy) => copy.baseHash !== baseHash));

  const remove = async (copy: KeptCopy) => {
    await corpusService().removeKept(copy.baseHash);
    setRemoved((list) => [...list, copy]);
    await refresh();
  };
  const restore = async ({ baseHash }: KeptCopy) => {
    const isBack = await corpusService().restoreKept(baseHash);
    if (!isBack) toast('The bin was emptied since: the copy is gone.', { tone: 'bad' });
    forget(baseHash);
    await refresh();
  };
  const empty = async () => {
    await emptyBin();
    setRemoved([]);
    await refresh();
  };
  const leave = () => {
    setRemoved([]);
    onClose();
  };
  const gone = new Set(removed.map(({ baseHash }) => baseHash));
  const shown = space
    ? [...space.copies.filter(({ baseHash }) => !gone.has(baseHash)), ...removed].sort(
        (a, b) => b.keptAt - a.keptAt,
      )
    : [];

  return (
    <Dialog title="Storage in this browser" isOpen={isOpen} onClose={leave} width={640}>
      {space ? (
        <div className="stack">
          <Room space={space} />
          <section>
            <h3 className="sub">Copies of data</h3>
            {shown.length === 0 && (
              <p className="quiet">None. “Keep a copy in this browser” in the data cell makes one.</p>
            )}
            <ul className="kept">
              {shown.map((copy) => (
                <li key={copy.baseHash}>
                  <Database size={16} aria-hidden />
                  <span className="kept-name">
                    <span>{copy.fileNames.join(', ')}</span>
                    <span className="small quiet num">
                      {formatBytes(copy.byteLength)} · {plural(copy.fileNames.length, 'file')} · kept{' '}
                      {formatMoment(new Date(copy.keptAt).toISOString())}
                    </span>
                  </span>
                  {gone.has(copy.baseHash) ? (
                    <>
                      <span className="small quiet">in the bin</span>
                      <Button icon={Undo2} onPress={() => void restore(copy).catch(toastError)}>
                        Undo
                      </Button>
                    </>
                  ) : copy.isOpen ? (
                    <span className="small quiet">open now</span>
                  ) : (
                    <Button icon={Trash2} onPress={() => void remove(copy).catch(toastError)}>
                      Remove
                    </Button>
                  )}
                </li>
              ))}
            </ul>
          </section>
          <section>
            <h3 className="sub">Bin</h3>
            <div className="kept-bin">
              <Recycle size={16} aria-hidden />
              <p className="kept-name">
                {space.bin === 0
                  ? 'Empty. Removed copies and runs wait here, so that removing can be undone.'
                  : `${formatBytes(space.bin)} of removed copies and runs. Emptied, they are gone for good.`}
              </p>
              <Button isDisabled={space.bin === 0} onPress={() => void empty().catch(toastError)}>
                Empty the bin
              </Button>
            </div>
          </section>
        </div>
      ) : (
        <p className="quiet kept-measuring">Measuring…</p>
      )}
    </Dialog>
  );
}

function Room({ space }: { readonly space: Space }) {
  const { room, runs, models, tokens, bin, copies } = space;
  const kept = copies.reduce((sum, { byteLength }) => sum + byteLength, 0);
  const parts = [
    ['copies of data', kept],
    ['training runs', runs],
    ['downloaded models', models],
    ['token caches', tokens],
    ['bin', bin],
  ] as const;
  const shown = parts.filter(([, bytes]) => bytes > 0);
  return (
    <div>
      <p>
        {room ? (
          <>
            <strong className="num">{formatBytes(room.usedBytes)}</strong> used of{' '}
            <span className="num">{formatBytes(room.quotaBytes)}</span> that the browser grants.
          </>
        ) : (
          'The browser does not say how much room there is.'
        )}
      </p>
      {shown.length > 0 && (
        <p className="small quiet num">
          {shown.map(([name, bytes]) => `${name} ${formatBytes(bytes)}`).join(' · ')}
        </p>
      )}
    </div>
  );
}
