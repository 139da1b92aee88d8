import { Field, t } from '../../ui/index.ts'

interface TextFieldProps {
  label: string
  hint?: string
  value: string
  onChange: (value: string) => void
}

export function TextField({ label, hint, value, onChange }: TextFieldProps) {
  return (
    <Field label={label} hint={hint}>
      {(ids) => <input {...ids} maxLength={128} value={value} onChange={(event) => onChange(event.target.value)} />}
    </Field>
  )
}

export function NameField({ value, onChange }: { value: string; onChange: (value: string) => void }) {
  return (
    <Field label={t('access.name')} hint={t('accounts.nameHint')}>
      {(ids) => (
        <input
          {...ids}
          autoComplete="off"
          spellCheck={false}
          maxLength={64}
          value={value}
          onChange={(event) => onChange(event.target.value)}
        />
      )}
    </Field>
  )
}

interface PasswordFieldsProps {
  password: string
  again: string
  onPassword: (value: string) => void
  onAgain: (value: string) => void
}

/** Typed twice: what was mistyped once would lock its owner out. */
export function PasswordFields({ password, again, onPassword, onAgain }: PasswordFieldsProps) {
  const differs = again !== '' && again !== password
  return (
    <>
      <Field label={t('accounts.newPassword')} hint={t('accounts.passwordHint')}>
        {(ids) => <Secret ids={ids} value={password} onChange={onPassword} />}
      </Field>
      <Field label={t('accounts.again')} fault={differs ? t('accounts.differs') : undefined}>
        {(ids) => <Secret ids={ids} value={again} onChange={onAgain} />}
      </Field>
    </>
  )
}

interface SecretProps {
  ids: { id: string; 'aria-describedby': string | undefined; 'aria-invalid': boolean }
  value: string
  onChange: (value: string) => void
}

export function Secret({ ids, value, onChange }: SecretProps) {
  return (
    <input
      {...ids}
      type="password"
      autoComplete="new-password"
      maxLength={200}
      value={value}
      onChange={(event) => onChange(event.target.value)}
    />
  )
}
