import { useEffect, useRef } from 'react';
import type { Concept } from '../../../core/mining/concepts.ts';
import { toastError } from '../../toasts.ts';
import type { FormulaEditorHandle } from './codeMirror.ts';

export interface FormulaEditorProps {
  readonly value: string;
  readonly concepts: readonly Concept[];
  readonly onChange: (value: string) => void;
  /** Enter, while no completion is open. */
  readonly onSubmit: () => void;
  /** Told once the editor stands, and null when it goes. */
  readonly onMount: (editor: FormulaEditorHandle | null) => void;
}

/** The formula with completion and faults underlined. CodeMirror is fetched when the editor is first shown. */
export function FormulaEditor(props: FormulaEditorProps) {
  const { value, concepts } = props;
  const place = useRef<HTMLDivElement>(null);
  const editor = useRef<FormulaEditorHandle | null>(null);
  const latest = useRef(props);
  useEffect(() => {
    latest.current = props;
  });
  useEffect(() => {
    let isGone = false;
    const change = (next: string) => latest.current.onChange(next);
    const submit = () => latest.current.onSubmit();
    const mount = ({ mountFormulaEditor }: typeof import('./codeMirror.ts')) => {
      if (isGone || !place.current) return;
      const { value: first, concepts: known } = latest.current;
      const options = { value: first, concepts: known, onChange: change, onSubmit: submit };
      editor.current = mountFormulaEditor(place.current, options);
      latest.current.onMount(editor.current);
    };
    import('./codeMirror.ts').then(mount).catch(toastError);
    return () => {
      isGone = true;
      editor.current?.destroy();
      editor.current = null;
      latest.current.onMount(null);
    };
  }, []);
  useEffect(() => editor.current?.set(value), [value]);
  useEffect(() => editor.current?.setConcepts(concepts), [concepts]);
  return <div ref={place} className="formula-editor" />;
}
