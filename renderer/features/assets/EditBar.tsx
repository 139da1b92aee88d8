import { useState } from 'react'
import { fileActor } from '../../../shared/domain/access.ts'
import type { ConfigRevision } from '../../../shared/domain/config-history.ts'
import type { PlantChange } from '../../../shared/domain/plant-change.ts'
import { useMay } from '../../stores/access.ts'
import { useFeed, useTimeZone } from '../../stores/feeds.ts'
import { useCall } from '../../stores/topic.ts'
import { Button, formatTime, t } from '../../ui/index.ts'
import type { Editing } from './draft-store.ts'
import { changesOf, decided, faultsOfEntry, type Clash } from './drafts.ts'
import { Made } from './Made.tsx'
import { fieldWords, valueWords } from './words.ts'

interface EditBarProps {
  editing: Editing
  /** Whose edit it is, in words. */
  name: string
  /** Changes of other entries that go along. */
  along?: readonly PlantChange[]
}

const nothing: readonly PlantChange[] = []

/** Under every form: whether something is unsaved, what somebody else did meanwhile, and the way to save it. */
export function EditBar({ editing, name, along = nothing }: EditBarProps) {
  const { draft, isEdited, discard } = editing
  const [isOpen, setIsOpen] = useState(false)
  const may = useMay('config.edit')
  const changes = [...changesOf(draft), ...along]
  const invalid = Object.keys(draft.invalid).length
  const canReview =
    may && isEdited && invalid === 0 && changes.length > 0 && draft.clashes.length === 0 && !draft.isGone
  const review = (): void => {
    if (canReview) setIsOpen(true)
  }
  return (
    <div className="edit-bar">
      {draft.isGone && (
        <p className="assets-notice" role="alert">
          {t('assets.goneMeanwhile', { name })}
        </p>
      )}
      {draft.clashes.length > 0 && <Clashes editing={editing} name={name} />}
      {/* Not `disabled`: a disabled button that has the focus hears no key, and Ctrl+Z is pressed right after saving. */}
      <div className="form-actions">
        <Button kind="primary" aria-disabled={!canReview} onClick={review} aria-keyshortcuts="Control+S" data-review>
          {t('assets.review')}
        </Button>
        <Button aria-disabled={!isEdited} onClick={discard}>
          {t('assets.discard')}
        </Button>
        <span className="muted" role="status">
          {statusOf(may, isEdited, invalid, changes.length)}
        </span>
      </div>
      {isOpen && <Review editing={editing} name={name} changes={changes} onClose={() => setIsOpen(false)} />}
    </div>
  )
}

function statusOf(may: boolean, isEdited: boolean, invalid: number, changes: number): string {
  if (!may) return t('assets.mayNot')
  if (!isEdited) return t('assets.unchanged')
  return invalid > 0 ? t('assets.invalidFields', { count: invalid }) : t('assets.unsaved', { count: changes })
}

interface ReviewProps {
  editing: Editing
  name: string
  changes: readonly PlantChange[]
  onClose: () => void
}

function Review({ editing, name, changes, onClose }: ReviewProps) {
  const plant = useFeed((feeds) => feeds.plant?.plant ?? null)
  return (
    <Made
      changes={changes}
      name={name}
      onClose={onClose}
      onFaults={(faults) =>
        plant && editing.edit((draft) => ({ ...draft, faults: faultsOfEntry(plant, draft, faults) }))
      }
    />
  )
}

function saidOf(last: ConfigRevision | undefined, name: string, zone: string): string {
  if (!last) return t('assets.clashUnknown', { name })
  const time = formatTime(last.atUs, zone)
  if (last.author === fileActor.name) return t('assets.clashFile', { name, time })
  return t('assets.clashBy', { author: last.author, name, time, reason: last.reason })
}

/** Both values beside each other, who and why; the person chooses, and nothing is saved before. */
function Clashes({ editing, name }: { editing: Editing; name: string }) {
  const { draft } = editing
  const zone = useTimeZone()
  const { value } = useCall('config.history', { section: draft.section, id: draft.id, beforeRevision: null, limit: 1 })
  const [last] = value?.revisions ?? []
  return (
    <section className="assets-notice" role="alert" aria-label={t('assets.clash')}>
      <p>{saidOf(last, name, zone)}</p>
      {draft.clashes.map((clash) => (
        <ClashRow key={clash.field} clash={clash} editing={editing} />
      ))}
    </section>
  )
}

function ClashRow({ clash: { field, mine, theirs }, editing }: { clash: Clash; editing: Editing }) {
  const { section } = editing.draft
  const choose = (takes: 'mine' | 'theirs') => () => editing.edit((draft) => decided(draft, field, takes))
  return (
    <div className="clash">
      <strong>{fieldWords(section, field)}</strong>
      <Button onClick={choose('mine')}>{t('assets.keepMine', { value: valueWords(section, field, mine) })}</Button>
      <Button onClick={choose('theirs')}>
        {t('assets.takeTheirs', { value: valueWords(section, field, theirs) })}
      </Button>
    </div>
  )
}
