import { Lock } from 'lucide-react';
import { useState } from 'react';
import { commandOf, runCommand } from '../commands.ts';
import { useNotebook } from '../hooks.ts';
import { takeOver } from '../presence.ts';
import { toastError } from '../toasts.ts';
import { Button } from '../ui/Button.tsx';

/** Says that another tab has this notebook, and offers to work here instead. */
export function ReadOnlyBanner() {
  const readOnly = useNotebook((state) => state.readOnly);
  const [isAsking, setAsking] = useState(false);
  if (!readOnly) return null;
  const take = () => {
    setAsking(true);
    takeOver()
      .catch(toastError)
      .finally(() => setAsking(false));
  };
  return (
    <div className="read-only" role="status">
      <Lock size={16} aria-hidden />
      <p>
        <strong>Open in another tab.</strong> You can read here; changes and runs happen there. Taking over
        saves its work first and stops what runs.
      </p>
      <Button onPress={take} isDisabled={isAsking}>
        {isAsking ? 'Taking over…' : 'Work here instead'}
      </Button>
      <Button variant="quiet" onPress={() => runCommand(commandOf('notebook.new'))}>
        New notebook
      </Button>
    </div>
  );
}
