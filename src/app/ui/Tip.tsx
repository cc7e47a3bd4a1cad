import { memo, type ReactElement } from 'react';
import { Button, OverlayArrow, Tooltip, TooltipTrigger } from 'react-aria-components';
import { glossary, type GlossaryEntry, type GlossaryTerm } from '../glossary.ts';
import './overlays.css';

/** A short hint on hover or focus of one focusable child. */
export function Tip(props: {
  readonly text: string;
  readonly shortcut?: string | undefined;
  readonly children: ReactElement;
}) {
  return (
    <TooltipTrigger delay={500} closeDelay={80}>
      {props.children}
      <Tooltip className="tip" offset={6}>
        {props.text}
        {props.shortcut && <kbd className="key">{props.shortcut}</kbd>}
      </Tooltip>
    </TooltipTrigger>
  );
}

/**
 * A word with a dotted line under it; hover or focus explains it in plain words with its formula. Costs ten times the number
 * beside it, so it is drawn once.
 */
export const Term = memo(function Term(props: { readonly of: GlossaryTerm; readonly children?: string }) {
  const entry: GlossaryEntry = glossary[props.of];
  return (
    <TooltipTrigger delay={250} closeDelay={80}>
      <Button slot={null} className="term">
        {props.children ?? entry.title}
      </Button>
      <Tooltip className="explain" offset={8} placement="top">
        <OverlayArrow className="explain-arrow">
          <svg width={10} height={6} viewBox="0 0 10 6" aria-hidden>
            <path d="M0 0 L5 6 L10 0" />
          </svg>
        </OverlayArrow>
        <strong>{entry.title}</strong>
        <span>{entry.words}</span>
        {entry.formula && <code>{entry.formula}</code>}
      </Tooltip>
    </TooltipTrigger>
  );
});
