import { useEffect, useMemo, useState } from 'react';
import { isAbort, toWire, type ErrorWire } from '../../../base/errors.ts';
import { occlusionEffects } from '../../../core/attribution/occlusion.ts';
import { rowProbabilities, type ModelCalibration } from '../../../core/calibration/modelCalibration.ts';
import { formatNumber } from '../../../notebook/format.ts';
import { Select } from '../../ui/fields.tsx';
import { Note } from '../../ui/panels.tsx';
import { explain, type Explanation } from './explain.ts';
import { probabilitiesOf, type Answers } from './answers.ts';

/** Labels on offer, the likeliest first. */
const offered = 12;
/** Words that are named in the sentence beneath. */
const named = 3;

/** Which words of one text speak for or against a label. */
export function Attribution(props: {
  readonly answers: Answers;
  readonly scale: ModelCalibration | null;
  readonly row: number;
}) {
  const { answers, scale, row } = props;
  const { run, logits } = answers;
  const labels = run.labels.length;
  const ranked = useMemo(
    () =>
      Array.from({ length: labels }, (_, label) => label)
        .sort((a, b) => (logits[row * labels + b] as number) - (logits[row * labels + a] as number))
        .slice(0, offered),
    [logits, labels, row],
  );
  const probabilities = probabilitiesOf(answers, row, scale);
  const [label, setLabel] = useState(ranked[0] ?? 0);
  const [explanation, setExplanation] = useState<Explanation | null>(null);
  const [error, setError] = useState<ErrorWire | null>(null);
  useEffect(() => {
    const stop = new AbortController();
    explain(answers, row, stop.signal).then(setExplanation, (cause: unknown) => {
      if (!isAbort(cause)) setError(toWire(cause));
    });
    return () => stop.abort();
    // oxlint-disable-next-line react/exhaustive-deps -- later batches change the object, not this row's tokens
  }, [answers.tokens, row]);

  return (
    <div className="stack">
      <div className="row">
        <Select
          label="Words that speak for"
          value={String(label)}
          onChange={(chosen) => setLabel(Number(chosen))}
          width={280}
          options={ranked.map((each) => ({
            value: String(each),
            label: `${run.labels[each] ?? each} · ${formatNumber(probabilities[each] ?? Number.NaN, 2)}`,
          }))}
        />
      </div>
      {error ? (
        <Note tone="warn">
          <p>
            <strong>{error.message}</strong> {error.remedy}
          </p>
        </Note>
      ) : explanation ? (
        <Words
          explanation={explanation}
          labels={labels}
          label={label}
          name={run.labels[label] ?? ''}
          scale={scale}
        />
      ) : (
        <p className="quiet" role="status">
          Asking the model about the text without each word…
        </p>
      )}
    </div>
  );
}

function Words(props: {
  readonly explanation: Explanation;
  readonly labels: number;
  readonly label: number;
  readonly name: string;
  readonly scale: ModelCalibration | null;
}) {
  const { explanation, labels, label, name, scale } = props;
  const { units, logits, wordsTogether } = explanation;
  const effects = useMemo(() => occlusionEffects(logits, labels, label), [logits, labels, label]);
  const largest = effects.reduce((most, effect) => Math.max(most, Math.abs(effect)), 1e-9);
  const without = useMemo(
    () =>
      units.map((_, unit) => {
        const row = logits.subarray((unit + 1) * labels, (unit + 2) * labels);
        return rowProbabilities(row, scale)[label] as number;
      }),
    [units, logits, labels, label, scale],
  );
  const order = Array.from(effects.keys()).sort((a, b) => (effects[b] as number) - (effects[a] as number));
  const sentence = (list: readonly number[]) =>
    list.map((unit) => `“${units[unit]?.text ?? ''}” (${signed(effects[unit] as number)})`).join(', ');
  const pro = order.filter((unit) => (effects[unit] as number) > 0).slice(0, named);
  const contra = order
    .toReversed()
    .filter((unit) => (effects[unit] as number) < 0)
    .slice(0, named);
  if (units.length === 0) return <p className="quiet">The tokenizer left no word of this text.</p>;
  return (
    <>
      <p className="attribution">
        {units.map(({ text, start }, unit) => {
          const effect = effects[unit] as number;
          const strength = Math.round((Math.abs(effect) / largest) * 40);
          return (
            <span
              key={start}
              className={`attribution-word ${effect >= 0 ? 'attribution-for' : 'attribution-against'}`}
              style={{ '--strength': `${strength}%` } as React.CSSProperties}
              title={`${signed(effect)} to the logit; ${formatNumber(without[unit] as number, 2)} without it`}
            >
              {text}
            </span>
          );
        })}
      </p>
      <p className="small">
        <strong>For {name}:</strong> {sentence(pro) || 'no word'}. <strong>Against:</strong>{' '}
        {sentence(contra) || 'no word'}.
      </p>
      <p className="small quiet">
        Occlusion: {wordsTogether > 1 ? `every ${wordsTogether} words together are` : 'each word is'} left out
        in turn, and the change of the label’s logit is what it adds; dotted underlines speak against. Words
        that say the same cover for each other.
      </p>
    </>
  );
}

const signed = (value: number) => `${value >= 0 ? '+' : '−'}${formatNumber(Math.abs(value), 2)}`;
