import { Popover as RadixPopover } from 'radix-ui'
import { useImperativeHandle, useRef, useState, type ReactNode, type Ref } from 'react'

/** Opens the panel as a menu does: at a place of the window, from which the focus comes back to where it was. */
export interface PopoverOpener {
  openAt: (x: number, y: number) => void
}

interface PopoverProps {
  /** The button's content and its name for a screen reader. */
  trigger: ReactNode
  label: string
  className?: string
  /** Width in pixels. */
  width?: number
  opener?: Ref<PopoverOpener>
  children: ReactNode
}

/** A button that opens a panel beside itself; Escape or a click elsewhere closes it. Not modal: the plant goes on below. */
export function Popover({ trigger, label, className = '', width = 360, opener, children }: PopoverProps) {
  const [open, setOpen] = useState(false)
  const [place, setPlace] = useState<{ getBoundingClientRect: () => DOMRect } | null>(null)
  const from = useRef<HTMLElement | null>(null)
  useImperativeHandle(opener, () => ({
    openAt: (x, y) => {
      from.current = document.activeElement instanceof HTMLElement ? document.activeElement : null
      setPlace({ getBoundingClientRect: () => new DOMRect(x, y, 0, 0) })
      setOpen(true)
    },
  }))
  return (
    <RadixPopover.Root
      open={open}
      onOpenChange={(next) => {
        setOpen(next)
        if (next) setPlace(null)
      }}
    >
      {place && <RadixPopover.Anchor virtualRef={{ current: place }} />}
      <RadixPopover.Trigger className={`popover-trigger ${className}`} aria-label={label} title={label}>
        {trigger}
      </RadixPopover.Trigger>
      <RadixPopover.Portal>
        <RadixPopover.Content
          className="popover"
          style={{ width }}
          sideOffset={4}
          collisionPadding={8}
          align={place ? 'start' : 'end'}
          aria-label={label}
          onCloseAutoFocus={(event) => {
            if (!place || !from.current) return
            event.preventDefault()
            from.current.focus()
          }}
        >
          {children}
        </RadixPopover.Content>
      </RadixPopover.Portal>
    </RadixPopover.Root>
  )
}
