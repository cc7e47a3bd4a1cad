import { ChevronRight, FileArchive, NotebookText } from 'lucide-react';
import { useEffect, useState } from 'react';
import { formatBytes, plural } from '../../notebook/format.ts';
import { keyOf, type Offer } from '../../notebook/bundle/member.ts';
import { withNeeded } from '../../notebook/bundle/offers.ts';
import { notebook } from '../runtime.ts';
import { toastError } from '../toasts.ts';
import { Button } from '../ui/Button.tsx';
import { Check } from '../ui/Check.tsx';
import { Dialog } from '../ui/Dialog.tsx';
import { contentsOf, defaultChoice, groups, sizeOf, type Contents, type Group } from './contents.ts';
import { saveBundle } from './save.ts';
import './saveAll.css';

/** Lists what a notebook has made, with sizes, and saves what is ticked as one file. */
export function SaveAllDialog({
  isOpen,
  onClose,
}: {
  readonly isOpen: boolean;
  readonly onClose: () => void;
}) {
  const [contents, setContents] = useState<Contents | null>(null);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  useEffect(() => {
    if (!isOpen) return undefined;
    let isCurrent = true;
    contentsOf(notebook.document())
      .then((found) => {
        if (!isCurrent) return;
        setContents(found);
        setChosen(defaultChoice(found.offers));
      })
      .catch((error: unknown) => {
        toastError(error);
        onClose();
      });
    return () => {
      isCurrent = false;
      setContents(null);
    };
  }, [isOpen, onClose]);

  const choose = (offers: readonly Offer[], isChosen: boolean) => {
    const next = new Set(chosen);
    for (const offer of offers) {
      if (isChosen) next.add(keyOf(offer));
      else next.delete(keyOf(offer));
    }
    setChosen(next);
  };
  const taken = contents ? withNeeded(contents.offers, chosen) : [];
  const bytes = taken.reduce((sum, offer) => sum + offer.bytes, contents?.notebook.bytes ?? 0);
  const save = () => {
    onClose();
    saveBundle(notebook.document(), taken).catch(toastError);
  };
  return (
    <Dialog
      title="Save notebook with everything"
      isOpen={isOpen}
      onClose={onClose}
      width={640}
      actions={
        <>
          <span className="save-all-total num quiet">
            {contents && `${formatBytes(bytes)} before compression`}
          </span>
          <Button onPress={onClose}>Cancel</Button>
          <Button variant="primary" icon={FileArchive} isDisabled={!contents} onPress={save}>
            Save as one file
          </Button>
        </>
      }
    >
      <div className="stack">
        <p>
          One zip with the notebook and what it has made. Dropped onto Verbena’s page in any browser, all of
          it opens as a new notebook; unpacked, its parts are plain files for Python.
        </p>
        {contents ? (
          <ul className="save-all">
            <li>
              <div className="save-all-row">
                <NotebookText size={16} aria-hidden className="save-all-icon" />
                <span className="save-all-name">
                  <span>The notebook</span>
                  <span className="small quiet">{contents.notebook.note}</span>
                </span>
                <span className="num quiet">{formatBytes(contents.notebook.bytes)}</span>
              </div>
            </li>
            {groups.map((group) => (
              <GroupRow key={group.id} {...{ group, contents, chosen, choose }} />
            ))}
            {contents.offers.length === 0 && (
              <li className="save-all-row quiet">
                Nothing else yet: generated sets, classifiers, adapters and runs stand here once they are
                made.
              </li>
            )}
          </ul>
        ) : (
          <p className="quiet save-all-looking">Looking what there is…</p>
        )}
      </div>
    </Dialog>
  );
}

function GroupRow(props: {
  readonly group: Group;
  readonly contents: Contents;
  readonly chosen: ReadonlySet<string>;
  readonly choose: (offers: readonly Offer[], isChosen: boolean) => void;
}) {
  const { group, contents, chosen, choose } = props;
  const [isUnfolded, setIsUnfolded] = useState(false);
  const offers = contents.offers.filter(({ kind }) => (group.kinds as readonly string[]).includes(kind));
  if (offers.length === 0) return null;
  const picked = offers.filter((offer) => chosen.has(keyOf(offer)));
  const own = offers.filter(({ isOwn }) => isOwn);
  const isAll = picked.length >= Math.max(1, own.length);
  const isSingle = offers.length === 1;
  const listId = `save-all-${group.id}`;
  return (
    <li>
      <div className="save-all-row">
        <Check
          isSelected={picked.length > 0}
          label={group.title}
          onChange={() => choose(isAll ? offers : own.length > 0 ? own : offers, !isAll)}
        >
          {null}
        </Check>
        <span className="save-all-name">
          <span>
            {group.title}
            {!isSingle && (
              <span className="quiet num">
                {' '}
                {picked.length} of {offers.length}
              </span>
            )}
          </span>
          <span className="small quiet">
            {isSingle ? `${nameOf(offers[0])} · ${group.note}` : group.note}
          </span>
        </span>
        {!isSingle && (
          <button
            type="button"
            className="save-all-more"
            aria-expanded={isUnfolded}
            aria-controls={listId}
            aria-label={`${group.title}: choose one by one`}
            onClick={() => setIsUnfolded(!isUnfolded)}
          >
            <ChevronRight size={16} aria-hidden />
          </button>
        )}
        <span className="num quiet">{sizeOf(picked.length > 0 ? picked : offers)}</span>
      </div>
      {isUnfolded && (
        <ul id={listId} className="save-all-items">
          {offers.map((offer) => (
            <li key={keyOf(offer)} className="save-all-row">
              <Check isSelected={chosen.has(keyOf(offer))} onChange={(isChosen) => choose([offer], isChosen)}>
                <span className="save-all-item">{nameOf(offer)}</span>
              </Check>
              {!offer.isOwn && <span className="small quiet">of another notebook</span>}
              <span className="num quiet">{formatBytes(offer.bytes)}</span>
            </li>
          ))}
        </ul>
      )}
    </li>
  );
}

const nameOf = (offer: Offer | undefined): string => {
  const name = offer?.name ?? plural(0, 'part');
  return name.length > 70 ? `${name.slice(0, 69).trimEnd()}…` : name;
};
