import { useEffect, useState } from 'react';
import { isAbort } from '../../../base/errors.ts';
import { formatNumber } from '../../../notebook/format.ts';
import type { ClassifierCard } from '../../../services/miner/contract.ts';
import { toastError } from '../../toasts.ts';
import { Output } from '../../ui/Output.tsx';
import { minerService } from './store.ts';

/** One text of one's own, answered while it is typed. */
export function TryPanel({ card }: { readonly card: ClassifierCard }) {
  const [text, setText] = useState('');
  const [answer, setAnswer] = useState<{
    readonly text: string;
    readonly probabilities: Float32Array;
  } | null>(null);
  useEffect(() => {
    if (text.trim() === '') return undefined;
    const stop = new AbortController();
    minerService()
      .classify(card.id, [text], stop.signal)
      .then(
        (probabilities) => {
          if (!stop.signal.aborted) setAnswer({ text, probabilities });
        },
        (error: unknown) => {
          if (!isAbort(error)) toastError(error);
        },
      );
    return () => stop.abort();
  }, [text, card.id]);
  const shown = text.trim() === '' || answer?.probabilities.length !== card.labels.length ? null : answer;
  const ranked = card.labels
    .map((label, at) => ({ label, p: shown?.probabilities[at] ?? 0 }))
    .sort((a, b) => (shown ? b.p - a.p : 0))
    .slice(0, 8);
  return (
    <Output name="Try it" summary="Probabilities of one text; they sum to 1 over the classes.">
      <div className="try">
        <textarea
          className="text-input try-text"
          rows={2}
          aria-label="A text to classify"
          placeholder="Type or paste a text"
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
        <ul className="try-bars" aria-label="Probabilities">
          {ranked.map(({ label, p }) => (
            <li key={label} className="evidence-line">
              <span className="evidence-name">{label}</span>
              <span className="evidence-track" aria-hidden>
                <span className="evidence-bar" style={{ width: `${(100 * p).toFixed(1)}%` }} />
              </span>
              <span className="num small">{shown ? formatNumber(p, 2) : '–'}</span>
            </li>
          ))}
        </ul>
      </div>
    </Output>
  );
}
