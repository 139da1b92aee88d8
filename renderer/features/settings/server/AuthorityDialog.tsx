import { useState, type FormEvent } from 'react'
import type { Failure } from '../../../../shared/domain/problem.ts'
import { bridge } from '../../../bridge/bridge.ts'
import { toast } from '../../../stores/toasts.ts'
import { failureOf } from '../../../stores/topic.ts'
import { Button, Dialog, Field, t } from '../../../ui/index.ts'

interface AuthorityDialogProps {
  onClose: () => void
  onDone: () => void
}

/** What an authority publishes: with it certificates it has issued can be checked, and nothing is trusted by it alone. */
export function AuthorityDialog({ onClose, onDone }: AuthorityDialogProps) {
  const [pem, setPem] = useState('')
  const [isSaving, setIsSaving] = useState(false)
  const [failure, setFailure] = useState<Failure | null>(null)
  const save = async (event: FormEvent): Promise<void> => {
    event.preventDefault()
    setIsSaving(true)
    setFailure(null)
    try {
      const { authorities, revocationLists } = await bridge.call('server.addAuthority', { pem })
      toast('done', t('authority.done', { names: authorities.join(t('authority.joint')), lists: revocationLists }))
      onDone()
      onClose()
    } catch (error) {
      setFailure(failureOf(error))
      setIsSaving(false)
    }
  }
  return (
    <Dialog title={t('authority.title')} width={620} onClose={onClose}>
      <form className="stack" onSubmit={(event) => void save(event)}>
        <p>{t('authority.what')}</p>
        <Field label={t('authority.pem')} hint={t('authority.pemHint')} fault={failure?.message}>
          {(ids) => (
            <textarea
              {...ids}
              rows={8}
              autoComplete="off"
              spellCheck={false}
              value={pem}
              onChange={(event) => setPem(event.target.value)}
            />
          )}
        </Field>
        <div className="dialog-actions">
          <Button onClick={onClose}>{t('action.cancel')}</Button>
          <Button kind="primary" type="submit" busy={isSaving} disabled={pem.trim() === ''}>
            {isSaving ? t('settings.saving') : t('authority.save')}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}
