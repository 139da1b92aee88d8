import { useEffect, useRef, useState, type KeyboardEvent } from 'react'
import type { ConditionAction } from '../../../shared/domain/condition.ts'
import type { AlertView, ServerAlarmView } from '../../../shared/protocol/views.ts'
import { wasAcknowledged } from '../../stores/alert-actions.ts'
import { toast } from '../../stores/toasts.ts'
import { Button, Empty, t, Table } from '../../ui/index.ts'
import { AcknowledgeDialog } from './AcknowledgeDialog.tsx'
import { journalColumns, openColumns } from './AlertColumns.tsx'
import { alertRowPx, canAnswer, canShelve, idOfRow, isShelved, rowsOf, sortRows, type AlertRow } from './alert-rows.ts'
import { AlertDetail } from './AlertDetail.tsx'
import { canAcknowledge, canLabel } from './criteria.ts'
import { openEvidence } from './evidence.ts'
import { LabelDialog } from './LabelDialog.tsx'
import { ServerAlarmDetail } from './ServerAlarmDetail.tsx'
import { ServerAlarmDialog } from './ServerAlarmDialog.tsx'
import { holdOrder, keepSelection } from './table-model.ts'

interface AlertTableProps {
  label: string
  views: readonly AlertView[]
  /** Alarms of servers, beside ours in one list. */
  alarms?: readonly ServerAlarmView[]
  selected: string | null
  onSelect: (id: string) => void
  empty: { title: string; next: string }
  /** The journal keeps the order it was read in and has no clock that runs. */
  isHistory?: boolean
  footer?: React.ReactNode
}

const noAlarms: readonly ServerAlarmView[] = []

/**
 * Rows keep their place while somebody works in the table: what arrives then is announced above it and waits at the end
 * until it is sorted in.
 */
function useHeldOrder(all: readonly AlertRow[], isHistory: boolean, isWorking: boolean) {
  const wanted = (isHistory ? all : sortRows(all)).map(idOfRow)
  const [held, setHeld] = useState<readonly string[]>(wanted)
  const ids = isWorking ? holdOrder(held, wanted) : wanted
  if (ids.length !== held.length || ids.some((id, index) => id !== held[index])) setHeld(ids)
  const byId = new Map(all.map((row) => [idOfRow(row), row]))
  const rows = ids.map((id) => byId.get(id)).filter((row) => row !== undefined)
  const isSorted = ids.every((id, index) => id === wanted[index])
  return { rows, ids, isSorted, sortNow: () => setHeld(wanted) }
}

type Asking = { what: 'acknowledge' | 'label'; view: AlertView } | { what: ConditionAction; alarm: ServerAlarmView }

export function AlertTable(props: AlertTableProps) {
  const { label, views, alarms = noAlarms, selected, onSelect, empty, isHistory = false, footer } = props
  const host = useRef<HTMLDivElement | null>(null)
  const [isWorking, setIsWorking] = useState(false)
  const [asking, setAsking] = useState<Asking | null>(null)
  const { rows, ids, isSorted, sortNow } = useHeldOrder(rowsOf(views, alarms), isHistory, isWorking || asking !== null)
  const [before, setBefore] = useState<{ ids: readonly string[]; selected: string | null }>({ ids, selected })
  // A selection whose alert left goes to the row that took its place, so that A, A, A walks down the list.
  const current = keepSelection({ ids: before.ids, selected: selected ?? before.selected }, ids)
  if (before.ids !== ids && (before.ids.length !== ids.length || before.selected !== current))
    setBefore({ ids, selected: current })
  const chosen = rows.find((row) => idOfRow(row) === current)
  const focus = useRowFocus(host, current, asking !== null)

  const onKey = (row: AlertRow, event: KeyboardEvent): void => {
    if (event.ctrlKey || event.altKey || event.metaKey) return
    const wish = wishOf(row, event.key.toLowerCase())
    if (wish === null) return
    event.preventDefault()
    if (typeof wish === 'string') toast('failed', wish)
    else setAsking(wish)
  }
  if (rows.length === 0) return <Empty title={empty.title} next={empty.next} />
  return (
    <div className="alerts-split">
      <div
        className="alerts-list"
        ref={host}
        onFocus={() => {
          setIsWorking(true)
          focus.entered()
        }}
        onBlur={(event) => {
          if (event.relatedTarget instanceof Node && event.currentTarget.contains(event.relatedTarget)) return
          setIsWorking(false)
          focus.left(event.relatedTarget)
        }}
      >
        {!isSorted && (
          <div className="alerts-unsorted" role="status">
            <span>{t('alerts.unsorted')}</span>
            <Button onClick={sortNow}>{t('alerts.sortNow')}</Button>
          </div>
        )}
        <Table
          label={label}
          columns={isHistory ? journalColumns() : openColumns()}
          rows={rows}
          idOf={idOfRow}
          selectedId={current}
          onSelect={(row) => onSelect(idOfRow(row))}
          onOpen={openRow}
          onKey={onKey}
          rowPx={alertRowPx}
          rowClass={(row) => (row.kind === 'server' && row.alarm.reach !== 'live' ? 'hatched' : '')}
        />
        {footer}
        <KeyHints hasServers={alarms.length > 0} />
      </div>
      {chosen && <Detail key={idOfRow(chosen)} row={chosen} onAsk={setAsking} />}
      {asking && <AskDialog asking={asking} onClose={() => setAsking(null)} />}
    </div>
  )
}

