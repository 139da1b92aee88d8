import { useId, type FormEvent, type ReactNode } from 'react'
import { Button } from './Button.tsx'
import { Dialog } from './Dialog.tsx'
import { t } from './text.ts'

interface FormDialogProps {
  title: string
  width?: number
  /** Words of the button that goes on; Enter in a field does the same. */
  submit: string
  isReady: boolean
  isBusy?: boolean
  /** Words of the button that closes it, where that is not giving up. */
  cancel?: string
  /** Above the fields: what it is about. */
  about?: ReactNode
  children: ReactNode
  /** Below the fields: why it was refused. */
  below?: ReactNode
  onSubmit: () => void
  onClose: () => void
}

/** A dialog that asks for a few things: fields beside each other, Cancel and one button that goes on. */
export function FormDialog(props: FormDialogProps) {
  const { title, width, submit, isReady, isBusy = false, cancel, about, children, below, onSubmit, onClose } = props
  const form = useId()
  const go = (event: FormEvent): void => {
    event.preventDefault()
    if (isReady && !isBusy) onSubmit()
  }
  return (
    <Dialog
      title={title}
      {...(width === undefined ? {} : { width })}
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>{cancel ?? t('action.cancel')}</Button>
          <Button kind="primary" type="submit" form={form} busy={isBusy} disabled={!isReady}>
            {submit}
          </Button>
        </>
      }
    >
      {about}
      <form id={form} className="form-grid" onSubmit={go}>
        {children}
      </form>
      {below}
    </Dialog>
  )
}
