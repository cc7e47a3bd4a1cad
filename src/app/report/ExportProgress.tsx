import { useStore } from 'zustand';
import { ProgressPill } from '../ui/StatePill.tsx';
import { exportJob } from './exportJob.ts';
import './exportProgress.css';

/** The report or picture in the making: what it draws, how far it is, and Stop. Mounted once, outside of what is pictured. */
export function ExportProgress() {
  const job = useStore(exportJob, (state) => state.job);
  if (!job) return null;
  return (
    <section className="export-progress" aria-label={job.name}>
      <span>{job.name}</span>
      <ProgressPill progress={job.progress} etaMs={job.etaMs} onStop={job.stop} />
    </section>
  );
}
