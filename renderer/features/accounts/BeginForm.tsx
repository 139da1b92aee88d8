import { useState } from 'react'
import { bridge } from '../../bridge/bridge.ts'
import { useAttempt } from '../../stores/attempt.ts'
import { toast } from '../../stores/toasts.ts'
import { Button, Refusal, t } from '../../ui/index.ts'
import { Panel } from '../../ui/Page.tsx'
import { NameField, PasswordFields, TextField } from './Fields.tsx'

/** A desk without accounts: what that means, and the first account, which is an administrator's. */
export function BeginForm() {
  const [name, setName] = useState('')
  const [fullName, setFullName] = useState('')
  const [password, setPassword] = useState('')
  const [again, setAgain] = useState('')
  const { failure, isBusy, run } = useAttempt()
  const submit = async (): Promise<void> => {
    await bridge.call('access.begin', { name, fullName, password })
    toast('done', t('accounts.begun'))
  }
  return (
    <>
      <Panel title={t('accounts.unattended')}>
        <p>{t('access.unattendedWords')}</p>
        <p>{t('accounts.unattendedNext')}</p>
      </Panel>
      <Panel title={t('accounts.first')}>
        <form
          className="stack settings-form"
          onSubmit={(event) => {
            event.preventDefault()
            void run(submit)
          }}
        >
          <TextField
            label={t('accounts.fullName')}
            hint={t('accounts.fullNameHint')}
            value={fullName}
            onChange={setFullName}
          />
          <NameField value={name} onChange={setName} />
          <PasswordFields password={password} again={again} onPassword={setPassword} onAgain={setAgain} />
          <Refusal failure={failure} />
          <div className="settings-actions">
            <Button
              kind="primary"
              type="submit"
              busy={isBusy}
              disabled={name.trim() === '' || fullName.trim() === '' || password === '' || password !== again}
            >
              {t('access.makeFirst')}
            </Button>
          </div>
        </form>
      </Panel>
    </>
  )
}
