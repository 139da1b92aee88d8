import { useState } from 'react'
import type { Account } from '../../../shared/domain/access.ts'
import type { AccountsView } from '../../../shared/protocol/access.ts'
import { bridge } from '../../bridge/bridge.ts'
import { askToSignIn, useAccess } from '../../stores/access.ts'
import { navigate } from '../../stores/router.ts'
import { toast } from '../../stores/toasts.ts'
import { failureOf, useCall } from '../../stores/topic.ts'
import { Button, Empty, ErrorPane, Field, Skeleton, t } from '../../ui/index.ts'
import { Page, Panel } from '../../ui/Page.tsx'
import { AccountDialog, OwnPasswordDialog } from './AccountDialog.tsx'
import { BeginForm } from './BeginForm.tsx'
import './accounts.css'

/** Who may sign in at this desk and as what; on a desk without accounts the way to the first one. */
export function AccountsPage() {
  const frame = useAccess()
  const [isOwn, setIsOwn] = useState(false)
  const tools = (
    <>
      <Button onClick={() => navigate({ page: 'settings' })}>{t('accounts.back')}</Button>
      {frame?.person && <Button onClick={() => setIsOwn(true)}>{t('accounts.ownPassword')}</Button>}
    </>
  )
  return (
    <Page title={t('accounts.title')} subtitle={t('accounts.subtitle')} tools={tools} className="accounts page-stacked">
      {frame === null && <Skeleton rows={5} />}
      {frame?.desk === 'unattended' && <BeginForm />}
      {frame?.desk === 'accounts' &&
        (frame.allowed.includes('account.edit') ? <Accounts /> : <NoPermission isSignedIn={frame.person !== null} />)}
      {isOwn && <OwnPasswordDialog onClose={() => setIsOwn(false)} />}
    </Page>
  )
}

function NoPermission({ isSignedIn }: { isSignedIn: boolean }) {
  return (
    <Empty title={t('accounts.noPermission')} next={t('accounts.noPermissionNext')}>
      <Button onClick={() => askToSignIn(true)}>{isSignedIn ? t('access.switch') : t('access.signIn')}</Button>
    </Empty>
  )
}

function Accounts() {
  const { value, failure, again } = useCall('account.list', {})
  const [edited, setEdited] = useState<Account | 'new' | null>(null)
  if (failure && !value) return <ErrorPane title={t('accounts.failed')} failure={failure} onRetry={again} />
  if (!value) return <Skeleton rows={5} />
  const done = (): void => {
    setEdited(null)
    again()
  }
  return (
    <>
      <Panel
        title={t('accounts.list')}
        tools={
          <Button kind="primary" onClick={() => setEdited('new')}>
            {t('accounts.add')}
          </Button>
        }
      >
        <AccountTable view={value} onEdit={setEdited} />
      </Panel>
      <Idle view={value} onDone={again} />
      {edited !== null && (
        <AccountDialog account={edited === 'new' ? null : edited} onClose={() => setEdited(null)} onDone={done} />
      )}
    </>
  )
}

function AccountTable({ view, onEdit }: { view: AccountsView; onEdit: (account: Account) => void }) {
  return (
    <div className="table-scroll">
      <table className="data-table">
        <thead>
          <tr>
            <th scope="col">{t('accounts.fullName')}</th>
            <th scope="col">{t('access.name')}</th>
            <th scope="col">{t('accounts.roles')}</th>
            <th scope="col">{t('accounts.state')}</th>
            <th scope="col">
              <span className="visually-hidden">{t('accounts.edit')}</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {view.accounts.map((account) => (
            <tr key={account.name}>
              <th scope="row">{account.fullName}</th>
              <td>
                <code>{account.name}</code>
              </td>
              <td>{account.roles.map((role) => t(`role.${role}`)).join(', ')}</td>
              <td>{account.disabled ? t('accounts.closed') : t('accounts.open')}</td>
              <td className="actions">
                <Button aria-label={t('accounts.editOf', { name: account.name })} onClick={() => onEdit(account)}>
                  {t('accounts.edit')}
                </Button>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

function Idle({ view, onDone }: { view: AccountsView; onDone: () => void }) {
  const [minutes, setMinutes] = useState(String(view.settings.idleSignOutMin))
  const number = Number(minutes)
  const isGood = /^\d+$/.test(minutes) && number <= 1440
  const save = async (): Promise<void> => {
    try {
      await bridge.call('access.settings', { idleSignOutMin: number })
      toast('done', t('accounts.idleSaved'))
      onDone()
    } catch (error) {
      toast('failed', failureOf(error).message)
    }
  }
  return (
    <Panel title={t('accounts.idle')}>
      <form
        className="accounts-idle"
        onSubmit={(event) => {
          event.preventDefault()
          void save()
        }}
      >
        <Field
          label={t('accounts.idleMin')}
          hint={t('accounts.idleHint')}
          fault={isGood ? undefined : t('accounts.idleFault')}
        >
          {(ids) => (
            <input {...ids} inputMode="numeric" value={minutes} onChange={(event) => setMinutes(event.target.value)} />
          )}
        </Field>
        <Button type="submit" disabled={!isGood || number === view.settings.idleSignOutMin}>
          {t('accounts.save')}
        </Button>
      </form>
    </Panel>
  )
}
