import { FileInput } from 'lucide-react';
import { useEffect, useState } from 'react';
import { acceptDropped, filesOf } from '../drop.ts';
import { toastError } from '../toasts.ts';
import './pageDrop.css';

/** The whole page is a drop zone: notebooks, data files and model folders go where they belong. */
export function PageDrop() {
  const [isOver, setIsOver] = useState(false);
  useEffect(() => {
    // Enter and leave fire for every element on the way: count them.
    let depth = 0;
    const carriesFiles = (event: DragEvent) => event.dataTransfer?.types.includes('Files') ?? false;
    const enter = (event: DragEvent) => {
      if (!carriesFiles(event)) return;
      depth++;
      setIsOver(true);
    };
    const leave = (event: DragEvent) => {
      if (!carriesFiles(event)) return;
      depth = Math.max(0, depth - 1);
      if (depth === 0) setIsOver(false);
    };
    const over = (event: DragEvent) => {
      if (!carriesFiles(event)) return;
      event.preventDefault();
      if (event.dataTransfer) event.dataTransfer.dropEffect = 'copy';
    };
    const drop = (event: DragEvent) => {
      if (!carriesFiles(event) || !event.dataTransfer) return;
      event.preventDefault();
      depth = 0;
      setIsOver(false);
      filesOf(event.dataTransfer).then(acceptDropped).catch(toastError);
    };
    addEventListener('dragenter', enter);
    addEventListener('dragleave', leave);
    addEventListener('dragover', over);
    addEventListener('drop', drop);
    return () => {
      removeEventListener('dragenter', enter);
      removeEventListener('dragleave', leave);
      removeEventListener('dragover', over);
      removeEventListener('drop', drop);
    };
  }, []);
  if (!isOver) return null;
  return (
    <div className="page-drop" aria-hidden>
      <div className="page-drop-card">
        <FileInput size={28} strokeWidth={1.5} />
        <strong>Drop to open</strong>
        <span className="quiet">
          Data (CSV, TSV, JSON, JSONL, XML, Parquet, zip, a folder), a notebook, or a model folder
        </span>
      </div>
    </div>
  );
}
