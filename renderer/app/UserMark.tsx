import { useStore } from 'zustand'
import { accessStore, askToSignIn, useAccess } from '../stores/access.ts'
import { t } from '../ui/index.ts'
import { SignInDialog } from './SignInDialog.tsx'

/** Who acts through this window: the name that stands in acknowledgements, labels and the audit trail. */
export function UserMark() {
  const frame = useAccess()
  const asks = useStore(accessStore, (state) => state.asks)
  if (frame === null) return null
  const { desk, person, osUser } = frame
  const isUnattended = desk === 'unattended'
  const name = person?.fullName ?? (isUnattended ? osUser : t('access.nobody'))
  const label = person
    ? t('header.user', { user: person.fullName })
    : isUnattended
      ? t('access.unattendedHint', { user: osUser })
      : t('access.nobodyHint')
  return (
    <>
      <button
        type="button"
        className="popover-trigger header-user"
        aria-label={label}
        title={label}
        aria-haspopup="dialog"
        onClick={() => askToSignIn(true)}
      >
        <span className="header-user-name">{name}</span>
        {isUnattended && <span className="muted small">{t('access.unattended')}</span>}
      </button>
      {asks && <SignInDialog frame={frame} onClose={() => askToSignIn(false)} />}
    </>
  )
}
