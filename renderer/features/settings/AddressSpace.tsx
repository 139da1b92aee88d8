import { useCallback, useEffect, useRef, useState, type KeyboardEvent } from 'react'
import type { BrowseEntry } from '../../../shared/protocol/methods.ts'
import { bridge } from '../../bridge/bridge.ts'
import { useConnectionPhase } from '../../stores/connection.ts'
import { failureOf } from '../../stores/topic.ts'
import { ErrorPane, Skeleton, t } from '../../ui/index.ts'
import { treeKey, visibleRows, type Branch, type TreeRow, type TreeState } from './tree-model.ts'

/** The Objects folder (OPC 10000-5, 8.2.4): where every server keeps what it offers. */
const rootNodeId = 'i=85'

interface AddressSpaceProps {
  serverId: string
  /** Point id by node id: what is mapped already. */
  mapped: ReadonlyMap<string, string>
  chosen: string | null
  onChoose: (entry: BrowseEntry) => void
}

function useTree(serverId: string) {
  const phase = useConnectionPhase()
  const [tree, setTree] = useState<TreeState>({ branches: new Map(), open: new Set() })
  const load = useCallback(
    async (path: string, nodeId: string): Promise<void> => {
      const put = (branch: Branch): void =>
        setTree((before) => ({ ...before, branches: new Map(before.branches).set(path, branch) }))
      put({ state: 'loading' })
      try {
        const { entries } = await bridge.call('server.browse', { serverId, nodeId })
        put({ state: 'loaded', entries })
      } catch (error) {
        const { message, remedy } = failureOf(error)
        put({ state: 'failed', message, remedy: remedy ?? null })
      }
    },
    [serverId],
  )
  useEffect(() => {
    if (phase === 'live') void load(rootNodeId, rootNodeId)
  }, [phase, load])
  const setOpen = (row: TreeRow, isOpen: boolean): void => {
    setTree((before) => {
      const open = new Set(before.open)
      if (isOpen) open.add(row.path)
      else open.delete(row.path)
      return { ...before, open }
    })
    const known = tree.branches.get(row.path)
    if (isOpen && (known === undefined || known.state === 'failed')) void load(row.path, row.entry.nodeId)
  }
  return { tree, setOpen, again: () => void load(rootNodeId, rootNodeId) }
}

/** The server's tree, read a level at a time; arrow keys walk it, Enter chooses a variable. */
export function AddressSpace({ serverId, mapped, chosen, onChoose }: AddressSpaceProps) {
  const { tree, setOpen, again } = useTree(serverId)
  const [focused, setFocused] = useState<string | null>(null)
  const host = useRef<HTMLDivElement | null>(null)
  const root = tree.branches.get(rootNodeId)
  const rows = visibleRows(tree, rootNodeId)
  const entryPath = focused !== null && rows.some((row) => row.path === focused) ? focused : rows[0]?.path

  const onKeyDown = (event: KeyboardEvent): void => {
    const action = treeKey(rows, entryPath ?? null, event.key)
    if (!action) return
    event.preventDefault()
    const row = rows.find((candidate) => candidate.path === action.path)
    if (!row) return
    if (action.kind === 'choose') onChoose(row.entry)
    else if (action.kind === 'focus') {
      setFocused(row.path)
      const index = rows.indexOf(row)
      const element = host.current?.querySelectorAll('[role="treeitem"]')[index]
      if (element instanceof HTMLElement) element.focus()
    } else setOpen(row, action.kind === 'open')
  }

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
    <div className="tree" role="tree" aria-label={t('settings.addressSpace')} ref={host} onKeyDown={onKeyDown}>
      {rows.map((row) => (
        <TreeItem
          key={row.path}
          row={row}
          isEntry={row.path === entryPath}
          isChosen={row.entry.nodeId === chosen}
          mappedTo={mapped.get(row.entry.nodeId) ?? null}
          onFocus={() => setFocused(row.path)}
          onToggle={() => setOpen(row, !row.isOpen)}
          onChoose={() => onChoose(row.entry)}
        />
      ))}
    </div>
  )
}

interface TreeItemProps {
  row: TreeRow
  isEntry: boolean
  isChosen: boolean
  mappedTo: string | null
  onFocus: () => void
  onToggle: () => void
  onChoose: () => void
}

function TreeItem({ row, isEntry, isChosen, mappedTo, onFocus, onToggle, onChoose }: TreeItemProps) {
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
      tabIndex={isEntry ? 0 : -1}
      className={`tree-item${isChosen ? ' chosen' : ''}${isVariable ? ' variable' : ''}`}
      style={{ paddingLeft: 4 + (row.level - 1) * 16 }}
      title={entry.nodeId}
      onFocus={onFocus}
      onClick={() => (isVariable ? onChoose() : onToggle())}
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
  return entry.unit === null ? shape : `${shape} ${entry.unit}`
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
