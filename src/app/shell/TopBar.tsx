import {
  CircleHelp,
  CloudAlert,
  Command as CommandIcon,
  Monitor,
  Moon,
  PanelLeft,
  Redo2,
  Share2,
  Sun,
  Undo2,
} from 'lucide-react';
import { useEffect, useState } from 'react';
import { useStore } from 'zustand';
import { formatMoment } from '../../notebook/format.ts';
import { commandOf, commands, runCommand } from '../commands.ts';
import { useNotebook } from '../hooks.ts';
import { autosave, notebook } from '../runtime.ts';
import { shortcutText } from '../shortcuts.ts';
import { useThemePreference } from '../theme.ts';
import { IconButton } from '../ui/Button.tsx';
import { ActionMenu } from '../ui/Menu.tsx';
import './topbar.css';

function CommandButton(props: { readonly id: string; readonly icon: typeof Undo2 }) {
  const command = commandOf(props.id);
  // Enabled or not may hang on the notebook and on its history.
  const isEnabled = () => command.isEnabled?.() ?? true;
  const byNotebook = useNotebook(isEnabled);
  const byHistory = useStore(notebook.history, isEnabled);
  return (
    <IconButton
      icon={props.icon}
      label={command.label}
      shortcut={shortcutText(command.shortcut)}
      isDisabled={!(byNotebook && byHistory)}
      onPress={() => runCommand(command)}
    />
  );
}

/** File name, autosave state, undo and redo, share, palette, help. */
export function TopBar() {
  const title = useNotebook((state) => state.title);
  const theme = useThemePreference();
  return (
    <header className="topbar">
      <span className="topbar-drawer">
        <CommandButton id="view.outline" icon={PanelLeft} />
      </span>
      <a className="brand" href="#dataset" aria-label="Verbena, to the first cell">
        <img src="favicon.svg" width={20} height={20} alt="" />
        <span>Verbena</span>
      </a>
      <span className="topbar-title">{title}</span>
      <SaveState />
      <span className="spread" />
      <div className="topbar-tools" role="toolbar" aria-label="Notebook">
        <CommandButton id="edit.undo" icon={Undo2} />
        <CommandButton id="edit.redo" icon={Redo2} />
        <span className="topbar-rule" aria-hidden />
        <CommandButton id="notebook.share" icon={Share2} />
        <CommandButton id="view.palette" icon={CommandIcon} />
        <CommandButton id="view.theme" icon={{ system: Monitor, light: Sun, dark: Moon }[theme]} />
        <CommandButton id="view.help" icon={CircleHelp} />
        <ActionMenu
          label="Notebook menu"
          actions={commands
            .filter(({ group }) => group === 'Notebook' || group === 'Run')
            .map((command) => ({
              id: command.id,
              label: command.label,
              shortcut: shortcutText(command.shortcut),
              isDisabled: !(command.isEnabled?.() ?? true),
              run: () => runCommand(command),
            }))}
        />
      </div>
    </header>
  );
}

function SaveState() {
  const state = useStore(autosave.state);
  const [, tick] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => tick((count) => count + 1), 30_000);
    return () => clearInterval(timer);
  }, []);
  return (
    <span className="save-state num" role="status">
      {state.kind === 'saved' && `Saved ${formatMoment(new Date(state.atMs).toISOString())}`}
      {state.kind === 'pending' && 'Saving…'}
      {state.kind === 'paused' && 'Read-only'}
      {state.kind === 'failed' && (
        <span className="save-failed" title={`${state.error.message} ${state.error.remedy}`}>
          <CloudAlert size={14} aria-hidden /> Not saved
        </span>
      )}
    </span>
  );
}
