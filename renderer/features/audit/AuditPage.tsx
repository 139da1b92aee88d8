import { useState } from 'react'
import { auditActions, type AuditAction, type AuditRow } from '../../../shared/domain/audit-trail.ts'
import type { MethodResult } from '../../../shared/protocol/methods.ts'
import { bridge } from '../../bridge/bridge.ts'
import { askToSignIn, useAccess } from '../../stores/access.ts'
import { useTimeZone } from '../../stores/feeds.ts'
import { navigate } from '../../stores/router.ts'
import { toast } from '../../stores/toasts.ts'
import { failureOf, useCall } from '../../stores/topic.ts'
import { Button, Empty, ErrorPane, Field, formatNumber, formatTime, Skeleton, t } from '../../ui/index.ts'
import { Page, Panel } from '../../ui/Page.tsx'
import { factWords, shortened } from './fact-words.ts'
import './audit.css'

const pageRows = 100

interface Filter {
  actor: string | null
  action: AuditAction | null
  subject: string | null
}
const everything: Filter = { actor: null, action: null, subject: null }

/** Who did what, newest first; whether the chain holds; and a copy to keep elsewhere. */
export function AuditPage() {
  const frame = useAccess()
  const mayRead = frame?.allowed.includes('audit.read') ?? false
  return (
    <Page
      title={t('audit.title')}
      subtitle={t('audit.subtitle')}
      layout="fixed"
      className="audit"
      tools={<Button onClick={() => navigate({ page: 'settings' })}>{t('accounts.back')}</Button>}
    >
      {frame === null && <Skeleton rows={6} />}
      {frame !== null && !mayRead && (
        <Empty title={t('audit.noPermission')} next={t('audit.noPermissionNext')}>
          <Button onClick={() => askToSignIn(true)}>{t('access.signIn')}</Button>
        </Empty>
      )}
      {mayRead && <Trail />}
    </Page>
  )
}

function Trail() {
  const [filter, setFilter] = useState(everything)
  /** Where each page before this one began. */
  const [before, setBefore] = useState<readonly (number | null)[]>([null])
  const { value, failure, again } = useCall('audit.read', {
    ...filter,
    beforeSeq: before.at(-1) ?? null,
    limit: pageRows,
  })
  const narrow = (change: Partial<Filter>): void => {
    setFilter({ ...filter, ...change })
    setBefore([null])
  }
  const last = value?.rows.at(-1)?.seq
  return (
    <Panel title={t('audit.list')} tools={<Tools filter={filter} />} className="audit-panel">
      <Filters filter={filter} actors={value?.actors ?? []} onChange={narrow} />
      {failure && !value && <ErrorPane title={t('audit.failed')} failure={failure} onRetry={again} />}
      {!value && !failure && <Skeleton rows={8} />}
      {value?.rows.length === 0 && <Empty title={t('audit.none')} next={t('audit.noneNext')} />}
      {value && value.rows.length > 0 && <Rows rows={value.rows} />}
      <div className="audit-pages">
        <Button disabled={before.length === 1} onClick={() => setBefore(before.slice(0, -1))}>
          {t('audit.newer')}
        </Button>
        <Button
          disabled={value?.more !== true || last === undefined}
          onClick={() => setBefore([...before, last ?? null])}
        >
          {t('audit.older')}
        </Button>
      </div>
    </Panel>
  )
}

interface FiltersProps {
  filter: Filter
  actors: readonly string[]
  onChange: (change: Partial<Filter>) => void
}

function Filters({ filter, actors, onChange }: FiltersProps) {
  return (
    <div className="audit-filters">
      <Field label={t('audit.col.actor')}>
        {(ids) => (
          <select
            {...ids}
            value={filter.actor ?? ''}
            onChange={(event) => onChange({ actor: event.target.value || null })}
          >
            <option value="">{t('audit.everybody')}</option>
            {actors.map((actor) => (
              <option key={actor} value={actor}>
                {actor}
              </option>
            ))}
          </select>
        )}
      </Field>
      <Field label={t('audit.col.action')}>
        {(ids) => (
          <select
            {...ids}
            value={filter.action ?? ''}
            onChange={(event) => onChange({ action: auditActions.find((each) => each === event.target.value) ?? null })}
          >
            <option value="">{t('audit.everything')}</option>
            {auditActions.map((action) => (
              <option key={action} value={action}>
                {t(`auditAction.${action}`)}
              </option>
            ))}
          </select>
        )}
      </Field>
      <Field label={t('audit.col.subject')}>
        {(ids) => (
          <input
            {...ids}
            type="search"
            maxLength={256}
            value={filter.subject ?? ''}
            onChange={(event) => onChange({ subject: event.target.value || null })}
          />
        )}
      </Field>
    </div>
  )
}

function Tools({ filter }: { filter: Filter }) {
  const [busy, setBusy] = useState<'verify' | 'export' | null>(null)
  const [checked, setChecked] = useState<MethodResult<'audit.verify'> | null>(null)
  const run = async (what: 'verify' | 'export', work: () => Promise<void>): Promise<void> => {
    setBusy(what)
    try {
      await work()
    } catch (error) {
      toast('failed', failureOf(error).message)
    }
    setBusy(null)
  }
  const verify = async (): Promise<void> => setChecked(await bridge.call('audit.verify', {}))
  const save = async (): Promise<void> => {
    const { file, entries } = await bridge.call('audit.export', filter)
    toast('done', t('audit.exported', { count: entries, file }))
  }
  return (
    <>
      {checked && <Verdict checked={checked} />}
      <Button busy={busy === 'verify'} onClick={() => void run('verify', verify)}>
        {busy === 'verify' ? t('audit.verifying') : t('audit.verify')}
      </Button>
      <Button busy={busy === 'export'} onClick={() => void run('export', save)}>
        {t('audit.export')}
      </Button>
    </>
  )
}

function Verdict({ checked: { faults, entries, lastHash } }: { checked: MethodResult<'audit.verify'> }) {
  const [first] = faults
  if (first)
    return (
      <span role="alert" className="audit-broken">
        {first.message} {first.remedy}
      </span>
    )
  return (
    <span role="status" className="small muted" title={lastHash ?? ''}>
      {t('audit.whole', { count: formatNumber(entries, 0), hash: (lastHash ?? '').slice(0, 12) })}
    </span>
  )
}

function Rows({ rows }: { rows: readonly AuditRow[] }) {
  const zone = useTimeZone()
  return (
    <div className="table-scroll audit-rows" tabIndex={0} role="region" aria-label={t('audit.list')}>
      <table className="data-table">
        <thead>
          <tr>
            <th scope="col" className="number">
              {t('audit.col.seq')}
            </th>
            <th scope="col">{t('audit.col.time')}</th>
            <th scope="col">{t('audit.col.actor')}</th>
            <th scope="col">{t('audit.col.action')}</th>
            <th scope="col">{t('audit.col.subject')}</th>
            <th scope="col">{t('audit.col.change')}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.seq}>
              <td className="number">{row.seq}</td>
              <td className="audit-time">{formatTime(row.tUs, zone)}</td>
              <th scope="row">
                {row.actor}
                <div className="small muted">{t(`role.${row.role}`)}</div>
              </th>
              <td className="audit-what">{t(`auditAction.${row.action}`)}</td>
              <td className="audit-subject selectable" title={row.subject}>
                {shortened(row.subject)}
              </td>
              <td className="selectable">
                {factWords(row)}
                {row.reason !== null && <div className="small muted">{row.reason}</div>}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
