import { useStore } from 'zustand';
import type { NotebookParameters } from '../../../notebook/parameters.ts';
import type { DeviceReport, KernelReport } from '../../../services/trainer/contract.ts';
import { noMatricesBecause } from '../../../services/trainer/precision.ts';
import { formatNumber } from '../../../notebook/format.ts';
import { Select } from '../../ui/fields.tsx';
import { trainingSession } from './trainer.ts';

type Settings = NotebookParameters['training']['hyperparameters'];

interface ChoiceProps {
  readonly settings: Settings;
  readonly onChange: (patch: Partial<Settings>) => void;
  readonly isDisabled: boolean;
}

/** Why half-precision products are not offered here; null where they are, or where no device is known yet. */
function whyNoHalves(device: DeviceReport | null): string | null {
  if (!device) return null;
  if (device.lowering !== 'webgpu') return 'Needs WebGPU; the CPU path computes in 32 bits.';
  return device.features.includes('shader-f16') ? null : `${device.name} does not offer shader-f16.`;
}

/** How matrix products are formed: digits against speed. */
export function PrecisionChoice({ settings, onChange, isDisabled }: ChoiceProps) {
  const device = useStore(trainingSession().store, (state) => state.device);
  const reason = whyNoHalves(device);
  const precision = settings.precision ?? 'f32';
  return (
    <Select
      label="Precision"
      value={precision}
      // 32 bits is written as nothing, as in notebooks from before there was a choice: going back makes no run stale.
      onChange={(chosen) =>
        onChange(
          chosen === 'f32' ? { precision: undefined, matrixInstructions: undefined } : { precision: chosen },
        )
      }
      isDisabled={isDisabled}
      options={[
        { value: 'f32', label: '32 bits', description: 'Every product as PyTorch forms it on a CPU.' },
        {
          value: 'auto',
          label: 'Automatic',
          description: 'Half-precision products on cards that have them, else 32 bits.',
        },
        {
          value: 'f16',
          label: 'Half products',
          description:
            reason ?? 'Operands rounded to 11 bits, sums in 32; a scale keeps small gradients, and adapts.',
          isDisabled: reason !== null && precision !== 'f16',
        },
      ]}
    />
  );
}

/** Whether kernels are tuned for the device before the first step, or matrix instructions take their place. */
export function KernelChoice({ settings, onChange, isDisabled }: ChoiceProps) {
  const device = useStore(trainingSession().store, (state) => state.device);
  const { precision = 'f32', tuning = 'on', matrixInstructions } = settings;
  const value = matrixInstructions === 'on' ? 'matrices' : tuning;
  const reason =
    precision === 'f32'
      ? 'They multiply halves: set Precision to Half products first.'
      : device && noMatricesBecause(device);
  return (
    <Select
      label="Kernels"
      value={value}
      // As with precision, the usual is written as nothing.
      onChange={(chosen) =>
        onChange({
          tuning: chosen === 'off' ? chosen : undefined,
          matrixInstructions: chosen === 'matrices' ? 'on' : undefined,
        })
      }
      isDisabled={isDisabled}
      options={[
        {
          value: 'on',
          label: 'Tuned for this device',
          description: 'Tries some for half a second, once a device, and keeps the fastest with the run.',
        },
        {
          value: 'off',
          label: 'The same on every card',
          description: 'No trial; the order of sums does not depend on timing.',
        },
        {
          value: 'matrices',
          label: 'Matrix instructions',
          description:
            reason ?? 'An experiment of Chrome’s: half products by units that cards have for them.',
          isDisabled: reason !== null && value !== 'matrices',
        },
      ]}
    />
  );
}

/** One line on how a run's products were formed, and by which tiles. */
export function KernelLine({ kernels }: { readonly kernels: KernelReport }) {
  const { precision, matrix, isTuned, peakGflops, choices } = kernels;
  const words = precision === 'f16' ? 'Half-precision products' : 'Products in 32 bits';
  if (matrix) {
    const size = `${matrix.size} × ${matrix.size} × ${matrix.size}`;
    return (
      <p className="small quiet num">
        {words} by matrix instructions of {size}, subgroups of {matrix.subgroupSize}.
      </p>
    );
  }
  if (!isTuned) return <p className="small quiet">{words}, kernels not tuned.</p>;
  return (
    <details className="small quiet num">
      <summary>
        {words}, kernels tuned for {choices.length} {choices.length === 1 ? 'shape' : 'shapes'}
        {peakGflops === null ? '' : `, at best ${formatNumber(peakGflops)} GFLOP/s`}
      </summary>
      <ul>
        {choices.map(({ shapes, tile, splits }) => (
          <li key={shapes}>
            {shapes}: {tile}
            {splits > 1 ? `, inner dimension in ${splits}` : ''}
          </li>
        ))}
      </ul>
    </details>
  );
}
