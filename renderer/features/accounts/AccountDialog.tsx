import { useState, type FormEvent } from 'react'
import { roles, type Account, type Role } from '../../../shared/domain/access.ts'
import { bridge } from '../../bridge/bridge.ts'
import { useAttempt } from '../../stores/attempt.ts'
import { toast } from '../../stores/toasts.ts'
import { Button, Dialog, Field, Refusal, t } from '../../ui/index.ts'
import { NameField, PasswordFields, Secret, TextField } from './Fields.tsx'

interface AccountDialogProps {
  /** null: a new one. */
  account: Account | null
  onClose: () => void
  onDone: () => void
}

export function AccountDialog({ account, onClose, onDone }: AccountDialogProps) {
  const [name, setName] = useState(account?.name ?? '')
  const [fullName, setFullName] = useState(account?.fullName ?? '')
  const [held, setHeld] = useState<readonly Role[]>(account?.roles ?? [])
  const [disabled, setDisabled] = useState(account?.disabled ?? false)
  const [password, setPassword] = useState('')
  const [again, setAgain] = useState('')
  const { failure, isBusy, run } = useAttempt()
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    const wish = { name: name.trim().toLowerCase(), fullName, roles: [...held], disabled }
    void run(async () => {
      if (account === null) await bridge.call('account.create', { ...wish, password })
      else {
        await bridge.call('account.change', wish)
        if (password !== '') await bridge.call('account.setPassword', { name: wish.name, password })
      }
      toast('done', t('accounts.saved', { name: wish.name }))
      onDone()
    })
  }
  const isIncomplete = name.trim() === '' || fullName.trim() === '' || held.length === 0
  return (
    <Dialog
      title={account === null ? t('accounts.add') : t('accounts.editOf', { name: account.name })}
      onClose={onClose}
    >
      <form className="stack" onSubmit={submit}>
        <TextField
          label={t('accounts.fullName')}
          hint={t('accounts.fullNameHint')}
          value={fullName}
          onChange={setFullName}
        />
        {account === null && <NameField value={name} onChange={setName} />}
        <RoleChoice held={held} onChange={setHeld} />
        {account !== null && (
          <label className="accounts-check">
            <input type="checkbox" checked={disabled} onChange={(event) => setDisabled(event.target.checked)} />
            {t('accounts.disable')}
          </label>
        )}
        {account !== null && <p className="small muted">{t('accounts.passwordKept')}</p>}
        <PasswordFields password={password} again={again} onPassword={setPassword} onAgain={setAgain} />
        <Refusal failure={failure} />
        <div className="dialog-actions">
          <Button onClick={onClose}>{t('action.cancel')}</Button>
          <Button
            kind="primary"
            type="submit"
            busy={isBusy}
            disabled={isIncomplete || password !== again || (account === null && password === '')}
          >
            {t('accounts.save')}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}

function RoleChoice({ held, onChange }: { held: readonly Role[]; onChange: (held: readonly Role[]) => void }) {
  return (
    <fieldset className="accounts-roles">
      <legend>{t('accounts.roles')}</legend>
      {roles.map((role) => (
        <label key={role} className="accounts-check">
          <input
            type="checkbox"
            checked={held.includes(role)}
            onChange={(event) =>
              onChange(event.target.checked ? [...held, role] : held.filter((each) => each !== role))
            }
          />
          <span>
            {t(`role.${role}`)}
            <span className="small muted accounts-role-words">{t(`roleWords.${role}`)}</span>
          </span>
        </label>
      ))}
    </fieldset>
  )
}

export function OwnPasswordDialog({ onClose }: { onClose: () => void }) {
  const [old, setOld] = useState('')
  const [password, setPassword] = useState('')
  const [again, setAgain] = useState('')
  const { failure, isBusy, run } = useAttempt()
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    void run(async () => {
      await bridge.call('access.password', { old, password })
      toast('done', t('accounts.passwordSaved'))
      onClose()
    })
  }
  return (
    <Dialog title={t('accounts.ownPassword')} onClose={onClose}>
      <form className="stack" onSubmit={submit}>
        <Field label={t('accounts.oldPassword')}>{(ids) => <Secret ids={ids} value={old} onChange={setOld} />}</Field>
        <PasswordFields password={password} again={again} onPassword={setPassword} onAgain={setAgain} />
        <Refusal failure={failure} />
        <div className="dialog-actions">
          <Button onClick={onClose}>{t('action.cancel')}</Button>
          <Button kind="primary" type="submit" busy={isBusy} disabled={password === '' || password !== again}>
            {t('accounts.save')}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}
