import { X } from 'lucide-react';
import type { ReactNode } from 'react';
import { Dialog as AriaDialog, Heading, Modal, ModalOverlay } from 'react-aria-components';
import { IconButton } from './Button.tsx';
import './overlays.css';

export interface DialogProps {
  readonly title: string;
  readonly isOpen: boolean;
  readonly onClose: () => void;
  readonly children: ReactNode;
  /** Buttons at the foot, the confirming one last. */
  readonly actions?: ReactNode;
  readonly width?: number;
  /** Text without a control: the body takes the focus, so that keys scroll it. */
  readonly isText?: boolean;
}

/** A modal dialog: focus stays inside, Escape and a press outside close it. */
export function Dialog({
  title,
  isOpen,
  onClose,
  children,
  actions,
  width = 560,
  isText = false,
}: DialogProps) {
  return (
    <ModalOverlay
      className="overlay"
      isOpen={isOpen}
      isDismissable
      onOpenChange={(open) => {
        if (!open) onClose();
      }}
    >
      <Modal className="modal" style={{ width }}>
        <AriaDialog className="dialog">
          <header className="dialog-head">
            <Heading slot="title">{title}</Heading>
            <IconButton icon={X} label="Close" onPress={onClose} />
          </header>
          <div className="dialog-body" {...(isText ? { tabIndex: 0 } : {})}>
            {children}
          </div>
          {actions && <footer className="dialog-foot">{actions}</footer>}
        </AriaDialog>
      </Modal>
    </ModalOverlay>
  );
}
