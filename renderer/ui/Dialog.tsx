import { useEffect, useId, useRef, type ReactNode } from 'react'

interface DialogProps {
  title: string
  onClose: () => void
  /** Width in pixels. */
  width?: number
  children: ReactNode
  actions?: ReactNode
}

/**
 * Modal dialog on the platform's own element: it traps the focus, makes the page inert and closes by Escape without
 * injecting style elements, which the content security policy refuses.
 */
export function Dialog({ title, onClose, width = 480, children, actions }: DialogProps) {
  const ref = useRef<HTMLDialogElement | null>(null)
  const id = useId()
  useEffect(() => {
    const dialog = ref.current
    const before = document.activeElement
    dialog?.showModal()
    return () => {
      dialog?.close()
      // What opened it may be gone with what was done; the keyboard must not begin at the window's first control again.
      const back = before instanceof HTMLElement && before.isConnected ? before : document.querySelector('main')
      if (back instanceof HTMLElement) back.focus()
    }
  }, [])
  return (
    <dialog
      ref={ref}
      className="dialog"
      style={{ width }}
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault()
        onClose()
      }}
    >
      <h2 id={id}>{title}</h2>
      <div className="dialog-body">{children}</div>
      {actions !== undefined && <div className="dialog-actions">{actions}</div>}
    </dialog>
  )
}
