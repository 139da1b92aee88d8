import { useState } from 'react'
import type { Failure } from '../../../shared/domain/problem.ts'
import type { CertificateView } from '../../../shared/protocol/methods.ts'
import { bridge } from '../../bridge/bridge.ts'
import { toast } from '../../stores/toasts.ts'
import { failureOf } from '../../stores/topic.ts'
import { Button, Dialog, t } from '../../ui/index.ts'
import { CertificateFacts, Thumbprint } from './CertificateFacts.tsx'

interface TrustDialogProps {
  certificate: CertificateView
  isTrusting: boolean
  onClose: () => void
  onAnswer: (certificates: CertificateView[]) => void
}

/** Two confirmations: that the thumbprint was compared at the server itself (or that values will stop), and the decision. */
export function TrustDialog({ certificate, isTrusting, onClose, onAnswer }: TrustDialogProps) {
  const [isConfirmed, setIsConfirmed] = useState(false)
  const [isSaving, setIsSaving] = useState(false)
  const [failure, setFailure] = useState<Failure | null>(null)
  const decide = async (): Promise<void> => {
    setIsSaving(true)
    setFailure(null)
    try {
      const answer = await bridge.call('server.trust', { thumbprint: certificate.thumbprint, trusted: isTrusting })
      onAnswer(answer.certificates)
      toast('done', t(isTrusting ? 'settings.trusted' : 'settings.rejected', { subject: certificate.subject }))
      onClose()
    } catch (error) {
      setFailure(failureOf(error))
      setIsSaving(false)
    }
  }
  return (
    <Dialog
      title={t(isTrusting ? 'settings.trustTitle' : 'settings.rejectTitle')}
      width={620}
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>{t('action.cancel')}</Button>
          <Button kind="primary" busy={isSaving} disabled={!isConfirmed} onClick={() => void decide()}>
            {t(isTrusting ? 'settings.trustNow' : 'settings.rejectNow')}
          </Button>
        </>
      }
    >
      <div className="stack">
        <p>{t(isTrusting ? 'settings.trustWhat' : 'settings.rejectWhat')}</p>
        <Thumbprint of={certificate} />
        <CertificateFacts certificate={certificate} />
        <label className="check">
          <input type="checkbox" checked={isConfirmed} onChange={(event) => setIsConfirmed(event.target.checked)} />
          <span>{t(isTrusting ? 'settings.compared' : 'settings.knowsStop')}</span>
        </label>
        {failure && (
          <p className="field-fault" role="alert">
            {t('settings.notSaved', { message: failure.message })} {failure.remedy ?? ''}
          </p>
        )}
      </div>
    </Dialog>
  )
}
