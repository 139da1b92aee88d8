import { useMemo, useState, type KeyboardEvent } from 'react'
import type { PlantChange } from '../../../../shared/domain/plant-change.ts'
import type { PlantFile } from '../../../../shared/domain/plant-file.ts'
import type { MappingMethod } from '../../../../shared/domain/mapping-methods.ts'
import { bridge } from '../../../bridge/bridge.ts'
import { useAccess, useMay } from '../../../stores/access.ts'
import { useFeed } from '../../../stores/feeds.ts'
import { navigate } from '../../../stores/router.ts'
import { toast } from '../../../stores/toasts.ts'
import { failureOf } from '../../../stores/topic.ts'
import { remember } from '../../../stores/undo.ts'
import { Button, Empty, SearchField, Skeleton, t } from '../../../ui/index.ts'
import { MappingDetail } from './MappingDetail.tsx'
import { MappingGrid } from './MappingGrid.tsx'
import { ScoreBar } from './MappingMark.tsx'
import {
  chosenTags,
  mappedAssets,
  mappingRows,
  nextOpen,
  revokeChanges,
  verifyChanges,
  wholeScore,
  type MappedAsset,
  type MappedTag,
  type MappingRow,
} from './mapping-model.ts'
import { RevokeDialog, VerifyDialog, type Verification } from './VerifyDialog.tsx'
import './mapping.css'

/** Which tag is what, by what evidence: by machine, with the node each comes from and its value now. */
export function MappingTab() {
  const plant = useFeed((feeds) => feeds.plant?.plant ?? null)
  if (plant === null) return <Skeleton rows={8} label={t('mapping.loading')} />
  if (plant.points.length === 0)
    return (
      <Empty title={t('mapping.empty')} next={t('mapping.emptyNext')}>
        <Button onClick={() => navigate({ page: 'settings' })}>{t('nav.settings')}</Button>
      </Empty>
    )
  return <Board plant={plant} />
}

type Asked =
  | { what: 'verify'; tags: readonly MappedTag[]; proposed: { method: MappingMethod; note: string } | null }
  | { what: 'revoke'; tags: readonly MappedTag[] }

function Board({ plant }: { plant: PlantFile }) {
  const assets = useMemo(() => mappedAssets(plant), [plant])
  const board = useBoard(assets)
  const [asked, setAsked] = useState<Asked | null>(null)
  const mayEdit = useMay('config.edit')
  const { rows, row, marked } = board
  const chosen = chosenTags(assets, marked, row)
  const revocable = chosen.filter(({ point }) => point.mapping !== undefined)

  const verify = (): void => {
    if (mayEdit && chosen.length > 0) setAsked({ what: 'verify', tags: chosen, proposed: null })
  }
  const revoke = (): void => {
    if (mayEdit && revocable.length > 0) setAsked({ what: 'revoke', tags: revocable })
  }
  const onKey = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.altKey || event.metaKey) return
    const acts: Record<string, () => void> = {
      v: verify,
      enter: verify,
      r: revoke,
      n: board.next,
      f: () => board.setOpenOnly(!board.openOnly),
      escape: board.unmark,
    }
    const act = acts[event.key.toLowerCase()]
    if (!act) return
    event.preventDefault()
    act()
  }
  return (
    <div className="mapping">
      <Summary assets={assets} />
      <div className="mapping-tools">
        <SearchField label={t('mapping.filter')} value={board.text} onChange={board.setText} />
        <label className="quality-only">
          <input
            type="checkbox"
            checked={board.openOnly}
            onChange={(event) => board.setOpenOnly(event.target.checked)}
          />
          {t('mapping.openOnly')}
        </label>
        <span className="mapping-space" />
        {marked.size > 0 && (
          <Button kind="quiet" onClick={board.unmark}>
            {t('mapping.unmark', { count: marked.size })}
          </Button>
        )}
        <Button kind="primary" disabled={!mayEdit || chosen.length === 0} onClick={verify}>
          {t('mapping.verify', { count: chosen.length })}
        </Button>
        <Button disabled={!mayEdit || revocable.length === 0} onClick={revoke}>
          {t('mapping.revoke')}
        </Button>
      </div>
      <div className="mapping-split">
        <div className="mapping-list">
          {rows.length === 0 ? (
            <Empty title={t('mapping.noRows')} next={t(board.openOnly ? 'mapping.noneOpen' : 'mapping.noRowsNext')} />
          ) : (
            <MappingGrid
              rows={rows}
              at={board.at}
              marked={marked}
              onMove={board.move}
              onMark={board.mark}
              onMarkAll={board.markAll}
              onFold={board.fold}
              onKey={onKey}
            />
          )}
          <p className="small muted quality-hint">{t(mayEdit ? 'mapping.keys' : 'mapping.noRight')}</p>
        </div>
        {/* Another row begins at its top. */}
        <div className="mapping-side" key={row?.id}>
          <MappingDetail
            row={row}
            plant={plant}
            mayEdit={mayEdit}
            onConfirm={(tag, { detail }) =>
              setAsked({ what: 'verify', tags: [tag], proposed: { method: 'shutdown-correlation', note: detail } })
            }
          />
        </div>
      </div>
      {asked && <Asking plant={plant} asked={asked} onDone={board.unmark} onClose={() => setAsked(null)} />}
    </div>
  )
}

