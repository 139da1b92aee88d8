import { useState } from 'react'
import type { ConfigRevision } from '../../../shared/domain/config-history.ts'
import { withEntryChanges, withField, fieldOf } from '../../../shared/lib/entry-changes.ts'
import { invertChanges } from '../../../shared/lib/invert-changes.ts'
import { isRaw, type Raw } from '../../../shared/lib/json.ts'
import { diffEntry } from '../../../shared/lib/plant-diff.ts'
import type { ConfigHistory } from '../../../shared/protocol/config.ts'
import { useFeed, useTimeZone } from '../../stores/feeds.ts'
import { useCall } from '../../stores/topic.ts'
import { Button, Empty, ErrorPane, formatTime, Skeleton, t } from '../../ui/index.ts'
import { ChangeTable } from './ChangeTable.tsx'
import type { Editing } from './draft-store.ts'
import { changesOf, type Section } from './drafts.ts'

/** An entry as one revision left it. */
export interface Version {
  key: string
  atUs: number | null
  author: string
  reason: string
  /** Of the contract, where the entry has one. */
  number: number | null
  entry: Raw | null
  isCurrent: boolean
}

interface HistoryTabProps {
  section: Section
  id: string | null
  /** As it is in force. */
  entry: Raw
  editing: Editing
  /** Of a point only its contract counts. */
  part?: string
}

/** Who changed the entry when and why, and the difference of any two of its versions. */
export function HistoryTab({ section, id, entry, editing, part }: HistoryTabProps) {
  const hash = useFeed((feeds) => feeds.plant?.configHash ?? null)
  const asked = { section, id, beforeRevision: null, limit: 200 }
  const { value, failure, again } = useCall('config.history', asked, undefined, hash)
  if (value === null)
    return failure ? (
      <ErrorPane title={t('assets.noHistory')} failure={failure} onRetry={again} />
    ) : (
      <Skeleton rows={4} />
    )
  const versions = versionsOf(entry, value, part)
  if (versions.length < 2) return <Empty title={t('assets.oneVersion')} next={t('assets.oneVersionNext')} />
  return <Versions section={section} id={id} versions={versions} editing={editing} part={part} hasMore={value.more} />
}

/** From what is in force back through every change: each revision leads to the version before it. */
export function versionsOf(entry: Raw, { revisions, first, more }: ConfigHistory, part?: string): Version[] {
  const versions: Version[] = []
  let now: Raw | null = entry
  for (const revision of revisions) {
    const isOfPart = part === undefined || revision.changes.some(({ field }) => field === '' || field.startsWith(part))
    if (isOfPart) versions.push(version(revision, now, versions.length === 0))
    const before = withEntryChanges(now ?? undefined, invertChanges(revision.changes))
    now = isRaw(before) ? before : null
  }
  if (now === null) return versions
  const begin = more || first === null ? null : first
  return [
    ...versions,
    {
      key: 'first',
      atUs: begin?.atUs ?? null,
      author: begin?.author ?? '',
      reason: begin?.reason ?? '',
      number: numberIn(now),
      entry: now,
      isCurrent: versions.length === 0,
    },
  ]
}

function version({ id, atUs, author, reason }: ConfigRevision, entry: Raw | null, isCurrent: boolean): Version {
  return { key: String(id), atUs, author, reason, number: entry && numberIn(entry), entry, isCurrent }
}

function numberIn(entry: Raw): number | null {
  const number = fieldOf(entry, 'contract.version')
  return typeof number === 'number' ? number : null
}

interface VersionsProps {
  section: Section
  id: string | null
  versions: readonly Version[]
  editing: Editing
  part: string | undefined
  hasMore: boolean
}

