import { Cpu, Gpu, TriangleAlert } from 'lucide-react';
import type { DeviceReport, LoweringName } from '../../../services/trainer/contract.ts';
import type { ErrorWire } from '../../../base/errors.ts';
import { useParameters } from '../../hooks.ts';
import { Select } from '../../ui/fields.tsx';

/** Which device trains: the choice, and what it comes to on this machine. */
export function DeviceField(props: { readonly isDisabled: boolean }) {
  const [training, change] = useParameters('training');
  return (
    <Select
      label="Device"
      value={training.lowering}
      onChange={(lowering) => change({ lowering })}
      isDisabled={props.isDisabled}
      options={[
        { value: 'auto', label: 'Automatic', description: 'WebGPU where there is one, else the CPU.' },
        { value: 'webgpu', label: 'WebGPU', description: 'Fails where there is no adapter.' },
        { value: 'onnx', label: 'CPU', description: 'WebAssembly threads; slower, runs everywhere.' },
      ]}
    />
  );
}

/** What will train, and why it is not a graphics card where it is not. */
export function DeviceBadge(props: {
  readonly device: DeviceReport | null;
  readonly error: ErrorWire | null;
  /** What was asked for: a CPU that was chosen is no cause for a warning. */
  readonly wanted: 'auto' | LoweringName;
}) {
  const { device, error, wanted } = props;
  if (error)
    return (
      <p className="device-badge device-badge-warn" role="status">
        <TriangleAlert size={14} aria-hidden />
        <span>
          <strong>{error.message}</strong> {error.remedy}
        </span>
      </p>
    );
  if (!device) return <p className="device-badge quiet">Looking for a device…</p>;
  const Icon = device.lowering === 'webgpu' ? Gpu : Cpu;
  const isSlow = device.isSoftware || (device.reason !== null && wanted !== 'onnx');
  return (
    <p className={`device-badge${isSlow ? ' device-badge-warn' : ''}`} data-lowering={device.lowering}>
      <Icon size={14} aria-hidden />
      <span>
        <strong>{device.lowering === 'webgpu' ? 'WebGPU' : 'CPU'}</strong> on {device.name}
        {device.isSoftware && device.lowering === 'webgpu' && ' (software: slower than the CPU path)'}
        {device.reason !== null && <> · {device.reason}</>}
      </span>
    </p>
  );
}
