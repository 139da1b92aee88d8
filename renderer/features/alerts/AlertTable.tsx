import { useEffect, useRef, useState, type KeyboardEvent } from 'react'
import type { AlertView } from '../../../shared/protocol/views.ts'
import { useNowUs } from '../../stores/clock.ts'
import { useTimeZone } from '../../stores/feeds.ts'
import { toast } from '../../stores/toasts.ts'
import {
  Button,
  Empty,
  formatClock,
  formatNumber,
  formatTime,
  PriorityMark,
  t,
  Table,
  tMaybe,
  type Column,
} from '../../ui/index.ts'
import { AcknowledgeDialog } from './AcknowledgeDialog.tsx'
import { AlertDetail } from './AlertDetail.tsx'
import { canAcknowledge, canLabel, clockText, countdownOf, priorityOrder } from './criteria.ts'
import { openEvidence } from './evidence.ts'
import { LabelDialog } from './LabelDialog.tsx'
import { holdOrder, keepSelection } from './table-model.ts'

interface AlertTableProps {
  label: string
  views: readonly AlertView[]
  selected: string | null
  onSelect: (occurrenceId: string) => void
  empty: { title: string; next: string }
  /** The journal keeps the order it was read in and has no clock that runs. */
  isHistory?: boolean
  footer?: React.ReactNode
}

const idOf = (view: AlertView): string => view.occurrence.id

function sorted(views: readonly AlertView[]): AlertView[] {
  return views.toSorted(
    (a, b) =>
      priorityOrder(a.occurrence.priority) - priorityOrder(b.occurrence.priority) ||
      a.occurrence.raisedUs - b.occurrence.raisedUs,
  )
}

/**
 * Rows keep their place while somebody works in the table: what arrives then is announced above it and waits at the end
 * until it is sorted in.
 */
function useHeldOrder(views: readonly AlertView[], isHistory: boolean, isWorking: boolean) {
  const wanted = (isHistory ? views : sorted(views)).map(idOf)
  const [held, setHeld] = useState<readonly string[]>(wanted)
  const ids = isWorking ? holdOrder(held, wanted) : wanted
  if (ids.length !== held.length || ids.some((id, index) => id !== held[index])) setHeld(ids)
  const byId = new Map(views.map((view) => [idOf(view), view]))
  const rows = ids.map((id) => byId.get(id)).filter((view) => view !== undefined)
  const isSorted = ids.every((id, index) => id === wanted[index])
  return { rows, ids, isSorted, sortNow: () => setHeld(wanted) }
}

type Asking = { what: 'acknowledge' | 'label'; view: AlertView }

