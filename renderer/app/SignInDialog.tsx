import { useState, type FormEvent } from 'react'
import type { Failure } from '../../shared/domain/problem.ts'
import type { AccessFrame } from '../../shared/protocol/access.ts'
import { bridge } from '../bridge/bridge.ts'
import { navigate } from '../stores/router.ts'
import { toast } from '../stores/toasts.ts'
import { failureOf } from '../stores/topic.ts'
import { Button, Dialog, Field, Refusal, t } from '../ui/index.ts'

interface SignInDialogProps {
  frame: AccessFrame
  onClose: () => void
}

export function SignInDialog({ frame, onClose }: SignInDialogProps) {
  const { desk, person } = frame
  return (
    <Dialog
      title={person ? t('access.youAre', { name: person.fullName }) : t('access.title')}
      onClose={onClose}
      width={420}
    >
      {desk === 'unattended' ? (
        <Unattended onClose={onClose} />
      ) : (
        <>
          {person && <Person frame={frame} onClose={onClose} />}
          {frame.leftIdle && !person && <p>{t('access.leftIdle', { count: frame.idleSignOutMin })}</p>}
          <SignInForm isSwitch={person !== null} onClose={onClose} />
        </>
      )}
    </Dialog>
  )
}

function Unattended({ onClose }: { onClose: () => void }) {
  const begin = (): void => {
    onClose()
    navigate({ page: 'settings', section: 'accounts' })
  }
  return (
    <div className="stack">
      <p>{t('access.unattendedWords')}</p>
      <div className="dialog-actions">
        <Button onClick={onClose}>{t('action.close')}</Button>
        <Button kind="primary" onClick={begin}>
          {t('access.makeFirst')}
        </Button>
      </div>
    </div>
  )
}

function Person({ frame: { person }, onClose }: SignInDialogProps) {
  const [isBusy, setIsBusy] = useState(false)
  if (!person) return null
  const signOut = async (): Promise<void> => {
    setIsBusy(true)
    try {
      await bridge.call('access.signOut', {})
      onClose()
    } catch (error) {
      toast('failed', failureOf(error).message)
      setIsBusy(false)
    }
  }
  return (
    <div className="stack">
      <p>
        {t('access.roles', { roles: person.roles.map((role) => t(`role.${role}`)).join(', ') })}{' '}
        {t('access.viewGoesOn')}
      </p>
      <div className="dialog-actions">
        <Button busy={isBusy} onClick={() => void signOut()}>
          {t('access.signOut')}
        </Button>
      </div>
    </div>
  )
}

/** For whoever comes next, the one before signs out by it; what the window shows goes on. */
function SignInForm({ isSwitch, onClose }: { isSwitch: boolean; onClose: () => void }) {
  const [name, setName] = useState('')
  const [password, setPassword] = useState('')
  const [failure, setFailure] = useState<Failure | null>(null)
  const [isBusy, setIsBusy] = useState(false)
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault()
    setIsBusy(true)
    setFailure(null)
    try {
      await bridge.call('access.signIn', { name, password })
      onClose()
    } catch (error) {
      setFailure(failureOf(error))
      setPassword('')
      setIsBusy(false)
    }
  }
  return (
    <form className="stack" onSubmit={(event) => void submit(event)}>
      {isSwitch && <h3>{t('access.switch')}</h3>}
      <Field label={t('access.name')}>
        {(ids) => (
          <input
            {...ids}
            autoFocus
            autoComplete="username"
            spellCheck={false}
            maxLength={64}
            value={name}
            onChange={(event) => setName(event.target.value)}
          />
        )}
      </Field>
      <Field label={t('access.password')}>
        {(ids) => (
          <input
            {...ids}
            type="password"
            autoComplete="current-password"
            maxLength={200}
            value={password}
            onChange={(event) => setPassword(event.target.value)}
          />
        )}
      </Field>
      <Refusal failure={failure} />
      <div className="dialog-actions">
        <Button onClick={onClose}>{t('action.cancel')}</Button>
        <Button kind="primary" type="submit" busy={isBusy} disabled={name.trim() === '' || password === ''}>
          {isBusy ? t('access.signingIn') : t('access.signIn')}
        </Button>
      </div>
    </form>
  )
}
