import { useState } from 'react'
import type { LinkState } from '../../../../shared/domain/intake.ts'
import type { OfferedRule } from '../../../../shared/domain/exceptions.ts'
import type { PlantServer } from '../../../../shared/domain/plant-file.ts'
import type { Failure } from '../../../../shared/domain/problem.ts'
import type { CertificateView, ServerReviewView } from '../../../../shared/protocol/methods.ts'
import { bridge } from '../../../bridge/bridge.ts'
import { toast } from '../../../stores/toasts.ts'
import { type CallState, failureOf, useCall } from '../../../stores/topic.ts'
import { Button, ErrorPane, Skeleton, t } from '../../../ui/index.ts'
import { Panel } from '../../../ui/Page.tsx'
import { CertificateFacts, Thumbprint } from '../CertificateFacts.tsx'
import { TrustDialog } from '../TrustDialog.tsx'
import { AuthorityDialog } from './AuthorityDialog.tsx'
import { ExceptionDialog } from './ExceptionDialog.tsx'

type Finding = ServerReviewView['findings'][number]

/** Asked again whenever the link has news: another certificate may be shown, or an exception have ended. */
export function useReview(server: PlantServer | undefined, link: LinkState | null): CallState<'server.review'> {
  const asked = server === undefined || server.security.mode === 'None' ? null : { serverId: server.id }
  const review = useCall('server.review', asked)
  const news = `${link?.phase ?? ''} ${link?.message ?? ''} ${link?.security ?? ''}`
  const [known, setKnown] = useState(news)
  if (known !== news) {
    setKnown(news)
    review.again()
  }
  return review
}

interface ReviewProps {
  serverId: string
  review: CallState<'server.review'>
}

/** The certificate a server shows now, all that speaks against it, and what a person can decide. */
export function Review({ serverId, review: { value: review, failure, again } }: ReviewProps) {
  const [exception, setException] = useState<{ rule: OfferedRule; finding: string } | null>(null)
  const [isGiving, setIsGiving] = useState(false)
  const [revoked, setRevoked] = useState<CertificateView | null>(null)
  const tools = <Button onClick={again}>{t('settings.readAgain')}</Button>
  if (!review)
    return (
      <Panel title={t('connection.certificate')} tools={tools}>
        {failure ? <ErrorPane title={t('connection.notShown')} failure={failure} /> : <Skeleton rows={5} />}
      </Panel>
    )
  const { certificate, findings } = review
  const isUndecided = findings.some(({ kind }) => kind === 'untrusted')
  return (
    <Panel title={t('connection.certificate')} tools={tools}>
      {failure && <ErrorPane title={t('connection.notShown')} failure={failure} />}
      <div className={certificate ? 'review' : 'stack'}>
        {certificate && (
          <div className="stack">
            <Thumbprint of={certificate} />
            <CertificateFacts certificate={certificate} />
          </div>
        )}
        <div className="stack">
          <Findings
            findings={findings}
            onException={(rule, finding) => setException({ rule, finding })}
            onAuthority={() => setIsGiving(true)}
          />
          {certificate && isUndecided && <TrustButton certificate={certificate} onDone={again} />}
          {certificate?.store === 'trusted' && (
            <div className="settings-actions">
              <Button onClick={() => setRevoked(certificate)}>{t('connection.revoke')}</Button>
            </div>
          )}
        </div>
      </div>
      {exception && <ExceptionDialog serverId={serverId} {...exception} onClose={() => setException(null)} />}
      {isGiving && <AuthorityDialog onClose={() => setIsGiving(false)} onDone={again} />}
      {revoked && (
        <TrustDialog certificate={revoked} isTrusting={false} onClose={() => setRevoked(null)} onAnswer={again} />
      )}
    </Panel>
  )
}

interface FindingsProps {
  findings: readonly Finding[]
  onException: (rule: OfferedRule, finding: string) => void
  /** The issuer's files are given. */
  onAuthority: () => void
}

function Findings({ findings, onException, onAuthority }: FindingsProps) {
  if (findings.length === 0) return <p>{t('connection.sound')}</p>
  return (
    <ul className="review-findings" aria-label={t('connection.findings')}>
      {findings.map(({ kind, message, remedy, rule, accepted }) => (
        <li key={`${kind} ${message}`} className="review-finding">
          <div>
            <p className="selectable">
              <strong>{message}</strong>
            </p>
            {accepted === null ? (
              <p className="muted selectable">{remedy}</p>
            ) : (
              <p>
                <span className="insecure">{t('connection.excepted')}</span> {accepted}
              </p>
            )}
          </div>
          {accepted === null && (
            <div className="finding-actions">
              {(kind === 'unknown-issuer' || kind === 'revocation-unknown') && (
                <Button onClick={onAuthority}>{t('authority.open')}</Button>
              )}
              {rule !== null && <Button onClick={() => onException(rule, message)}>{t('exception.open')}</Button>}
            </div>
          )}
        </li>
      ))}
    </ul>
  )
}

/** The decision itself is the confirmation: its words say what was compared. */
function TrustButton({ certificate, onDone }: { certificate: CertificateView; onDone: () => void }) {
  const [isBusy, setIsBusy] = useState(false)
  const [failure, setFailure] = useState<Failure | null>(null)
  const trust = async (): Promise<void> => {
    setIsBusy(true)
    setFailure(null)
    try {
      await bridge.call('server.trust', { thumbprint: certificate.thumbprint, trusted: true })
      toast('done', t('settings.trusted', { subject: certificate.subject }))
    } catch (error) {
      setFailure(failureOf(error))
    }
    setIsBusy(false)
    onDone()
  }
  return (
    <>
      <p>{t('settings.trustWhat')}</p>
      <div className="settings-actions">
        <Button kind="primary" busy={isBusy} onClick={() => void trust()}>
          {t('connection.trust')}
        </Button>
      </div>
      {failure && (
        <p className="field-fault" role="alert">
          {t('settings.notSaved', { message: failure.message })} {failure.remedy ?? ''}
        </p>
      )}
    </>
  )
}
