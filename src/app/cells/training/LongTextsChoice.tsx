import { useMemo } from 'react';
import { formatCount, plural } from '../../../notebook/format.ts';
import type { NotebookParameters } from '../../../notebook/parameters.ts';
import { segmentLengthOf } from '../../../training/hyperparameters.ts';
import { useParameters, useSession } from '../../hooks.ts';
import { NumberField, Select } from '../../ui/fields.tsx';
import { OptionalNumberField } from '../../ui/OptionalNumberField.tsx';
import { Note } from '../../ui/panels.tsx';
import { isRecurrent } from './models.ts';

type Settings = NotebookParameters['training']['hyperparameters'];

/** How texts longer than a segment are read; only where the model may be one that can (a foreign one is refused when it is opened). */
export function LongTextsChoice(props: {
  readonly settings: Settings;
  readonly onChange: (patch: Partial<Settings>) => void;
  readonly isDisabled: boolean;
}) {
  const { settings, onChange, isDisabled } = props;
  const [{ model }] = useParameters('text');
  const segment = segmentLengthOf(settings);
  const isXlnet = isRecurrent(model) !== false || settings.longTexts === 'recurrence';
  return (
    <>
      <Select
        label="Long texts"
        value={settings.longTexts ?? 'truncate'}
        onChange={(longTexts) => onChange({ longTexts })}
        isDisabled={isDisabled}
        options={[
          {
            value: 'truncate',
            label: 'In one piece',
            description: 'Up to the length limit of the text cell; attention grows with the square of it.',
          },
          {
            value: 'windows',
            label: 'In windows',
            description:
              'Overlapping pieces, each a text of its own; an epoch trains on one a record, all are judged.',
          },
          ...(isXlnet
            ? [
                {
                  value: 'recurrence' as const,
                  label: 'In segments',
                  description:
                    'XLNet’s memory: each segment sees the one before it; the last one is trained.',
                },
              ]
            : []),
        ]}
      />
      {segment !== null && (
        <NumberField
          label={settings.longTexts === 'windows' ? 'Window length' : 'Segment length'}
          value={segment}
          onChange={(segmentLength) => onChange({ segmentLength })}
          min={16}
          max={2048}
          step={1}
          isDisabled={isDisabled}
        />
      )}
      {settings.longTexts === 'windows' && (
        <>
          <OptionalNumberField
            label="Window stride"
            value={settings.windowStride ?? null}
            onChange={(stride) => onChange({ windowStride: stride ?? undefined })}
            emptyText="half a window"
            min={1}
            step={1}
            isDisabled={isDisabled}
          />
          <Select
            label="Pool windows by"
            value={settings.windowPooling ?? 'mean'}
            onChange={(windowPooling) => onChange({ windowPooling })}
            isDisabled={isDisabled}
            options={[
              { value: 'mean', label: 'Mean' },
              { value: 'max', label: 'Maximum', description: 'A label is where any window has it.' },
            ]}
          />
        </>
      )}
    </>
  );
}

/** What reading in segments means for the records at hand; nothing where texts are read in one piece. */
export function LongTextsNote({ settings }: { readonly settings: Settings }) {
  const [{ model, maxLength }] = useParameters('text');
  const tokens = useSession((state) => state.tokens);
  const segment = segmentLengthOf(settings);
  const longer = useMemo(() => {
    if (segment === null || !tokens) return null;
    const { offsets } = tokens;
    let count = 0;
    for (let row = 0; row + 1 < offsets.length; row++)
      if ((offsets[row + 1] as number) - (offsets[row] as number) > segment) count++;
    return count;
  }, [segment, tokens]);
  if (segment === null) return null;
  if (settings.longTexts === 'recurrence' && isRecurrent(model) === false)
    return (
      <Note tone="bad">
        <p>Only XLNet reads texts in segments. Choose an XLNet model, or set Long texts to “In one piece”.</p>
      </Note>
    );
  if (maxLength <= segment)
    return (
      <Note tone="warn">
        <p>
          No text is longer than a {settings.longTexts === 'windows' ? 'window' : 'segment'} of{' '}
          {formatCount(segment)} tokens: raise the length limit of the text cell, or choose shorter ones.
        </p>
      </Note>
    );
  if (settings.longTexts === 'windows')
    return (
      <Note>
        <p>
          {longer === null
            ? `Records of more than ${formatCount(segment)} tokens are read in windows`
            : `${plural(longer, 'record')} of more than ${formatCount(segment)} tokens ${longer === 1 ? 'is' : 'are'} read in windows`}
          : an epoch trains on one window of each, drawn anew; evaluations pool the logits of all its windows.
        </p>
      </Note>
    );
  return (
    <Note>
      <p>
        {longer === null
          ? `Texts of more than ${formatCount(segment)} tokens are read in segments`
          : `${plural(longer, 'record')} of more than ${formatCount(segment)} tokens ${longer === 1 ? 'is' : 'are'} read in segments`}
        : the earlier ones forward only, without dropout, the last one trained with {formatCount(segment)}{' '}
        rows of memory in each layer.
      </p>
    </Note>
  );
}