/** Enter shows what an alert of ours rests on; a server's alarm has all it has in the pane beside it. */
function openRow(row: AlertRow): void {
  if (row.kind === 'own') openEvidence(row.view)
  else document.querySelector<HTMLElement>('.alert-detail button')?.focus()
}

/** What a key asks for; a sentence when it cannot be, null when it means nothing here. */
function wishOf(row: AlertRow, key: string): Asking | string | null {
  if (row.kind === 'own') {
    if (key === 'a' && canAcknowledge(row.view.occurrence)) return { what: 'acknowledge', view: row.view }
    if (key !== 'l') return null
    const mayLabel = canLabel(row.view.occurrence) || wasAcknowledged(row.view.occurrence.id)
    return mayLabel ? { what: 'label', view: row.view } : t('alerts.acknowledgeFirst')
  }
  const { alarm } = row
  if (key !== 'a' && key !== 's') return null
  if (alarm.reach === 'unreachable') return t('serverAlarm.noAction')
  if (key === 'a') return canAnswer(alarm.condition) ? { what: 'acknowledge', alarm } : t('serverAlarm.answered')
  if (isShelved(alarm.condition)) return { what: 'unshelve', alarm }
  return canShelve(alarm.condition) ? { what: 'shelve', alarm } : t('serverAlarm.cannotShelve')
}

function Detail({ row, onAsk }: { row: AlertRow; onAsk: (asking: Asking) => void }) {
  if (row.kind === 'server')
    return <ServerAlarmDetail alarm={row.alarm} onAsk={(what) => onAsk({ what, alarm: row.alarm })} />
  const { view } = row
  return (
    <AlertDetail
      view={view}
      onAcknowledge={() => onAsk({ what: 'acknowledge', view })}
      onLabel={() => onAsk({ what: 'label', view })}
    />
  )
}

function AskDialog({ asking, onClose }: { asking: Asking; onClose: () => void }) {
  if ('alarm' in asking) return <ServerAlarmDialog alarm={asking.alarm} action={asking.what} onClose={onClose} />
  return asking.what === 'acknowledge' ? (
    <AcknowledgeDialog view={asking.view} onClose={onClose} />
  ) : (
    <LabelDialog view={asking.view} onClose={onClose} />
  )
}

interface RowFocus {
  entered: () => void
  left: (towards: EventTarget | null) => void
}

/**
 * The chosen row takes the focus when the table appears, so that the keys work at once, and again when the focused row
 * went away (labelled, returned) or a dialog closed over it: the keyboard never ends up nowhere.
 */
function useRowFocus(
  host: React.RefObject<HTMLDivElement | null>,
  current: string | null,
  isAsking: boolean,
): RowFocus {
  const isOwner = useRef(true)
  useEffect(() => {
    if (isAsking || !isOwner.current || current === null) return
    // Somebody who is busy elsewhere on the page keeps the focus.
    const { activeElement } = document
    if (activeElement !== null && activeElement !== document.body && activeElement.tagName !== 'MAIN') return
    const row = host.current?.querySelector(`[data-row="${CSS.escape(current)}"]`)
    if (row instanceof HTMLElement) row.focus({ preventScroll: true })
  }, [host, current, isAsking])
  return {
    entered: () => {
      isOwner.current = true
    },
    left: (towards) => {
      // Without a target the row itself was removed or the window lost the focus; a dialog gives it back.
      const isAway = towards instanceof Element && towards.closest('dialog') === null
      isOwner.current = !isAway
    },
  }
}

function KeyHints({ hasServers }: { hasServers: boolean }) {
  const hints = [
    ['↑ ↓', t('alerts.hint.move')],
    ['A', t('alerts.acknowledge')],
    ['L', t('alerts.label')],
    ...(hasServers ? [['S', t('serverAlarm.action.shelve')] as const] : []),
    ['Enter', t('alerts.evidence')],
  ] as const
  return (
    <div className="key-hints" aria-hidden>
      {hints.map(([key, words]) => (
        <span key={key}>
          <kbd>{key}</kbd>
          {words}
        </span>
      ))}
    </div>
  )
}