export function AlertTable({ label, views, selected, onSelect, empty, isHistory = false, footer }: AlertTableProps) {
  const host = useRef<HTMLDivElement | null>(null)
  const [isWorking, setIsWorking] = useState(false)
  const [asking, setAsking] = useState<Asking | null>(null)
  const { rows, ids, isSorted, sortNow } = useHeldOrder(views, isHistory, isWorking || asking !== null)
  const [before, setBefore] = useState<{ ids: readonly string[]; selected: string | null }>({ ids, selected })
  // A selection whose alert left goes to the row that took its place, so that A, A, A walks down the list.
  const current = keepSelection({ ids: before.ids, selected: selected ?? before.selected }, ids)
  if (before.ids !== ids && (before.ids.length !== ids.length || before.selected !== current))
    setBefore({ ids, selected: current })
  const view = rows.find((row) => idOf(row) === current)
  const focus = useRowFocus(host, current, asking !== null)

  const onKey = (row: AlertView, event: KeyboardEvent): void => {
    if (event.ctrlKey || event.altKey || event.metaKey) return
    const key = event.key.toLowerCase()
    if (key === 'a' && canAcknowledge(row.occurrence)) setAsking({ what: 'acknowledge', view: row })
    else if (key === 'l' && canLabel(row.occurrence)) setAsking({ what: 'label', view: row })
    else if (key === 'l') toast('failed', t('alerts.acknowledgeFirst'))
    else return
    event.preventDefault()
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
          idOf={idOf}
          selectedId={current}
          onSelect={(row) => onSelect(idOf(row))}
          onOpen={openEvidence}
          onKey={onKey}
        />
        {footer}
        <KeyHints />
      </div>
      {view && (
        <AlertDetail
          key={idOf(view)}
          view={view}
          onAcknowledge={() => setAsking({ what: 'acknowledge', view })}
          onLabel={() => setAsking({ what: 'label', view })}
        />
      )}
      {asking?.what === 'acknowledge' && <AcknowledgeDialog view={asking.view} onClose={() => setAsking(null)} />}
      {asking?.what === 'label' && <LabelDialog view={asking.view} onClose={() => setAsking(null)} />}
    </div>
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

function KeyHints() {
  const hints = [
    ['↑ ↓', t('alerts.hint.move')],
    ['A', t('alerts.acknowledge')],
    ['L', t('alerts.label')],
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

const mark = ({ occurrence }: AlertView) => (
  <PriorityMark priority={occurrence.priority} flashing={occurrence.acknowledgedUs === null} size={16} />
)
const since = ({ occurrence }: AlertView) => <Since tUs={occurrence.raisedUs} />
const against = (view: AlertView) => <Against view={view} />
const respondBy = (view: AlertView) => <RespondBy view={view} />
const what = ({ occurrence, pointName }: AlertView) => (
  <span title={occurrence.contract.meaning}>
    {occurrence.contract.meaning} <span className="muted">{pointName}</span>
  </span>
)

function Since({ tUs }: { tUs: number }) {
  const zone = useTimeZone()
  const nowUs = useNowUs()
  return nowUs - tUs < 12 * 3600 * 1e6 ? formatClock(tUs, zone) : formatTime(tUs, zone, nowUs)
}

function Against({ view: { occurrence, currentValue, unit } }: { view: AlertView }) {
  return (
    <>
      <strong>{formatNumber(currentValue ?? occurrence.value, 3)}</strong>
      <span className="muted">{t('alerts.against', { limit: formatNumber(occurrence.limit, 3), unit })}</span>
    </>
  )
}

function RespondBy({ view }: { view: AlertView }) {
  const countdown = countdownOf(view.occurrence, useNowUs())
  if (countdown.kind === 'met') return <span className="muted">{t('alerts.inTime')}</span>
  if (countdown.kind === 'late') return t('alerts.late', { time: clockText(countdown.seconds) })
  if (countdown.kind === 'overdue')
    return <strong className="overdue">{t('alerts.overdue', { time: clockText(countdown.seconds) })}</strong>
  return <span className={countdown.tight ? 'tight' : ''}>{clockText(countdown.seconds)}</span>
}

function openColumns(): Column<AlertView>[] {
  return [
    { id: 'mark', title: t('alerts.col.priority'), hasHiddenTitle: true, width: '18px', cell: mark },
    { id: 'since', title: t('alerts.col.since'), width: '62px', cell: since },
    { id: 'machine', title: t('alerts.col.machine'), width: 'minmax(108px, 0.8fr)', cell: (view) => view.assetName },
    { id: 'what', title: t('alerts.col.what'), width: 'minmax(120px, 2fr)', cell: what },
    { id: 'value', title: t('alerts.col.value'), width: '112px', align: 'end', cell: against },
    {
      id: 'state',
      title: t('alerts.col.state'),
      width: 'minmax(116px, 0.5fr)',
      cell: ({ occurrence }) => t(`alarmState.${occurrence.state}`),
    },
    {
      id: 'owner',
      title: t('alerts.col.owner'),
      width: 'minmax(90px, 0.5fr)',
      cell: ({ occurrence }) => occurrence.contract.recipient,
    },
    { id: 'respond', title: t('alerts.col.respond'), width: '86px', align: 'end', cell: respondBy },
  ]
}

function journalColumns(): Column<AlertView>[] {
  return [
    ...openColumns().filter((column) => column.id !== 'respond' && column.id !== 'owner' && column.id !== 'value'),
    {
      id: 'peak',
      title: t('alerts.col.peak'),
      width: '110px',
      align: 'end',
      cell: ({ occurrence, unit }) => `${formatNumber(occurrence.peakValue, 3)} ${unit}`,
    },
    {
      id: 'outcome',
      title: t('alerts.col.outcome'),
      width: 'minmax(110px, 0.9fr)',
      cell: ({ occurrence }) =>
        occurrence.outcome === null
          ? t('alerts.noOutcome')
          : tMaybe(`outcome.${occurrence.outcome}.name`, occurrence.outcome),
    },
  ]
}
