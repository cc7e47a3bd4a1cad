import { CircleAlert, Info, TriangleAlert, X, CircleCheck, type LucideIcon } from 'lucide-react';
import { useState, type ReactNode } from 'react';
import { useStore } from 'zustand';
import type { ErrorWire } from '../../base/errors.ts';
import { copyText } from '../files.ts';
import { dismissToast, toast, toasts } from '../toasts.ts';
import { Button, IconButton } from './Button.tsx';
import './output.css';
import './overlays.css';

export interface PanelAction {
  readonly label: string;
  readonly run: () => void;
}

/** What happened, what to do, and a button that does it. The cell's last good output stays below. */
export function ErrorPanel(props: {
  readonly error: ErrorWire;
  readonly action?: PanelAction | undefined;
  readonly onDismiss?: (() => void) | undefined;
  /** What stands below it all the same. */
  readonly kept?: string | undefined;
}) {
  const { error, action, onDismiss, kept } = props;
  const [shown, setShown] = useState(false);
  const details = Object.keys(error.details).length > 0 ? JSON.stringify(error.details, null, 2) : '';
  return (
    <div className="note note-bad" role="alert">
      <CircleAlert size={16} aria-hidden />
      <div className="note-body">
        <p>
          <strong>{error.message}</strong>
        </p>
        <p>{error.remedy}</p>
        {kept && <p className="small">{kept}</p>}
        <div className="row">
          {action && <Button onPress={action.run}>{action.label}</Button>}
          <Button variant="quiet" onPress={() => setShown(!shown)}>
            {shown ? 'Hide details' : 'Details'}
          </Button>
        </div>
        {shown && (
          <pre className="note-details" tabIndex={0}>
            {error.code}
            {details && `\n${details}`}
          </pre>
        )}
      </div>
      {onDismiss && <IconButton icon={X} label="Dismiss" onPress={onDismiss} />}
    </div>
  );
}

/** A remark that belongs beside the numbers: a warning sign, a condition, a tip. */
export function Note(props: {
  readonly tone?: 'info' | 'warn' | 'bad' | 'good';
  readonly children: ReactNode;
  readonly action?: PanelAction | undefined;
}) {
  const { tone = 'info', children, action } = props;
  const Icon = { info: Info, warn: TriangleAlert, bad: CircleAlert, good: CircleCheck }[tone];
  return (
    <div className={`note note-${tone}`}>
      <Icon size={16} aria-hidden />
      <div className="note-body">{children}</div>
      {action && <Button onPress={action.run}>{action.label}</Button>}
    </div>
  );
}

/** An empty cell teaches: what goes in, a sample to try, what comes out. */
export function EmptyState(props: {
  readonly icon: LucideIcon;
  readonly title: string;
  readonly children: ReactNode;
  readonly actions?: ReactNode;
}) {
  const Icon = props.icon;
  return (
    <div className="empty">
      <Icon size={20} strokeWidth={1.5} aria-hidden />
      <div className="stack">
        <p className="empty-title">{props.title}</p>
        <div className="prose quiet">{props.children}</div>
        {props.actions && <div className="row">{props.actions}</div>}
      </div>
    </div>
  );
}

/** What was said in passing, in a polite live region. Mounted once, by the shell. */
export function Toasts() {
  const list = useStore(toasts, (state) => state.list);
  return (
    <div className="toasts" role="status" aria-live="polite">
      {list.map(({ id, message, tone, action }) => (
        <div key={id} className={`toast toast-${tone}`}>
          {tone === 'bad' && <CircleAlert size={16} aria-hidden />}
          {tone === 'good' && <CircleCheck size={16} aria-hidden />}
          <span>{message}</span>
          {action && (
            <Button
              variant="quiet"
              onPress={() => {
                dismissToast(id);
                action.run();
              }}
            >
              {action.label}
            </Button>
          )}
          <IconButton icon={X} label="Dismiss" onPress={() => dismissToast(id)} />
        </div>
      ))}
    </div>
  );
}

/** Small type that is copied when pressed. */
export function CopyLine(props: {
  readonly text: string;
  readonly children?: ReactNode;
  readonly what: string;
}) {
  return (
    <button
      type="button"
      className="copy-line num"
      title={`Copy ${props.what}`}
      onClick={() =>
        void copyText(props.text).then((copied) =>
          toast(copied ? `Copied ${props.what}.` : 'The browser did not allow copying.', {
            tone: copied ? 'good' : 'bad',
          }),
        )
      }
    >
      {props.children ?? props.text}
    </button>
  );
}
