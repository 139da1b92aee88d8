import { useEffect, useId, useState, type KeyboardEvent, type RefObject } from 'react'
import { displayUnit } from '../../../shared/domain/units.ts'
import type { BrowseEntry } from '../../../shared/protocol/methods.ts'
import { ErrorPane, Skeleton, t } from '../../ui/index.ts'
import { useSize } from '../../ui/use-size.ts'
import { dragNode } from './node-drag.ts'
import { treeKey, visibleRows, type TreeRow } from './tree-model.ts'
import { rootNodeId, useTree } from './use-tree.ts'
import { rowWindow, scrollFor } from '../../ui/virtual-rows.ts'

/** Height of a row as in settings.css: rows outside the view are not drawn, so it has to be known. */
const rowPx = 26

interface AddressSpaceProps {
  serverId: string
  /** Point id by node id: what is mapped already. */
  mapped: ReadonlyMap<string, string>
  chosen: string | null
  onChoose: (entry: BrowseEntry) => void
}

/** The server's tree, read a level at a time; arrow keys walk it, Enter chooses a variable or a folder. */
export function AddressSpace({ serverId, mapped, chosen, onChoose }: AddressSpaceProps) {
  const { tree, setOpen, describe, again } = useTree(serverId)
  const [focused, setFocused] = useState<string | null>(null)
  const root = tree.branches.get(rootNodeId)
  const rows = visibleRows(tree, rootNodeId)
  const at = Math.max(
    0,
    rows.findIndex((row) => row.path === focused),
  )

  if (root?.state === 'failed')
    return (
      <ErrorPane
        title={t('settings.browseFailed')}
        failure={{
          code: 'browse',
          message: root.message,
          retryable: true,
          ...(root.remedy === null ? {} : { remedy: root.remedy }),
        }}
        onRetry={again}
      />
    )
  if (root?.state !== 'loaded') return <Skeleton rows={6} />
  if (rows.length === 0) return <p className="muted">{t('settings.emptyServer')}</p>
  return (
    <TreeView
      rows={rows}
      at={at}
      chosen={chosen}
      mapped={mapped}
      onFocus={setFocused}
      onToggle={setOpen}
      onChoose={onChoose}
      onView={describe}
    />
  )
}

interface TreeViewProps {
  rows: readonly TreeRow[]
  /** Index of the row the keyboard is on. */
  at: number
  chosen: string | null
  mapped: ReadonlyMap<string, string>
  onFocus: (path: string) => void
  onToggle: (row: TreeRow, isOpen: boolean) => void
  onChoose: (entry: BrowseEntry) => void
  onView: (rows: readonly TreeRow[]) => void
}

/** Only the rows in view exist, so the focus stays on the tree and `aria-activedescendant` says where it is. */
function TreeView({ rows, at, chosen, mapped, onFocus, onToggle, onChoose, onView }: TreeViewProps) {
  const id = useId()
  const [host, size] = useSize<HTMLDivElement>()
  const [scrollTopPx, setScrollTopPx] = useState(0)
  const view = rowWindow(scrollTopPx, size?.heightPx ?? 400, rowPx, rows.length)
  const drawn = rows.slice(view.first, view.end)
  // After each drawing; who listens waits until the rows rest.
  useEffect(() => onView(drawn))
  const moveTo = (index: number): void => {
    const row = rows[index]
    if (!row) return
    onFocus(row.path)
    scroll(host, scrollFor(index, host.current?.scrollTop ?? 0, size?.heightPx ?? 400, rowPx))
  }
  const onKeyDown = (event: KeyboardEvent): void => {
    const action = treeKey(rows, rows[at]?.path ?? null, event.key)
    if (!action) return
    event.preventDefault()
    const index = rows.findIndex((candidate) => candidate.path === action.path)
    const row = rows[index]
    if (!row) return
    if (action.kind === 'focus') return moveTo(index)
    if (action.kind !== 'choose') onToggle(row, action.kind === 'open')
    if (event.key === 'Enter' || event.key === ' ') onChoose(row.entry)
  }
  return (
    <div
      className="tree"
      role="tree"
      tabIndex={0}
      aria-label={t('settings.addressSpace')}
      aria-activedescendant={`${id}-${at}`}
      ref={host}
      onKeyDown={onKeyDown}
      onScroll={(event) => setScrollTopPx(event.currentTarget.scrollTop)}
    >
      <div style={{ height: view.beforePx }} />
      {drawn.map((row, offset) => (
        <TreeItem
          key={row.path}
          id={`${id}-${view.first + offset}`}
          row={row}
          isEntry={view.first + offset === at}
          isChosen={row.entry.nodeId === chosen}
          mappedTo={mapped.get(row.entry.nodeId) ?? null}
          onToggle={() => onToggle(row, !row.isOpen)}
          onChoose={() => {
            onFocus(row.path)
            onChoose(row.entry)
          }}
        />
      ))}
      <div style={{ height: view.afterPx }} />
    </div>
  )
}

