import { formatBytes } from '../../../notebook/format.ts';
import { plainWords } from '../../../notebook/plain.ts';
import type { Hyperparameters, MemoryReport } from '../../../services/trainer/contract.ts';
import { Button } from '../../ui/Button.tsx';
import { ErrorPanel, Note } from '../../ui/panels.tsx';
import type { Preflight } from './session.ts';

/** Planned memory as a small stacked bar, with what to change where it does not fit. Keeps its height while planning. */
export function MemoryBar(props: {
  readonly preflight: Preflight;
  readonly onApply: (change: Partial<Hyperparameters>) => void;
  /** Asks for a plan, where one is not made by itself (a hub model's config has to be read first). */
  readonly onPlan: (() => void) | null;
}) {
  const { preflight, onApply, onPlan } = props;
  if (preflight.kind === 'failed') return <ErrorPanel error={preflight.error} />;
  if (preflight.kind === 'none') return onPlan && <PlanButton onPlan={onPlan} />;
  const memory =
    preflight.kind === 'planned' ? preflight.memory : preflight.kind === 'planning' ? preflight.last : null;
  return (
    <div className="memory" role="group" aria-label="Memory">
      <div className="field-head">
        <span className="field-label">Memory</span>
        <span className="small quiet num">
          {memory ? verdict(memory) : 'planned before anything is allocated'}
        </span>
      </div>
      <MemoryStrip memory={memory} isPlanning={preflight.kind === 'planning'} />
      {memory && !memory.fits && (
        <Note tone="warn">
          <p>
            This run needs {formatBytes(memory.totalBytes)}
            {memory.availableBytes !== null && `; the device grants ${formatBytes(memory.availableBytes)}`}.
            {memory.suggestions.length > 0 ? ' What would fit:' : ' Choose a smaller model.'}
          </p>
          <div className="row">
            {memory.suggestions.map(({ change, label, totalBytes }) => (
              <Button key={label} onPress={() => onApply(change)}>
                {label} ({formatBytes(totalBytes)})
              </Button>
            ))}
          </div>
        </Note>
      )}
    </div>
  );
}

function PlanButton({ onPlan }: { readonly onPlan: () => void }) {
  return (
    <div className="row">
      <Button tip="Reads the model’s config.json from its repository" onPress={onPlan}>
        Check memory
      </Button>
    </div>
  );
}

function verdict({ totalBytes, availableBytes, fits }: MemoryReport): string {
  const total = formatBytes(totalBytes);
  if (availableBytes === null) return `${total} · the device does not say what it has`;
  return fits
    ? `${total} of ${formatBytes(availableBytes)} · fits`
    : `${total} of ${formatBytes(availableBytes)} · does not fit`;
}

function MemoryStrip(props: { readonly memory: MemoryReport | null; readonly isPlanning: boolean }) {
  const { memory, isPlanning } = props;
  const categories = memory
    ? Object.entries(memory.byCategory)
        .filter(([, bytes]) => bytes > 0)
        .sort(([, a], [, b]) => b - a)
    : [];
  const whole = Math.max(memory?.totalBytes ?? 1, 1);
  const words = categories.map(([name, bytes]) => `${plainWords(name)} ${formatBytes(bytes)}`).join(', ');
  return (
    <>
      <div
        className="memory-strip"
        role="img"
        aria-label={words || 'No plan yet'}
        data-planning={isPlanning || undefined}
      >
        {categories.map(([name, bytes], at) => (
          <span
            key={name}
            title={`${plainWords(name)}: ${formatBytes(bytes)}`}
            style={{ flexGrow: bytes / whole, background: `var(--plot-${(at % 8) + 1})` }}
          />
        ))}
      </div>
      <ul className="memory-legend small num" aria-hidden>
        {categories.map(([name, bytes], at) => (
          <li key={name}>
            <span className="memory-key" style={{ background: `var(--plot-${(at % 8) + 1})` }} />
            {plainWords(name)} <span className="quiet">{formatBytes(bytes)}</span>
          </li>
        ))}
      </ul>
    </>
  );
}
