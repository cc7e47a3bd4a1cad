import { ChevronDown, ChevronRight, Cpu, Microchip } from 'lucide-react';
import { useEffect, useState } from 'react';
import { Button } from 'react-aria-components';
import { useStore } from 'zustand';
import { cellIds, type CellStatus } from '../../notebook/cells.ts';
import { formatBytes, formatEta } from '../../notebook/format.ts';
import { cells } from '../cells/registry.ts';
import { chains, folds, setFolded, staysOpen } from '../chains.ts';
import { goTo } from '../goTo.ts';
import { useNotebook, useResult, useSession, useShownStatus } from '../hooks.ts';
import { notebook, runner } from '../runtime.ts';
import { doneText, progressShare, progressText, ProgressPill } from '../ui/StatePill.tsx';
import { Tip } from '../ui/Tip.tsx';
import './rail.css';

const stateWords: Readonly<Record<CellStatus['state'], string>> = {
  idle: 'not run',
  stale: 'stale',
  queued: 'queued',
  running: 'running',
  done: 'done',
  failed: 'failed',
};

const isStopped = (status: CellStatus): boolean => status.state === 'done' && status.isStopped === true;

function wordsOf(status: CellStatus): string {
  if (status.state === 'stale' && status.word) return status.word.toLowerCase();
  return isStopped(status) ? 'stopped' : stateWords[status.state];
}

/** Title, outline with live figures, run queue, device. */
export function Rail() {
  const folded = useStore(folds, (state) => state.folded);
  const current = useCurrentCell();
  return (
    <div className="rail-inner">
      <TitleField />
      <nav aria-label="Cells">
        {chains.map(({ id: chain, name, members }) => (
          <div key={name} role="group" aria-label={name}>
            <Button
              className="outline-chain"
              aria-expanded={!folded.has(chain)}
              onPress={() => setFolded(chain, !folded.has(chain))}
            >
              {folded.has(chain) ? (
                <ChevronRight size={12} aria-hidden />
              ) : (
                <ChevronDown size={12} aria-hidden />
              )}
              {name}
            </Button>
            <ol className="outline">
              {members
                .filter(({ id }) => !folded.has(chain) || staysOpen(id))
                .map(({ id, title }) => (
                  <OutlineEntry
                    key={id}
                    cell={id}
                    title={title}
                    number={cellIds.indexOf(id) + 1}
                    isCurrent={id === current}
                  />
                ))}
            </ol>
          </div>
        ))}
      </nav>
      <RunQueue />
      <span className="spread" />
      <DeviceBadge />
    </div>
  );
}

function TitleField() {
  const title = useNotebook((state) => state.title);
  return (
    <div className="rail-title">
      <label className="visually-hidden" htmlFor="notebook-title">
        Notebook title
      </label>
      <textarea
        id="notebook-title"
        value={title}
        rows={Math.min(4, Math.max(1, Math.ceil(title.length / 24)))}
        maxLength={200}
        spellCheck={false}
        onChange={(event) => notebook.setTitle(event.target.value.replaceAll('\n', ' '))}
        onBlur={() => {
          if (notebook.store.getState().title.trim() === '') notebook.setTitle('Untitled notebook');
        }}
        onKeyDown={(event) => {
          if (event.key === 'Enter' || event.key === 'Escape') event.currentTarget.blur();
        }}
      />
    </div>
  );
}

function OutlineEntry(props: {
  readonly cell: (typeof cellIds)[number];
  readonly title: string;
  readonly number: number;
  readonly isCurrent: boolean;
}) {
  const { cell, title, number, isCurrent } = props;
  const status = useShownStatus(cell);
  const result = useResult(cell);
  const share = status.state === 'running' && status.progress ? progressShare(status.progress) : null;
  const figure =
    status.state === 'running' ? (share === null ? '…' : doneText(share)) : (result?.headline ?? '');
  return (
    <li>
      <Button
        className="outline-entry"
        onPress={() => goTo(cell)}
        {...(isCurrent ? { 'aria-current': 'true' } : {})}
      >
        <span className={`dot dot-${isStopped(status) ? 'stopped' : status.state}`} aria-hidden />
        <span className="outline-number num" aria-hidden>
          {number}
        </span>
        <span className="outline-words">
          <span className="outline-title" title={title}>
            {title}
          </span>
          <span className="visually-hidden">, {wordsOf(status)},</span>
          {figure !== '' && <span className="outline-figure num">{figure}</span>}
        </span>
      </Button>
    </li>
  );
}

/** What runs and what waits. Empty: not there. */
function RunQueue() {
  const activities = useNotebook((state) => state.activities);
  const waiting = cells.filter(({ id }) => {
    const kind = activities[id]?.kind;
    return kind === 'running' || kind === 'queued';
  });
  if (waiting.length === 0) return null;
  return (
    <section className="rail-section" aria-label="Run queue">
      <h2>Run queue</h2>
      <ul className="queue">
        {waiting.map(({ id, title }) => {
          const activity = activities[id];
          return (
            <li key={id}>
              <span>{title}</span>
              {activity?.kind === 'running' ? (
                <>
                  <ProgressPill progress={activity.progress} etaMs={null} onStop={() => runner.stop(id)} />
                  <span className="small quiet num">
                    {activity.progress ? progressText(activity.progress) : 'Starting'}
                    {activity.etaMs !== null && ` · ${formatEta(activity.etaMs)}`}
                  </span>
                </>
              ) : (
                <span className="small quiet">waiting</span>
              )}
            </li>
          );
        })}
      </ul>
    </section>
  );
}

/** What computes: adapter, memory granted, lowering in use, and why not the GPU. */
function DeviceBadge() {
  const device = useSession((state) => state.device);
  if (!device) return null;
  const Icon = device.lowering === 'webgpu' ? Microchip : Cpu;
  const buffer = device.limits['maxBufferSize'];
  return (
    <Tip text={device.reason ?? `${device.features.length} optional features. Training runs here.`}>
      <Button className="device">
        <Icon size={16} strokeWidth={1.75} aria-hidden />
        <span className="device-text">
          <span className="device-name">{device.name}</span>
          <span className="small quiet num">
            {device.lowering === 'webgpu' ? 'WebGPU' : 'CPU (WebAssembly)'}
            {device.isSoftware && device.lowering === 'webgpu' && ' · software'}
            {device.lowering === 'webgpu' && buffer !== undefined && ` · ${formatBytes(buffer)} buffers`}
          </span>
        </span>
      </Button>
    </Tip>
  );
}

/** The cell at the top third of the window. */
function useCurrentCell(): string {
  const [current, setCurrent] = useState<string>(cellIds[0]);
  useEffect(() => {
    const observer = new IntersectionObserver(
      (entries) => {
        const entering = entries.find(({ isIntersecting }) => isIntersecting);
        if (entering) setCurrent(entering.target.id);
      },
      { rootMargin: '-20% 0px -70% 0px' },
    );
    const watch = () => {
      for (const element of document.querySelectorAll('[data-cell]')) observer.observe(element);
    };
    watch();
    // Cells come later, out of a fold or with another notebook: each is watched from when it stands.
    const column = document.querySelector('.column');
    const changes = new MutationObserver(watch);
    if (column) changes.observe(column, { childList: true });
    return () => {
      changes.disconnect();
      observer.disconnect();
    };
  }, []);
  return current;
}