function scroll(host: RefObject<HTMLDivElement | null>, topPx: number): void {
  if (host.current) host.current.scrollTop = topPx
}

interface TreeItemProps {
  row: TreeRow
  id: string
  isEntry: boolean
  isChosen: boolean
  mappedTo: string | null
  onToggle: () => void
  onChoose: () => void
}

function TreeItem({ row, id, isEntry, isChosen, mappedTo, onToggle, onChoose }: TreeItemProps) {
  const { entry, branch, isOpen } = row
  const isLeaf = !entry.hasChildren || (branch?.state === 'loaded' && branch.entries.length === 0)
  const isVariable = entry.nodeClass === 'variable'
  return (
    <div
      role="treeitem"
      aria-level={row.level}
      aria-posinset={row.position}
      aria-setsize={row.siblings}
      aria-expanded={isLeaf ? undefined : isOpen}
      aria-selected={isChosen}
      id={id}
      className={`tree-item${isChosen ? ' chosen' : ''}${isEntry ? ' entry' : ''}${isVariable ? ' variable' : ''}`}
      style={{ paddingLeft: 4 + (row.level - 1) * 16 }}
      title={entry.nodeId}
      draggable={isVariable}
      onDragStart={(event) => dragNode(event, entry)}
      onClick={() => {
        onChoose()
        if (!isVariable) onToggle()
      }}
    >
      <Twisty isLeaf={isLeaf} isOpen={isOpen} onToggle={onToggle} />
      <span className="tree-name">{entry.displayName}</span>
      {isVariable && <span className="small muted">{typeWords(entry)}</span>}
      {mappedTo !== null && <span className="small tree-mapped">{t('settings.mappedTo', { id: mappedTo })}</span>}
      {branch?.state === 'loading' && <span className="small muted">{t('state.loading')}</span>}
      {branch?.state === 'failed' && (
        <span className="small">{t('settings.branchFailed', { message: branch.message })}</span>
      )}
    </div>
  )
}

function typeWords(entry: BrowseEntry): string {
  const type = entry.dataType ?? ''
  const shape = entry.valueRank !== null && entry.valueRank >= 1 ? t('settings.array', { type }) : type
  return entry.unit === null ? shape : `${shape} ${displayUnit(entry.unit)}`
}

/** For the mouse; the keyboard opens and closes with the arrow keys. */
function Twisty({ isLeaf, isOpen, onToggle }: { isLeaf: boolean; isOpen: boolean; onToggle: () => void }) {
  return (
    <svg
      width="14"
      height="14"
      viewBox="0 0 14 14"
      aria-hidden
      className="tree-twisty"
      onClick={(event) => {
        event.stopPropagation()
        if (!isLeaf) onToggle()
      }}
    >
      {!isLeaf && <path d={isOpen ? 'M2 4.5h10L7 10.5z' : 'M4.5 2v10L10.5 7z'} fill="currentColor" />}
    </svg>
  )
}
