import { RefreshCw } from 'lucide-react';
import { useEffect, useMemo, useState } from 'react';
import { toWire, type ErrorWire } from '../../../base/errors.ts';
import type { CleanedText } from '../../../core/text/steps.ts';
import { random } from '../../../base/random.ts';
import { plural } from '../../../notebook/format.ts';
import { useParameters, useSession } from '../../hooks.ts';
import { selectionNow } from '../../selection.ts';
import { corpusService, textService } from '../../services.ts';
import { Button } from '../../ui/Button.tsx';
import { Switch } from '../../ui/fields.tsx';
import { Output } from '../../ui/Output.tsx';
import { Note } from '../../ui/panels.tsx';
import { stepNames } from './steps.ts';
import { loadTokenizer } from './tokenizers.ts';

const exampleCount = 3;

interface Example {
  readonly before: string;
  readonly after: string;
  /** After each step that is on. */
  readonly trace: readonly CleanedText[];
  readonly tokens: readonly string[] | null;
}

/** A few kept records before and after cleaning, cut into tokens. The tokenizer of a hub model is not fetched for this. */
export function Examples() {
  const corpus = useSession((state) => state.corpus);
  const [labels] = useParameters('labels');
  const [{ cleaning, model }] = useParameters('text');
  const [draw, setDraw] = useState(0);
  const [showsSteps, setShowsSteps] = useState(false);
  const [examples, setExamples] = useState<readonly Example[] | null>(null);
  const [error, setError] = useState<ErrorWire | null>(null);

  // Drawn from the kept records, but held while the threshold moves.
  const rows = useMemo(() => {
    try {
      const selection = selectionNow();
      if (!selection || selection.rowIds.length === 0) return null;
      const dice = random(draw, 0x657861);
      return Uint32Array.from(
        { length: exampleCount },
        () => selection.rowIds[dice.integer(selection.rowIds.length)] ?? 0,
      );
    } catch {
      return null;
    }
    // eslint-disable-next-line react-hooks/exhaustive-deps -- see above
  }, [corpus, draw, labels.pinned, labels.excluded]);

  useEffect(() => {
    if (!rows) return;
    let alive = true;
    const work = async () => {
      const before = await corpusService().texts(rows);
      const traces = await textService().trace(before, cleaning);
      const after = before.map((text, i) => traces[i]?.at(-1)?.text ?? text);
      const tokenizer = model.kind === 'hub' ? null : await loadTokenizer(model).catch(() => null);
      const tokens = tokenizer
        ? await Promise.all(after.map((text) => textService().tokenize(text, tokenizer)))
        : [];
      if (!alive) return;
      setExamples(
        before.map((text, i) => ({
          before: text,
          after: after[i] ?? '',
          trace: traces[i] ?? [],
          tokens: tokens[i]?.tokens ?? null,
        })),
      );
      setError(null);
    };
    work().catch((cause: unknown) => {
      if (alive) setError(toWire(cause));
    });
    return () => {
      alive = false;
    };
  }, [rows, cleaning, model]);

  const stepsOn = Object.values(cleaning).filter(Boolean).length;
  const isCleaning = stepsOn > 0;
  return (
    <Output
      name="Examples"
      summary={isCleaning ? 'Before, after cleaning, and as tokens' : 'As they are, and as tokens'}
      tools={
        <>
          {stepsOn > 1 && <Switch label="Step by step" value={showsSteps} onChange={setShowsSteps} />}
          <Button variant="quiet" icon={RefreshCw} onPress={() => setDraw(draw + 1)}>
            Other records
          </Button>
        </>
      }
    >
      {error && (
        <Note tone="warn">
          <p>
            {error.message} {error.remedy}
          </p>
        </Note>
      )}
      <div className="examples">
        {(examples ?? Array.from({ length: exampleCount }, () => null)).map((example, i) => (
          // Places, not records: the same three boxes are filled again.
          // eslint-disable-next-line react/no-array-index-key
          <article key={i} className="example">
            <p className={isCleaning ? 'example-before' : ''}>{example?.before ?? ' '}</p>
            {example && stepsOn > 1 && showsSteps ? (
              <StepByStep example={example} />
            ) : (
              isCleaning && <p>{example?.after || <span className="quiet">nothing left</span>}</p>
            )}
            {example?.tokens && (
              <p className="tokens" aria-label={plural(example.tokens.length, 'token')}>
                {example.tokens.map((token, at) => (
                  // eslint-disable-next-line react/no-array-index-key -- a token may stand twice
                  <span key={at} className="token mono">
                    {token.replaceAll('▁', '␣')}
                  </span>
                ))}
                <span className="small quiet num">{plural(example.tokens.length, 'token')}</span>
              </p>
            )}
          </article>
        ))}
      </div>
    </Output>
  );
}

/** What each step leaves of a record, and which of them find nothing to do. */
function StepByStep({ example: { before, trace } }: { readonly example: Example }) {
  return (
    <ol className="example-steps">
      {trace.map(({ step, text }, i) => (
        <li key={step}>
          <span className="small quiet">{stepNames[step]}</span>
          {text === (trace[i - 1]?.text ?? before) ? (
            <span className="quiet">changes nothing</span>
          ) : (
            <p>{text || <span className="quiet">nothing left</span>}</p>
          )}
        </li>
      ))}
    </ol>
  );
}
