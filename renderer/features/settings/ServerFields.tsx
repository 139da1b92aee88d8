import type { EndpointView } from '../../../shared/protocol/methods.ts'
import { Field, t } from '../../ui/index.ts'
import { Choice } from '../../ui/Page.tsx'
import type { ExceptionFault } from './server/exception-draft.ts'
import { ExceptionFields } from './server/ExceptionFields.tsx'
import type { ServerDraft, ServerFault, ServerField } from './endpoint-choice.ts'

interface ServerFieldsProps {
  draft: ServerDraft
  onChange: (draft: ServerDraft) => void
  endpoint: EndpointView | null
  faults: readonly ServerFault[]
}

export function ServerFields({ draft, onChange, endpoint, faults }: ServerFieldsProps) {
  const faultOf = (field: ServerField): string | undefined => {
    const fault = faults.find((candidate) => candidate.field === field)
    return fault === undefined ? undefined : t(`settings.serverFault.${fault.key}`)
  }
  const set = (change: Partial<ServerDraft>): void => onChange({ ...draft, ...change })
  const endpointFault = faultOf('endpoint')
  const exceptionFaults = faults.flatMap(({ field, key }): ExceptionFault[] =>
    (field === 'owner' || field === 'until' || field === 'reason') &&
    (key === 'required' || key === 'reason' || key === 'day')
      ? [{ field, key }]
      : [],
  )
  return (
    <>
      {endpointFault !== undefined && (
        <p className="field-fault" role="alert">
          {t('settings.chooseEndpoint')}
        </p>
      )}
      {endpoint?.mode === 'None' && (
        <div className="settings-warning">
          <p>
            <strong className="insecure">{t('settings.insecure')}</strong> {t('settings.insecureWhat')}
          </p>
          <Field
            label={t('settings.insecureReason')}
            hint={t('settings.insecureReasonHint')}
            fault={faultOf('insecureReason')}
          >
            {(ids) => (
              <input
                {...ids}
                value={draft.insecureReason}
                onChange={(event) => set({ insecureReason: event.target.value })}
              />
            )}
          </Field>
        </div>
      )}
      {endpoint?.needsException === true && (
        <div className="settings-warning">
          <p>
            <strong className="insecure">{t('settings.insecure')}</strong> {t('exception.what.deprecated-policy')}{' '}
            {t('exception.meaning')}
          </p>
          <ExceptionFields
            draft={draft.exception}
            faults={exceptionFaults}
            onChange={(exception) => set({ exception })}
          />
        </div>
      )}
      <div className="form-grid">
        <Field label={t('settings.serverId')} hint={t('settings.serverIdHint')} fault={faultOf('id')}>
          {(ids) => (
            <input {...ids} spellCheck={false} value={draft.id} onChange={(event) => set({ id: event.target.value })} />
          )}
        </Field>
        <Field label={t('settings.serverName')} hint={t('settings.optional')}>
          {(ids) => <input {...ids} value={draft.name} onChange={(event) => set({ name: event.target.value })} />}
        </Field>
      </div>
      <div>
        <p className="muted">{t('settings.user')}</p>
        <Choice
          label={t('settings.user')}
          value={draft.userType}
          options={[
            { value: 'anonymous', label: t('settings.userType.anonymous') },
            { value: 'userName', label: t('settings.userType.userName') },
            { value: 'x509', label: t('settings.userType.x509') },
          ]}
          onChange={(userType) => set({ userType })}
        />
      </div>
      <UserFields draft={draft} set={set} faultOf={faultOf} />
    </>
  )
}

interface UserFieldsProps {
  draft: ServerDraft
  set: (change: Partial<ServerDraft>) => void
  faultOf: (field: ServerField) => string | undefined
}

/** What proves who the user is: nothing, a password, or a certificate with its key. */
function UserFields({ draft, set, faultOf }: UserFieldsProps) {
  return (
    <>
      {draft.userType === 'x509' && (
        <Field label={t('settings.userPem')} hint={t('settings.userPemHint')} fault={faultOf('userPem')}>
          {(ids) => (
            <textarea
              {...ids}
              rows={6}
              autoComplete="off"
              spellCheck={false}
              value={draft.userPem}
              onChange={(event) => set({ userPem: event.target.value })}
            />
          )}
        </Field>
      )}
      {draft.userType === 'userName' && (
        <div className="form-grid">
          <Field label={t('settings.userName')} fault={faultOf('userName')}>
            {(ids) => (
              <input
                {...ids}
                autoComplete="off"
                spellCheck={false}
                value={draft.userName}
                onChange={(event) => set({ userName: event.target.value })}
              />
            )}
          </Field>
          <Field label={t('settings.password')} hint={t('settings.passwordHint')} fault={faultOf('password')}>
            {(ids) => (
              <input
                {...ids}
                type="password"
                autoComplete="new-password"
                value={draft.password}
                onChange={(event) => set({ password: event.target.value })}
              />
            )}
          </Field>
        </div>
      )}
    </>
  )
}
