import type { ReactNode } from 'react';
import { plural } from '../../notebook/format.ts';
import type { KeptTemplate } from '../../notebook/keptExperiments/types.ts';
import { Button } from '../ui/Button.tsx';
import './keptExperiments.css';

/** Questions that can be asked: each with its button, or with what it lacks. */
export function Templates<Id extends string, Facts>(props: {
  readonly templates: readonly (KeptTemplate & {
    readonly id: Id;
    readonly lacks: (facts: Facts) => string | null;
    readonly variants: (facts: Facts) => readonly unknown[];
  })[];
  /** Null where there is nothing to experiment with: `missing` says so. */
  readonly facts: Facts | null;
  readonly missing: string;
  readonly onRun: (id: Id) => void;
  /** What the questions rest on. */
  readonly intro?: ReactNode;
  /** Beside a question's button. */
  readonly extras?: Readonly<Partial<Record<Id, ReactNode>>>;
}) {
  const { templates, facts, missing, onRun, intro, extras } = props;
  return (
    <div className="lab-templates">
      <p className="small quiet">{facts === null ? missing : intro}</p>
      <ul className="lab-list">
        {templates.map(({ id, title, question, lacks, variants }) => {
          const lack = facts === null ? null : lacks(facts);
          const count = facts !== null && lack === null ? variants(facts).length : null;
          return (
            <li key={id} className="lab-template" aria-label={title}>
              <div>
                <h3>{title}</h3>
                <p className="small quiet">{question}</p>
                {lack && <p className="small">{lack}</p>}
              </div>
              {extras?.[id]}
              <Button isDisabled={count === null} onPress={() => onRun(id)}>
                {count === null ? 'Run' : `Run ${plural(count, 'variant')}`}
              </Button>
            </li>
          );
        })}
      </ul>
    </div>
  );
}
