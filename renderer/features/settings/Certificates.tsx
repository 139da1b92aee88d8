import { useState } from 'react'
import type { Failure } from '../../../shared/domain/problem.ts'
import type { CertificateView } from '../../../shared/protocol/methods.ts'
import { bridge } from '../../bridge/bridge.ts'
import { useTimeZone } from '../../stores/feeds.ts'
import { toast } from '../../stores/toasts.ts'
import { failureOf, useCall } from '../../stores/topic.ts'
import { Button, Dialog, Empty, ErrorPane, formatTime, Skeleton, t } from '../../ui/index.ts'
import { Facts, Panel } from '../../ui/Page.tsx'

const stores = ['rejected', 'trusted', 'own'] as const

export function Certificates() {
  const { value, failure, again } = useCall('server.certificates', {})
  const [answered, setAnswered] = useState<CertificateView[] | null>(null)
  if (failure) return <ErrorPane title={t('settings.certificatesFailed')} failure={failure} onRetry={again} />
  const certificates = answered ?? value?.certificates
  if (!certificates) return <Skeleton rows={4} />
  return (
    <div className="stack">
      <div className="settings-line">
        <p className="muted">{t('settings.certificatesWhat')}</p>
        <Button
          onClick={() => {
            setAnswered(null)
            again()
          }}
        >
          {t('settings.readAgain')}
        </Button>
      </div>
      {stores.map((store) => (
        <StorePanel
          key={store}
          store={store}
          certificates={certificates.filter((certificate) => certificate.store === store)}
          onAnswer={setAnswered}
        />
      ))}
    </div>
  )
}

interface StorePanelProps {
  store: CertificateView['store']
  certificates: readonly CertificateView[]
  onAnswer: (certificates: CertificateView[]) => void
}

function StorePanel({ store, certificates, onAnswer }: StorePanelProps) {
  const [asked, setAsked] = useState<CertificateView | null>(null)
  return (
    <Panel title={t(`settings.store.${store}`)}>
      {certificates.length === 0 ? (
        <Empty title={t(`settings.storeEmpty.${store}`)} next={t(`settings.storeNext.${store}`)} />
      ) : (
        <ul className="certificates">
          {certificates.map((certificate) => (
            <li key={certificate.thumbprint}>
              <div>
                <strong>{certificate.subject}</strong>
                <CertificateFacts certificate={certificate} />
                {certificate.remarks.map((remark) => (
                  <p key={remark} className="certificate-remark">
                    {remark}
                  </p>
                ))}
              </div>
              {store === 'own' && <RenewButton onAnswer={onAnswer} />}
              {store !== 'own' && (
                <Button onClick={() => setAsked(certificate)}>
                  {t(store === 'rejected' ? 'settings.trust' : 'settings.reject')}
                </Button>
              )}
            </li>
          ))}
        </ul>
      )}
      {asked && (
        <TrustDialog
          certificate={asked}
          isTrusting={store === 'rejected'}
          onClose={() => setAsked(null)}
          onAnswer={onAnswer}
        />
      )}
    </Panel>
  )
}

/** Links that stand go on with the certificate they were made with. */
function RenewButton({ onAnswer }: { onAnswer: (certificates: CertificateView[]) => void }) {
  const [isBusy, setIsBusy] = useState(false)
  const renew = async (): Promise<void> => {
    setIsBusy(true)
    try {
      onAnswer((await bridge.call('server.renewOwn', {})).certificates)
      toast('done', t('settings.renewed'))
    } catch (error) {
      toast('failed', failureOf(error).message)
    }
    setIsBusy(false)
  }
  return (
    <Button busy={isBusy} onClick={() => void renew()}>
      {t('settings.renew')}
    </Button>
  )
}

function CertificateFacts({ certificate }: { certificate: CertificateView }) {
  const zone = useTimeZone()
  return (
    <Facts
      facts={[
        { label: t('settings.thumbprint'), value: <code>{certificate.thumbprint}</code> },
        ...(certificate.applicationUri === null
          ? []
          : [{ label: t('settings.applicationUri'), value: certificate.applicationUri }]),
        {
          label: t('settings.valid'),
          value: t('settings.validWords', {
            from: formatTime(certificate.validFromUs, zone),
            to: formatTime(certificate.validToUs, zone),
          }),
        },
      ]}
    />
  )
}

interface TrustDialogProps {
  certificate: CertificateView
  isTrusting: boolean
  onClose: () => void
  onAnswer: (certificates: CertificateView[]) => void
}

/** Two confirmations: that the thumbprint was compared at the server itself, and the decision. */
function TrustDialog({ certificate, isTrusting, onClose, onAnswer }: TrustDialogProps) {
  const [isCompared, setIsCompared] = useState(false)
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
      width={560}
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>{t('action.cancel')}</Button>
          <Button kind="primary" busy={isSaving} disabled={!isCompared} onClick={() => void decide()}>
            {t(isTrusting ? 'settings.trustNow' : 'settings.rejectNow')}
          </Button>
        </>
      }
    >
      <p>{t(isTrusting ? 'settings.trustWhat' : 'settings.rejectWhat')}</p>
      <strong>{certificate.subject}</strong>
      <p className="thumbprint selectable">{certificate.thumbprint.replaceAll(/(..)(?=.)/g, '$1 ')}</p>
      {certificate.remarks.map((remark) => (
        <p key={remark} className="certificate-remark">
          {remark}
        </p>
      ))}
      <label className="check">
        <input type="checkbox" checked={isCompared} onChange={(event) => setIsCompared(event.target.checked)} />
        <span>{t(isTrusting ? 'settings.compared' : 'settings.knowsStop')}</span>
      </label>
      {failure && (
        <p className="field-fault" role="alert">
          {t('settings.notSaved', { message: failure.message })} {failure.remedy ?? ''}
        </p>
      )}
    </Dialog>
  )
}
