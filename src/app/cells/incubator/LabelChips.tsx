import { Plus, RotateCcw, X } from 'lucide-react';
import { useState } from 'react';
import { parseLabels } from '../../../core/incubator/labels.ts';
import type { IncubatorParameters } from '../../../notebook/parameters.ts';
import { Button, IconButton } from '../../ui/Button.tsx';
import { labelsOf } from './task.ts';

const ways = {
  quotes: 'what stands in quotes',
  list: 'the list in the instruction',
  whether: 'what comes after “whether”',
  none: 'nothing found yet: put the classes in quotes, or add them here',
} as const;

/** Classes as the instruction names them, until they are edited. */
export function LabelChips(props: {
  readonly parameters: IncubatorParameters;
  readonly change: (patch: Partial<IncubatorParameters>) => void;
}) {
  const { parameters, change } = props;
  const [typed, setTyped] = useState('');
  const labels = labelsOf(parameters);
  const isOwn = parameters.labels !== null;
  const add = () => {
    const label = typed.trim();
    if (label !== '' && !labels.includes(label)) change({ labels: [...labels, label] });
    setTyped('');
  };
  return (
    <div className="incubator-labels" role="group" aria-label="Classes">
      <span className="field-label">Classes</span>
      {labels.map((label) => (
        <span key={label} className="incubator-chip">
          {label}
          <IconButton
            icon={X}
            label={`Remove class ${label}`}
            onPress={() => change({ labels: labels.filter((one) => one !== label) })}
          />
        </span>
      ))}
      <input
        className="text-input incubator-new-label"
        aria-label="New class"
        placeholder="New class"
        value={typed}
        maxLength={200}
        onChange={(event) => setTyped(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === 'Enter') add();
        }}
      />
      <IconButton icon={Plus} label="Add class" isDisabled={typed.trim() === ''} onPress={add} />
      {isOwn ? (
        <Button variant="quiet" icon={RotateCcw} onPress={() => change({ labels: null })}>
          Take from the instruction
        </Button>
      ) : (
        <span className="small quiet">{ways[parseLabels(parameters.instruction).how]}</span>
      )}
    </div>
  );
}
