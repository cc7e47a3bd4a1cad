import type { ReactNode } from 'react';
import type { GlossaryTerm } from '../glossary.ts';
import { Term } from './Tip.tsx';
import './output.css';

export interface FigureProps {
  readonly label: string;
  /** Formatted; null reserves the space until there is one. */
  readonly value: string | null;
  readonly unit?: string;
  /** What it has to be read against, e.g. `0.967 predicting nothing`. */
  readonly baseline?: ReactNode;
  readonly term?: GlossaryTerm;
  readonly tone?: 'good' | 'warn' | 'bad';
}

/** A headline number with its baseline beneath. Put several into a `FigureRow`. */
export function Figure({ label, value, unit, baseline, term, tone }: FigureProps) {
  return (
    <div className={`figure${tone ? ` figure-${tone}` : ''}`}>
      <dt className="figure-label">{term ? <Term of={term}>{label}</Term> : label}</dt>
      <dd className="figure-body">
        <span className="figure-value num">
          {value ?? '–'}
          {unit && value !== null && <span className="figure-unit"> {unit}</span>}
        </span>
        <span className="figure-baseline num">{baseline ?? ' '}</span>
      </dd>
    </div>
  );
}

export function FigureRow(props: { readonly children: ReactNode }) {
  return <dl className="figures">{props.children}</dl>;
}
