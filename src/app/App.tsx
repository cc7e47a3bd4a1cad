import { useEffect } from 'react';
import { useStore } from 'zustand';
import { handleKey } from './commands.ts';
import { useNotebook } from './hooks.ts';
import { overlays } from './overlayState.ts';
import { autosave } from './runtime.ts';
import { ExportProgress } from './report/ExportProgress.tsx';
import { OverlaySlot } from './shell/OverlaySlot.tsx';
import { Cells } from './shell/Cells.tsx';
import { PageDrop } from './shell/PageDrop.tsx';
import { Rail } from './shell/Rail.tsx';
import { ReadOnlyBanner } from './shell/ReadOnlyBanner.tsx';
import { TopBar } from './shell/TopBar.tsx';
import { Toasts } from './ui/panels.tsx';
import './shell/shell.css';

/** The page: outline on the left, one column that reads from top to bottom, a thin bar above. */
export function App() {
  const railOpen = useStore(overlays, (state) => state.rail);
  const railFolded = useStore(overlays, (state) => state.railFolded);
  const title = useNotebook((state) => state.title);
  const id = useNotebook((state) => state.id);

  useEffect(() => {
    document.title = `${title} – Verbena`;
  }, [title]);

  useEffect(() => {
    const hide = () => {
      if (document.visibilityState === 'hidden') autosave.leave();
    };
    // A tab that is closed may still call itself visible.
    const end = () => autosave.leave();
    addEventListener('keydown', handleKey);
    document.addEventListener('visibilitychange', hide);
    addEventListener('pagehide', end);
    return () => {
      removeEventListener('keydown', handleKey);
      document.removeEventListener('visibilitychange', hide);
      removeEventListener('pagehide', end);
    };
  }, []);

  return (
    <div className={`shell${railOpen ? ' shell-rail-open' : ''}${railFolded ? ' shell-rail-folded' : ''}`}>
      <a className="skip" href="#notebook">
        Skip to the notebook
      </a>
      <TopBar />
      <aside className="rail" aria-label="Outline">
        <Rail />
      </aside>
      <button
        type="button"
        className="rail-scrim"
        aria-label="Close the outline"
        tabIndex={railOpen ? 0 : -1}
        onClick={() => overlays.setState({ rail: false })}
      />
      <main id="notebook" className="page" tabIndex={-1}>
        <div className="column">
          <h1 className="visually-hidden">{title}</h1>
          <ReadOnlyBanner />
          <Cells notebookId={id} />
        </div>
      </main>
      <OverlaySlot />
      <PageDrop />
      <ExportProgress />
      <Toasts />
    </div>
  );
}
