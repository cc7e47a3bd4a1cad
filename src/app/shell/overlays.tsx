import { FileArchive, FileDown, Link2, Search } from 'lucide-react';
import type { KeyboardEvent } from 'react';
import {
  Autocomplete,
  Dialog as AriaDialog,
  Input,
  Keyboard,
  ListBox,
  ListBoxItem,
  ListBoxSection,
  Header,
  Modal,
  ModalOverlay,
  SearchField,
  Text,
  useFilter,
} from 'react-aria-components';
import { useStore } from 'zustand';
import { commands, runCommand, saveNotebookFile, type Command } from '../commands.ts';
import { SaveAllSlot } from '../bundle/SaveAllSlot.tsx';
import { overlays } from '../overlayState.ts';
import { copyShareLink, shareLink } from '../shareLink.ts';
import { shortcutText } from '../shortcuts.ts';
import { Button } from '../ui/Button.tsx';
import { Dialog } from '../ui/Dialog.tsx';
import { NotebooksDialog } from './NotebooksDialog.tsx';
import { StorageDialog } from './StorageDialog.tsx';
import './overlaysShell.css';

const close = () => overlays.setState({ open: null });

const groups = [...new Set(commands.map(({ group }) => group))];
const inMenuOrder = groups.flatMap((group) => commands.filter((command) => command.group === group));
const searchText = ({ label, group }: Command) => `${label} ${group}`;

/** Dialogs of the shell. All read the one table of commands. */
export function ShellOverlays() {
  const open = useStore(overlays, (state) => state.open);
  return (
    <>
      <Palette isOpen={open === 'palette'} />
      <HelpSheet isOpen={open === 'help'} />
      <ShareDialog isOpen={open === 'share'} />
      <SaveAllSlot isOpen={open === 'saveAll'} onClose={close} />
      <NotebooksDialog isOpen={open === 'notebooks'} onClose={close} />
      <StorageDialog isOpen={open === 'storage'} onClose={close} />
    </>
  );
}

/** As soon as it stands: what is typed right behind the shortcut is meant for it. */
const focusNow = (input: HTMLInputElement | null): void => input?.focus();

function Palette({ isOpen }: { readonly isOpen: boolean }) {
  const { contains } = useFilter({ sensitivity: 'base' });
  const matches = (text: string, wanted: string) =>
    wanted
      .trim()
      .split(/\s+/)
      .every((word) => contains(text, word));
  const run = (command: Command) => {
    close();
    // After the overlay has given focus back: a command may open another.
    setTimeout(() => runCommand(command), 0);
  };
  /** Who types fast presses Enter before the list has followed: what was typed decides then, not what is marked yet. */
  const runTyped = (event: KeyboardEvent<HTMLInputElement>) => {
    const wanted = event.currentTarget.value;
    if (event.key !== 'Enter' || event.nativeEvent.isComposing || wanted.trim() === '') return;
    const marked = document.getElementById(event.currentTarget.getAttribute('aria-activedescendant') ?? '');
    const isCurrent = commands.some(
      (command) => command.id === marked?.dataset['key'] && matches(searchText(command), wanted),
    );
    if (isCurrent) return;
    event.preventDefault();
    event.stopPropagation();
    const first = inMenuOrder.find(
      (command) => (command.isEnabled?.() ?? true) && matches(searchText(command), wanted),
    );
    if (first) run(first);
  };
  return (
    <ModalOverlay className="overlay" isOpen={isOpen} isDismissable onOpenChange={(next) => !next && close()}>
      <Modal className="modal palette">
        <AriaDialog className="dialog" aria-label="Command palette">
          <Autocomplete filter={matches}>
            <SearchField className="palette-search" aria-label="Search commands" autoFocus>
              <Search size={16} aria-hidden />
              <Input ref={focusNow} placeholder="Type a command" onKeyDownCapture={runTyped} />
            </SearchField>
            <ListBox
              className="menu palette-list"
              aria-label="Commands"
              selectionMode="none"
              renderEmptyState={() => <p className="palette-empty quiet">No command of that name.</p>}
              disabledKeys={commands
                .filter((command) => !(command.isEnabled?.() ?? true))
                .map(({ id }) => id)}
            >
              {groups.map((group) => (
                <ListBoxSection key={group} id={group}>
                  <Header className="menu-group">{group}</Header>
                  {commands
                    .filter((command) => command.group === group)
                    .map((command) => (
                      <ListBoxItem
                        key={command.id}
                        id={command.id}
                        className="menu-item"
                        textValue={searchText(command)}
                        onAction={() => run(command)}
                      >
                        <Text slot="label">{command.label}</Text>
                        {command.shortcut && (
                          <Keyboard className="key">{shortcutText(command.shortcut)}</Keyboard>
                        )}
                      </ListBoxItem>
                    ))}
                </ListBoxSection>
              ))}
            </ListBox>
          </Autocomplete>
        </AriaDialog>
      </Modal>
    </ModalOverlay>
  );
}

function HelpSheet({ isOpen }: { readonly isOpen: boolean }) {
  return (
    <Dialog title="Help and shortcuts" isOpen={isOpen} onClose={close} width={720} isText>
      <div className="help">
        <div className="prose stack">
          <p>
            A notebook reads from top to bottom: data, labels, split, text, training, evaluation. Changing a
            setting marks what rests on it as stale and never starts work by itself; undoing the change makes
            the results fresh again.
          </p>
          <p>
            Everything stays in this tab. Only a hub model that you ask for is downloaded, and your data is
            never sent anywhere; prompts of the Incubator go to a language model server of yours where you
            allowed it. Words with a dotted line explain themselves; “paper” beside a control shows and sets
            what the paper used.
          </p>
        </div>
        <div className="help-keys">
          {groups.map((group) => {
            const withKeys = commands.filter((command) => command.group === group && command.shortcut);
            return (
              withKeys.length > 0 && (
                <section key={group}>
                  <h3 className="sub">{group}</h3>
                  <dl>
                    {withKeys.map(({ id, label, shortcut }) => (
                      <div key={id}>
                        <dt>{label}</dt>
                        <dd>
                          <kbd className="key">{shortcutText(shortcut)}</kbd>
                        </dd>
                      </div>
                    ))}
                  </dl>
                </section>
              )
            );
          })}
        </div>
      </div>
    </Dialog>
  );
}

function ShareDialog({ isOpen }: { readonly isOpen: boolean }) {
  const link = isOpen ? shareLink() : '';
  return (
    <Dialog
      title="Share this notebook"
      isOpen={isOpen}
      onClose={close}
      actions={
        <>
          <Button icon={FileArchive} onPress={() => overlays.setState({ open: 'saveAll' })}>
            With everything…
          </Button>
          <Button icon={FileDown} onPress={saveNotebookFile}>
            Save as file
          </Button>
          <Button variant="primary" icon={Link2} onPress={() => void copyShareLink()}>
            Copy link
          </Button>
        </>
      }
    >
      <div className="stack">
        <p>
          <strong>A link</strong> carries the title and every parameter that differs from the defaults, inside
          the address itself. It holds no data and no results: whoever opens it drops in the same file and
          runs.
        </p>
        <p>
          <strong>A file</strong> (.verbena.json) carries the parameters and all results with their
          provenance; drop it onto the page to open it.
        </p>
        <p>
          <strong>A file with everything</strong> (.verbena.zip) carries what the notebook has made as well:
          generated sets, classifiers, adapters, runs, and the data where you say so.
        </p>
        <textarea
          className="share-link mono"
          readOnly
          rows={4}
          value={link}
          aria-label="Link with the parameters"
        />
      </div>
    </Dialog>
  );
}
