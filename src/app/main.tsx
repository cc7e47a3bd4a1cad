import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { cellIds } from '../notebook/cells.ts';
import { App } from './App.tsx';
import { openSample, restoreData } from './cells/dataset/actions.ts';
import { fetchChain, registerCells } from './cellChunks.ts';
import { keepHeights } from './cellHeights.ts';
import { chains, folds } from './chains.ts';
import { fetchWhenIdle } from './chunks.ts';
import { commands, runCommand } from './commands.ts';
import { goTo } from './goTo.ts';
import { claimNotebook } from './presence.ts';
import { notebook, openFirstNotebook } from './runtime.ts';
import { session } from './session.ts';
import { fetchOverlays } from './shell/OverlaySlot.tsx';
import { applyTheme } from './theme.ts';
import { fetchMenus } from './ui/Menu.tsx';
import './styles/tokens.css';
import './styles/base.css';

applyTheme();
registerCells();

// A handle for scripts that drive the page (`npm start -- --headless`, tests): the same verbs that people have.
Object.assign(globalThis, {
  verbena: {
    notebook,
    session,
    commands: commands.map(({ id, label }) => ({ id, label })),
    run: (id: string) => commands.filter((command) => command.id === id).forEach(runCommand),
  },
});

const root = document.getElementById('root');
if (!root) throw new Error('index.html has no #root.');

await openFirstNotebook();
await claimNotebook(notebook.store.getState().id);
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
);

// A link to a cell (`#mining`): it does not stand yet when the browser looks for it.
function followLink(): void {
  const linked = cellIds.find((id) => location.hash === `#${id}`);
  if (linked) goTo(linked, 'instant');
}
followLink();
addEventListener('hashchange', followLink);

// Folded chains last: nobody looks at them.
const { folded } = folds.getState();
const byNeed = chains.map(({ id }) => id).sort((a, b) => Number(folded.has(a)) - Number(folded.has(b)));
fetchWhenIdle([fetchMenus, fetchOverlays, ...byNeed.map((id) => () => fetchChain(id))]);
addEventListener('pagehide', keepHeights);

// `?sample=1`, where `npm start` opens, asks for the sample corpus; a notebook that has data of its own keeps it.
async function openData(): Promise<void> {
  if (session.getState().restoring) await restoreData();
  const isSampleAsked = new URLSearchParams(location.search).get('sample') === '1';
  const { source } = notebook.store.getState().parameters.dataset;
  if (isSampleAsked && source.kind !== 'files' && !session.getState().corpus) await openSample();
}

void openData();
// Another notebook opened later brings its data along where a copy was kept.
session.subscribe(({ restoring }, before) => {
  if (restoring && !before.restoring) void restoreData();
});
