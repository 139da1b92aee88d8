import { Popover as RadixPopover } from 'radix-ui'
import type { ReactNode } from 'react'

interface PopoverProps {
  /** The button's content and its name for a screen reader. */
  trigger: ReactNode
  label: string
  className?: string
  /** Width in pixels. */
  width?: number
  children: ReactNode
}

/** A button that opens a panel beside itself; Escape or a click elsewhere closes it. Not modal: the plant goes on below. */
export function Popover({ trigger, label, className = '', width = 360, children }: PopoverProps) {
  return (
    <RadixPopover.Root>
      <RadixPopover.Trigger className={`popover-trigger ${className}`} aria-label={label} title={label}>
        {trigger}
      </RadixPopover.Trigger>
      <RadixPopover.Portal>
        <RadixPopover.Content
          className="popover"
          style={{ width }}
          sideOffset={4}
          collisionPadding={8}
          align="end"
          aria-label={label}
        >
          {children}
        </RadixPopover.Content>
      </RadixPopover.Portal>
    </RadixPopover.Root>
  )
}