function Versions({ section, id, versions, editing, part, hasMore }: VersionsProps) {
  const [newer, setNewer] = useState<string | null>(null)
  const [older, setOlder] = useState<string | null>(null)
  const after = versions.find(({ key }) => key === newer) ?? versions[0]
  const before = versions.find(({ key }) => key === older) ?? versions[1]
  if (!after || !before) return null
  const changes = diffEntry(section, id, before.entry ?? undefined, after.entry ?? undefined).filter(
    ({ field }) => part === undefined || field === '' || field.startsWith(part),
  )
  return (
    <div className="stack">
      <div className="table-scroll">
        <table className="data-table">
          <thead>
            <tr>
              <th scope="col">{t('assets.col.older')}</th>
              <th scope="col">{t('assets.col.newer')}</th>
              <th scope="col">{t('assets.col.version')}</th>
              <th scope="col">{t('assets.col.when')}</th>
              <th scope="col">{t('assets.col.who')}</th>
              <th scope="col">{t('assets.col.why')}</th>
              <th scope="col">
                <span className="visually-hidden">{t('assets.bringBack')}</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {versions.map((one) => (
              <VersionRow
                key={one.key}
                version={one}
                isOlder={one === before}
                isNewer={one === after}
                onOlder={() => setOlder(one.key)}
                onNewer={() => setNewer(one.key)}
                onBack={one.isCurrent || one.entry === null ? null : () => bringBack(editing, one, part)}
              />
            ))}
          </tbody>
        </table>
      </div>
      {hasMore && <p className="muted">{t('assets.olderVersions')}</p>}
      <h3>{t('assets.difference', { older: nameOf(before), newer: nameOf(after) })}</h3>
      {changes.length === 0 ? (
        <p className="muted">{t('assets.noDifference')}</p>
      ) : (
        <ChangeTable plant={null} changes={changes} hasEntry={false} />
      )}
      {changesOf(editing.draft).length > 0 && <p role="status">{t('assets.backIsDraft')}</p>}
    </div>
  )
}

/** As a draft on top of what is in force: it is looked at and saved like any other edit. */
function bringBack(editing: Editing, { entry }: Version, part: string | undefined): void {
  editing.edit((draft) => {
    if (entry === null) return draft
    if (part === undefined) return { ...draft, now: entry }
    const [field = ''] = part.split('.')
    const old = entry[field]
    if (!isRaw(old)) return { ...draft, now: withField(draft.now, field, undefined) }
    const present = draft.base[field]
    // Version, author and reason are given anew: the same number must never mean two things.
    const kept = Object.fromEntries(
      ['version', 'author', 'reason'].flatMap((key) => (isRaw(present) && key in present ? [[key, present[key]]] : [])),
    )
    const { version: _v, author: _a, reason: _r, ...rest } = old
    return { ...draft, now: { ...draft.now, [field]: { ...kept, ...rest } } }
  })
}

function nameOf({ number, key, isCurrent }: Version): string {
  if (number !== null) return t('assets.versionNumber', { number })
  return isCurrent ? t('assets.inForce') : key === 'first' ? t('assets.firstKnown') : t('assets.revision', { id: key })
}

interface VersionRowProps {
  version: Version
  isOlder: boolean
  isNewer: boolean
  onOlder: () => void
  onNewer: () => void
  onBack: (() => void) | null
}

function VersionRow({ version: one, isOlder, isNewer, onOlder, onNewer, onBack }: VersionRowProps) {
  const zone = useTimeZone()
  const name = nameOf(one)
  return (
    <tr>
      <td>
        <input
          type="radio"
          name="older"
          aria-label={t('assets.asOlder', { name })}
          checked={isOlder}
          onChange={onOlder}
        />
      </td>
      <td>
        <input
          type="radio"
          name="newer"
          aria-label={t('assets.asNewer', { name })}
          checked={isNewer}
          onChange={onNewer}
        />
      </td>
      <th scope="row">
        {name}
        {one.isCurrent && one.number !== null && <span className="small muted"> {t('assets.inForce')}</span>}
      </th>
      <td>{one.atUs === null ? t('assets.earlier') : formatTime(one.atUs, zone)}</td>
      <td>{one.author}</td>
      <td className="selectable">{one.reason}</td>
      <td className="actions">{onBack && <Button onClick={onBack}>{t('assets.bringBack')}</Button>}</td>
    </tr>
  )
}
