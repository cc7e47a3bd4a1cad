import { memo, useState } from 'react';
import type { DecisionThreshold } from '../../../../core/metrics/types.ts';
import type { LoadedEvaluation } from '../store.ts';
import { Calibration } from './Calibration.tsx';
import { Confusions } from './Confusions.tsx';
import { SupportCurves } from './SupportCurves.tsx';
import { Suspects } from './Suspects.tsx';
import './audit.css';

const views = [
  { id: 'calibration', label: 'Calibration' },
  { id: 'suspects', label: 'Rows likely mislabelled' },
  { id: 'confusions', label: 'Nearest confusions' },
  { id: 'support', label: 'F1 by support' },
] as const;
type ViewId = (typeof views)[number]['id'];

/** Further looks at the same outputs, one at a time and none before it is asked for: a moving slider pays for no other. */
export const AuditViews = memo(function AuditViews(props: {
  readonly loaded: LoadedEvaluation;
  readonly threshold: DecisionThreshold;
}) {
  const { loaded, threshold } = props;
  const [open, setOpen] = useState<ViewId | null>(null);
  return (
    <div className="audit-views">
      <div className="row" role="group" aria-label="Further audits">
        {views.map(({ id, label }) => (
          <button
            key={id}
            type="button"
            className="audit-view"
            aria-pressed={open === id}
            onClick={() => setOpen(open === id ? null : id)}
          >
            {label}
          </button>
        ))}
      </div>
      {open === 'calibration' && <Calibration loaded={loaded} />}
      {open === 'suspects' && <Suspects loaded={loaded} />}
      {open === 'support' && <SupportCurves loaded={loaded} threshold={threshold} />}
      {open === 'confusions' && <Confusions loaded={loaded} threshold={threshold} />}
    </div>
  );
});
