import { useEffect, useId, useRef, type ReactNode } from 'react';
import { registerOutput, type OutputExport } from '../report/outputs.ts';
import { ActionMenu } from './Menu.tsx';
import type { MenuAction } from './menuAction.ts';
import './output.css';

export interface OutputProps {
  readonly name: string;
  /** One line that says what the output shows, in words and numbers. */
  readonly summary?: ReactNode;
  /** PNG, SVG, CSV, copy. */
  readonly actions?: readonly MenuAction[];
  /** Beside the menu: a search field, a switch. */
  readonly tools?: ReactNode;
  /** What a report takes from it. */
  readonly exports?: Omit<OutputExport, 'name'>;
  /** May break out of the text column on a wide page. */
  readonly isWide?: boolean;
  readonly children: ReactNode;
}

/** Heading, one-line summary and menu around a plot, a table or anything else that a cell puts out. */
export function Output(props: OutputProps) {
  const { name, summary, actions, tools, exports, isWide = false, children } = props;
  const id = useId();
  const section = useRef<HTMLElement>(null);
  const latest = useRef<OutputExport>({ name });
  useEffect(() => {
    latest.current = { name, ...exports };
  });
  useEffect(() => {
    const element = section.current;
    return element ? registerOutput(element, () => latest.current) : undefined;
  }, []);
  return (
    <section ref={section} className={`output${isWide ? ' output-wide' : ''}`} aria-labelledby={id}>
      <header className="output-head">
        <div className="output-title">
          <h3 id={id} className="sub">
            {name}
          </h3>
          {summary && <p className="small quiet num">{summary}</p>}
        </div>
        {(tools || (actions && actions.length > 0)) && (
          <div className="output-tools">
            {tools}
            {actions && actions.length > 0 && <ActionMenu label={`${name}: export`} actions={actions} />}
          </div>
        )}
      </header>
      {children}
    </section>
  );
}
