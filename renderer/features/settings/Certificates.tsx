import { useState } from 'react'
import type { Failure } from '../../../shared/domain/problem.ts'
import type { CertificateView } from '../../../shared/protocol/methods.ts'
import { bridge } from '../../bridge/bridge.ts'
import { toast } from '../../stores/toasts.ts'
import { failureOf, useCall } from '../../stores/topic.ts'
import { Button, Dialog, Empty, ErrorPane, Skeleton, t } from '../../ui/index.ts'
import { Panel } from '../../ui/Page.tsx'
import { CertificateFacts, Thumbprint } from './CertificateFacts.tsx'
import { TrustDialog } from './TrustDialog.tsx'

const stores = ['rejected', 'trusted', 'own'] as const

export function Certificates() {
  const { value, failure, again } = useCall('server.certificates', {})
  const [answered, setAnswered] = useState<CertificateView[] | null>(null)
  const refusal = failure && <ErrorPane title={t('settings.certificatesFailed')} failure={failure} onRetry={again} />
  const certificates = answered ?? value?.certificates
  if (!certificates) return refusal ?? <Skeleton rows={4} />
  return (
    <div className="stack">
      {refusal}
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
  const words = { rejected: 'settings.trust', trusted: 'settings.reject', own: 'settings.renew' } as const
  return (
    <Panel title={t(`settings.store.${store}`)}>
      {certificates.length === 0 ? (
        <Empty title={t(`settings.storeEmpty.${store}`)} next={t(`settings.storeNext.${store}`)} />
      ) : (
        <ul className="certificates">
          {certificates.map((certificate) => (
            <li key={certificate.thumbprint}>
              <div className="stack">
                <Thumbprint of={certificate} />
                <CertificateFacts certificate={certificate} />
              </div>
              <Button onClick={() => setAsked(certificate)}>{t(words[store])}</Button>
            </li>
          ))}
        </ul>
      )}
      {asked && store === 'own' && <RenewDialog onClose={() => setAsked(null)} onAnswer={onAnswer} />}
      {asked && store !== 'own' && (
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

interface RenewDialogProps {
  onClose: () => void
  onAnswer: (certificates: CertificateView[]) => void
}

/** Says what happens before it happens: every server will ask for trust once more. */
function RenewDialog({ onClose, onAnswer }: RenewDialogProps) {
  const [isBusy, setIsBusy] = useState(false)
  const [failure, setFailure] = useState<Failure | null>(null)
  const renew = async (): Promise<void> => {
    setIsBusy(true)
    setFailure(null)
    try {
      onAnswer((await bridge.call('server.renewOwn', {})).certificates)
      toast('done', t('settings.renewed'))
      onClose()
    } catch (error) {
      setFailure(failureOf(error))
      setIsBusy(false)
    }
  }
  return (
    <Dialog
      title={t('settings.renewTitle')}
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>{t('action.cancel')}</Button>
          <Button kind="primary" busy={isBusy} onClick={() => void renew()}>
            {t('settings.renewNow')}
          </Button>
        </>
      }
    >
      <ul className="plain-list">
        <li>{t('settings.renewWhat')}</li>
        <li>{t('settings.renewLinks')}</li>
        <li>{t('settings.renewServers')}</li>
      </ul>
      {failure && (
        <p className="field-fault" role="alert">
          {t('settings.notSaved', { message: failure.message })} {failure.remedy ?? ''}
        </p>
      )}
    </Dialog>
  )
}
