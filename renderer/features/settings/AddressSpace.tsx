import { useState } from 'react'
import { displayUnit } from '../../../shared/domain/units.ts'
import type { BrowseEntry } from '../../../shared/protocol/methods.ts'
import { ErrorPane, Skeleton, t, Tree } from '../../ui/index.ts'
import { dragNode } from './node-drag.ts'
import { visibleRows, type NodeRow } from './tree-model.ts'
import { rootNodeId, useTree } from './use-tree.ts'

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
    <Tree
      label={t('settings.addressSpace')}
      rows={rows}
      focused={focused}
      chosen={rows.find(({ entry }) => entry.nodeId === chosen)?.key ?? null}
      onFocus={(row) => setFocused(row.key)}
      onToggle={setOpen}
      onChoose={(row) => {
        onChoose(row.entry)
        if (!isVariable(row) && row.isOpen !== null) setOpen(row, !row.isOpen)
      }}
      onView={describe}
      itemProps={({ entry }) => ({
        title: entry.nodeId,
        draggable: entry.nodeClass === 'variable',
        onDragStart: (event) => dragNode(event, entry),
      })}
    >
      {(row) => <NodeWords row={row} mappedTo={mapped.get(row.entry.nodeId) ?? null} />}
    </Tree>
  )
}

function isVariable({ entry }: NodeRow): boolean {
  return entry.nodeClass === 'variable'
}

function NodeWords({ row, mappedTo }: { row: NodeRow; mappedTo: string | null }) {
  const { entry, branch } = row
  return (
    <>
      <span className={`tree-name${isVariable(row) ? ' variable' : ''}`}>{entry.displayName}</span>
      {isVariable(row) && <span className="small muted">{typeWords(entry)}</span>}
      {mappedTo !== null && <span className="small tree-mapped">{t('settings.mappedTo', { id: mappedTo })}</span>}
      {branch?.state === 'loading' && <span className="small muted">{t('state.loading')}</span>}
      {branch?.state === 'failed' && (
        <span className="small">{t('settings.branchFailed', { message: branch.message })}</span>
      )}
    </>
  )
}

function typeWords(entry: BrowseEntry): string {
  const type = entry.dataType ?? ''
  const shape = entry.valueRank !== null && entry.valueRank >= 1 ? t('settings.array', { type }) : type
  return entry.unit === null ? shape : `${shape} ${displayUnit(entry.unit)}`
}
