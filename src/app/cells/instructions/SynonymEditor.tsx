import { X } from 'lucide-react';
import { useMemo, useState } from 'react';
import type { TaskCategory } from '../../../core/verbNoun/category.ts';
import {
  dissolveSynonyms,
  groupsOfLabels,
  joinSynonyms,
  nameSynonyms,
  releaseSynonym,
  type SynonymScope,
} from '../../../core/verbNoun/groups.ts';
import { plural } from '../../../notebook/format.ts';
import { useParameters } from '../../hooks.ts';
import { toastError } from '../../toasts.ts';
import { Button, IconButton } from '../../ui/Button.tsx';
import { Select, TextField } from '../../ui/fields.tsx';
import { Output } from '../../ui/Output.tsx';
import { currentInstructions } from './store.ts';
import './instructions.css';

/** Words that count as one: joined by hand, taken apart again, undone like any other setting. */
export function SynonymEditor({ final }: { readonly final: readonly (TaskCategory | null)[] }) {
  const [{ groups }, change] = useParameters('instructions');
  const [scope, setScope] = useState<SynonymScope>('verb');
  const [words, setWords] = useState('');
  const frequent = useMemo(() => {
    const counts = new Map<string, number>();
    for (const category of final) {
      if (!category) continue;
      const word = scope === 'pair' ? `${category.verb}|${category.noun}` : category[scope];
      counts.set(word, (counts.get(word) ?? 0) + 1);
    }
    return [...counts].sort((a, b) => b[1] - a[1]).slice(0, 24);
  }, [final, scope]);

  const join = () => {
    try {
      change({ groups: joinSynonyms(groups, scope, words.split(/[,\s]+/u)) });
      setWords('');
    } catch (error) {
      toastError(error);
    }
  };
  const fromLabels = () => {
    const labels = mergedLabels();
    const merged = groupsOfLabels(labels);
    change({ groups: merged.reduce((now, group) => joinSynonyms(now, 'pair', group.members), groups) });
  };
  const hasMergedLabels = mergedLabels().length > 0;

  return (
    <Output
      name="Synonyms"
      summary={
        groups.length === 0
          ? 'No words are joined.'
          : `${plural(groups.length, 'group')} of words that count as one. The bold word names its group; press another to name it by that.`
      }
    >
      <ul className="synonym-groups">
        {groups.map((group) => (
          // Not its name: the word that was pressed keeps the focus while its group takes it for its name.
          <li key={`${group.scope} ${group.members[0]}`} className="row">
            <span className="small quiet">{group.scope}</span>
            {group.members.map((member) => (
              <span key={member} className="synonym">
                <button
                  type="button"
                  className="synonym-word"
                  aria-pressed={member === group.name}
                  aria-label={`${member} names the group`}
                  title={member === group.name ? undefined : `Let ${member} name the group`}
                  onClick={() => change({ groups: nameSynonyms(groups, group.scope, member) })}
                >
                  {member}
                </button>
                <IconButton
                  icon={X}
                  label={`Take ${member} out`}
                  onPress={() => change({ groups: releaseSynonym(groups, group.scope, member) })}
                />
              </span>
            ))}
            <Button
              variant="quiet"
              onPress={() => change({ groups: dissolveSynonyms(groups, group.scope, group.name) })}
            >
              Take apart
            </Button>
          </li>
        ))}
      </ul>
      <div className="row synonym-form">
        <Select
          label="Join"
          value={scope}
          onChange={setScope}
          width={120}
          options={[
            { value: 'verb', label: 'Verbs' },
            { value: 'noun', label: 'Nouns' },
            { value: 'pair', label: 'Pairs' },
          ]}
        />
        <TextField
          label="Words, the name first"
          value={words}
          onChange={setWords}
          placeholder="create, generate, make"
          width={280}
        />
        <Button onPress={join} isDisabled={words.trim() === ''}>
          Join
        </Button>
        {hasMergedLabels && (
          <Button variant="quiet" onPress={fromLabels}>
            Take the pairs merged in the labels
          </Button>
        )}
      </div>
      <div className="row synonym-words" role="group" aria-label="Frequent words">
        {frequent.map(([word, count]) => (
          <button
            key={word}
            type="button"
            className="synonym-word"
            onClick={() =>
              setWords((now) => (now.trim() === '' ? word : `${now.replace(/[,\s]+$/u, '')}, ${word}`))
            }
          >
            {word} <span className="quiet num">{count}</span>
          </button>
        ))}
      </div>
    </Output>
  );
}

/** Labels in which the file's authors merged pairs; several labels of one row are several tasks, not synonyms. */
function mergedLabels(): string[] {
  const instructions = currentInstructions();
  return (
    instructions?.gold.flatMap((label, row) =>
      label?.includes('##') && !instructions.several.has(row) ? [label] : [],
    ) ?? []
  );
}