function Summary({ assets }: { assets: readonly MappedAsset[] }) {
  const score = wholeScore(assets)
  const words = t('mapping.verifiedOf', { verified: score.verified, points: score.points })
  return (
    <div className="quality-summary" role="status" aria-label={t('mapping.accuracy')}>
      <span>{t('mapping.accuracy')}</span>
      <ScoreBar accuracy={score.accuracy} label={words} />
      <span>{words}</span>
      <span>{t('mapping.testedCount', { count: score.tested })}</span>
      {score.outOfDate > 0 && <span>{t('mapping.outOfDateCount', { count: score.outOfDate })}</span>}
    </div>
  )
}

function useBoard(assets: readonly MappedAsset[]) {
  const [text, setText] = useState('')
  const [openOnly, setOpenOnly] = useState(false)
  const [folded, setFolded] = useState<ReadonlySet<string>>(new Set())
  const [marked, setMarked] = useState<ReadonlySet<string>>(new Set())
  const [place, setPlace] = useState<{ id: string; index: number } | null>(null)
  const [anchor, setAnchor] = useState(0)
  const rows = useMemo(() => mappingRows(assets, { text, openOnly, folded }), [assets, text, openOnly, folded])
  // A row that a filter took away leaves the keyboard where it was.
  const found = place === null ? 0 : rows.findIndex(({ id }) => id === place.id)
  const at = found >= 0 ? found : Math.max(0, Math.min(rows.length - 1, place?.index ?? 0))
  const tagsOf = (row: MappingRow): string[] =>
    row.kind === 'tag' ? [row.tag.point.id] : row.of.tags.map(({ point }) => point.id)

  const move = (index: number, extend: boolean): void => {
    const row = rows[index]
    if (!row) return
    setPlace({ id: row.id, index })
    if (!extend) return setAnchor(index)
    const [from, to] = anchor < index ? [anchor, index] : [index, anchor]
    setMarked(new Set(rows.slice(from, to + 1).flatMap((each) => (each.kind === 'tag' ? tagsOf(each) : []))))
  }
  const mark = (row: MappingRow): void => {
    const ids = tagsOf(row)
    const isMarked = ids.every((id) => marked.has(id))
    const now = new Set(marked)
    for (const id of ids)
      if (isMarked) now.delete(id)
      else now.add(id)
    setMarked(now)
    move(rows.indexOf(row), false)
  }
  return {
    rows,
    at,
    row: rows[at],
    text,
    setText,
    openOnly,
    setOpenOnly,
    marked,
    move,
    mark,
    markAll: () => setMarked(new Set(rows.flatMap((row) => (row.kind === 'tag' ? tagsOf(row) : [])))),
    unmark: () => setMarked(new Set()),
    fold: (row: MappingRow, isFolded: boolean) => {
      const { id } = row.of.asset
      const now = new Set(folded)
      if (isFolded) now.add(id)
      else now.delete(id)
      setFolded(now)
      if (isFolded) setPlace({ id: `asset/${id}`, index: at })
    },
    next: () => move(nextOpen(rows, at), false),
  }
}

interface AskingProps {
  plant: PlantFile
  asked: Asked
  onDone: () => void
  onClose: () => void
}

/** The dialog of an action, and the one revision that it makes of the plant file. */
function Asking({ plant, asked, onDone, onClose }: AskingProps) {
  const access = useAccess()
  const [refusal, setRefusal] = useState<string | null>(null)
  const [isSaving, setIsSaving] = useState(false)
  const person = access?.person?.fullName ?? access?.osUser ?? ''
  const { tags } = asked
  const [first] = tags
  const what =
    tags.length === 1
      ? t('mapping.ofMachine', { machine: first?.machine ?? '', name: first?.name ?? '' })
      : t('mapping.tags', { count: tags.length })

  const change = async (changes: readonly PlantChange[], reason: string, done: string): Promise<void> => {
    setIsSaving(true)
    setRefusal(null)
    try {
      const answer = await bridge.call('config.change', { changes: [...changes], reason })
      const [fault] = answer.faults
      if (fault) setRefusal(`${fault.message} ${fault.remedy}`)
      else {
        remember(done, answer.changes)
        toast('done', t('mapping.done', { what: done }))
        onDone()
        onClose()
        return
      }
    } catch (error) {
      setRefusal(failureOf(error).message)
    }
    setIsSaving(false)
  }
  if (asked.what === 'revoke')
    return (
      <RevokeDialog
        tags={tags}
        refusal={refusal}
        isSaving={isSaving}
        onClose={onClose}
        onRevoke={(reason) => void change(revokeChanges(tags), reason, t('mapping.revoked', { what }))}
      />
    )
  const save = (evidence: Verification): void => {
    const method = t(`dataQuality.method.${evidence.method}`)
    const reason = t('mapping.reason', { what, method, who: evidence.verifiedBy })
    const changes = verifyChanges(plant, tags, evidence)
    if (changes.length === 0) onClose()
    else void change(changes, reason, t('mapping.verifiedWhat', { what }))
  }
  return (
    <VerifyDialog
      tags={tags}
      person={person}
      timeZone={plant.plant.timeZone}
      proposed={asked.proposed}
      refusal={refusal}
      isSaving={isSaving}
      onSave={save}
      onClose={onClose}
    />
  )
}
