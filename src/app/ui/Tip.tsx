import { memo, type ReactElement, use, useMemo } from 'react';
import {
  Button,
  OverlayArrow,
  Tooltip,
  type TooltipProps,
  TooltipTrigger,
  TooltipTriggerStateContext,
} from 'react-aria-components';
import { glossary, type GlossaryEntry, type GlossaryTerm } from '../glossary.ts';
import './overlays.css';

/**
 * A tooltip that leaves for good. React Aria 1.22 takes one that another replaces off the page at once but remembers it as
 * leaving, and puts it back, in a corner and for ever, when its trigger is left (adobe/react-spectrum#10496). Here every one
 * leaves in the usual way, which ends in the same frame (overlays.css); only arriving may be at once.
 */
function Bubble(props: TooltipProps) {
  const state = use(TooltipTriggerStateContext);
  const leaving = useMemo(
    () => state && { ...state, shouldSkipAnimation: state.isOpen && state.shouldSkipAnimation },
    [state],
  );
  return (
    <TooltipTriggerStateContext value={leaving}>
      <Tooltip {...props} />
    </TooltipTriggerStateContext>
  );
}

/** A short hint on hover or focus of one focusable child. */
export function Tip(props: {
  readonly text: string;
  readonly shortcut?: string | undefined;
  readonly children: ReactElement;
}) {
  return (
    <TooltipTrigger delay={500} closeDelay={80}>
      {props.children}
      <Bubble className="tip" offset={6}>
        {props.text}
        {props.shortcut && <kbd className="key">{props.shortcut}</kbd>}
      </Bubble>
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
      <Bubble className="explain" offset={8} placement="top">
        <OverlayArrow className="explain-arrow">
          <svg width={10} height={6} viewBox="0 0 10 6" aria-hidden>
            <path d="M0 0 L5 6 L10 0" />
          </svg>
        </OverlayArrow>
        <strong>{entry.title}</strong>
        <span>{entry.words}</span>
        {entry.formula && <code>{entry.formula}</code>}
      </Bubble>
    </TooltipTrigger>
  );
});
