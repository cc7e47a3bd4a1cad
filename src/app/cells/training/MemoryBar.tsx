import { formatBytes } from '../../../notebook/format.ts';
import { plainWords } from '../../../notebook/plain.ts';
import { memoryWords } from '../../../models/memoryMode.ts';
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
      {memory?.verdict === 'tried-at-start' && (
        <p className="small quiet">
          This adapter does not say how much memory it has: everything is allocated before the first step, and
          {memory.plans
            ? ' a refusal goes on to a leaner plan.'
            : ' a refusal stops the run there with nothing lost.'}
          {memory.largestBufferBytes !== null &&
            ` The plan keeps to its largest buffer, ${formatBytes(memory.largestBufferBytes)}.`}
        </p>
      )}
      {memory?.plans && <PlanTable plans={memory.plans} onApply={onApply} />}
      {memory && (memory.verdict === 'does-not-fit' || memory.verdict === 'doubtful') && (
        <Note tone="warn">
          <p>{shortfall(memory)}</p>
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

/** Every way to spend memory at these settings, from the fastest to the leanest; pressing one takes it. */
function PlanTable(props: {
  readonly plans: NonNullable<MemoryReport['plans']>;
  readonly onApply: (change: Partial<Hyperparameters>) => void;
}) {
  return (
    <details className="memory-plans small">
      <summary>Plans: memory against time</summary>
      <table className="num">
        <thead>
          <tr>
            <th scope="col">Plan</th>
            <th scope="col">Tokens a pass</th>
            <th scope="col">Memory</th>
            <th scope="col">Time (estimate)</th>
            <th scope="col">
              <span className="visually-hidden">Choose</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {props.plans.map(({ memory, budgetTokens, totalBytes, relativeTime, fits, isTaken }) => {
            const words = memoryWords(memory);
            return (
              <tr key={`${words} ${budgetTokens}`} data-taken={isTaken || undefined}>
                <th scope="row">{words}</th>
                <td>{budgetTokens}</td>
                <td>{formatBytes(totalBytes)}</td>
                <td>× {relativeTime.toFixed(2)}</td>
                <td>
                  {isTaken ? (
                    'taken by Automatic'
                  ) : fits ? (
                    <Button onPress={() => props.onApply({ memory, budgetTokens })}>
                      Take
                      <span className="visually-hidden">
                        : {words}, {budgetTokens} tokens a pass
                      </span>
                    </Button>
                  ) : (
                    'does not fit'
                  )}
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </details>
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
  if (availableBytes === null) return `${total} planned · tried before training starts`;
  return fits
    ? `${total} of ${formatBytes(availableBytes)} · fits`
    : `${total} of ${formatBytes(availableBytes)} · does not fit`;
}

/** What speaks against the plan, and what follows. */
function shortfall({ totalBytes, availableBytes, machineBytes, suggestions }: MemoryReport): string {
  const needs = `This run needs ${formatBytes(totalBytes)}`;
  if (availableBytes !== null)
    return `${needs}; the device grants ${formatBytes(availableBytes)}. ${suggestions.length > 0 ? 'What would fit:' : 'Choose a smaller model.'}`;
  return `${needs}; this machine has at most ${formatBytes(machineBytes ?? 0)} of main memory, as the browser tells it. A graphics adapter with memory of its own may have more: the run can be tried.${suggestions.length > 0 ? ' What needs less:' : ''}`;
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
