import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './App.tsx';
import { restoreData } from './cells/dataset/actions.ts';
import { registerCells } from './cells/registry.ts';
import { commands, runCommand } from './commands.ts';
import { notebook, openFirstNotebook } from './runtime.ts';
import { session } from './session.ts';
import { applyTheme } from './theme.ts';
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
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
if (session.getState().restoring) void restoreData();
