import type { CertificateView } from '../../../shared/protocol/methods.ts'
import { t } from '../../ui/index.ts'
import { Facts } from '../../ui/Page.tsx'

/** In pairs, as other tools show it, large enough to be compared. */
export function Thumbprint({ of }: { of: CertificateView }) {
  return (
    <div>
      <p className="small muted">{t('settings.thumbprint')}</p>
      <p className="thumbprint selectable">{of.thumbprint.replaceAll(/(..)(?=.)/g, '$1 ')}</p>
    </div>
  )
}

/** All that a certificate says of itself, but for its thumbprint. */
export function CertificateFacts({ certificate }: { certificate: CertificateView }) {
  const { subject, issuer, applicationUri, hostNames, keyBits, validFromUs, validToUs, expiry, remarks } = certificate
  const notSaid = t('browse.notSaid')
  return (
    <Facts
      facts={[
        { label: t('settings.subject'), value: subject },
        { label: t('settings.issuer'), value: issuer ?? t('settings.selfSigned') },
        { label: t('settings.applicationUri'), value: applicationUri ?? notSaid },
        { label: t('settings.hosts'), value: hostNames.length === 0 ? notSaid : hostNames.join(', ') },
        { label: t('settings.key'), value: keyBits === null ? notSaid : t('settings.bits', { bits: keyBits }) },
        {
          label: t('settings.valid'),
          value: (
            <>
              {t('settings.validWords', { from: dayOf(validFromUs), to: dayOf(validToUs) })}
              {remarks.map((remark) => (
                <div key={remark} className={expiry === 'info' ? 'muted' : 'certificate-remark'}>
                  {remark}
                </div>
              ))}
            </>
          ),
        },
      ]}
    />
  )
}

/** Certificates are dated in UTC; the day is what counts. */
function dayOf(us: number): string {
  return new Date(us / 1_000).toISOString().slice(0, 10)
}
