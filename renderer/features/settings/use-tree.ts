import { useCallback, useEffect, useRef, useState } from 'react'
import type { BrowseEntry } from '../../../shared/protocol/methods.ts'
import { bridge } from '../../bridge/bridge.ts'
import { useConnectionPhase } from '../../stores/connection.ts'
import { failureOf } from '../../stores/topic.ts'
import { withDescriptions, type Branch, type NodeRow, type TreeState } from './tree-model.ts'

/** The Objects folder (OPC 10000-5, 8.2.4): where every server keeps what it offers. */
export const rootNodeId = 'i=85'

/** Nodes described in one call, as the protocol bounds it. */
const describeStep = 200
/** Rows that only fly past while scrolling are not asked for. */
const restMs = 120

/** The tree of one server: a level is read when it is opened, types and units of its rows when they come into view. */
export function useTree(serverId: string) {
  const phase = useConnectionPhase()
  const [tree, setTree] = useState<TreeState>({ branches: new Map(), open: new Set() })
  const put = useCallback((path: string, branch: Branch): void => {
    setTree((before) => {
      // Read again after a restart: what is there stays, with its place and its focus, until there is something newer.
      if (branch.state !== 'loaded' && before.branches.get(path)?.state === 'loaded') return before
      return { ...before, branches: new Map(before.branches).set(path, branch) }
    })
  }, [])
  const ask = (path: string, nodeId: string): void => {
    put(path, { state: 'loading' })
    void read(serverId, nodeId).then((branch) => put(path, branch))
  }
  useEffect(() => {
    if (phase === 'live') void read(serverId, rootNodeId).then((branch) => put(rootNodeId, branch))
  }, [phase, serverId, put])
  const setOpen = (row: NodeRow, isOpen: boolean): void => {
    setTree((before) => {
      const open = new Set(before.open)
      if (isOpen) open.add(row.key)
      else open.delete(row.key)
      return { ...before, open }
    })
    const known = tree.branches.get(row.key)
    if (isOpen && (known === undefined || known.state === 'failed')) ask(row.key, row.entry.nodeId)
  }
  const describe = useDescriptions(serverId, setTree)
  return { tree, setOpen, describe, again: () => ask(rootNodeId, rootNodeId) }
}

async function read(serverId: string, nodeId: string): Promise<Branch> {
  try {
    const { entries } = await bridge.call('server.browse', { serverId, nodeId })
    return { state: 'loaded', entries }
  } catch (error) {
    const { message, remedy } = failureOf(error)
    return { state: 'failed', message, remedy: remedy ?? null }
  }
}

/** Asks for what the rows in view do not know yet, once they rest there. */
function useDescriptions(serverId: string, setTree: (change: (before: TreeState) => TreeState) => void) {
  const asked = useRef(new Set<string>())
  const timer = useRef<ReturnType<typeof setTimeout> | null>(null)
  useEffect(
    () => () => {
      if (timer.current !== null) clearTimeout(timer.current)
    },
    [],
  )
  return useCallback(
    (rows: readonly NodeRow[]): void => {
      if (timer.current !== null) clearTimeout(timer.current)
      const wanted = rows.filter(({ entry }) => entry.described === false && !asked.current.has(entry.nodeId))
      if (wanted.length === 0) return
      timer.current = setTimeout(() => {
        const nodeIds = [...new Set(wanted.map(({ entry }) => entry.nodeId))].slice(0, describeStep)
        for (const nodeId of nodeIds) asked.current.add(nodeId)
        void learn(serverId, nodeIds).then((found) => {
          // The names stay; the next look asks again.
          if (found === null) return forget(asked.current, nodeIds)
          const paths = new Set(wanted.map(({ parentPath }) => parentPath))
          return setTree((before) => withDescriptions(before, paths, found))
        })
      }, restMs)
    },
    [serverId, setTree],
  )
}

async function learn(serverId: string, nodeIds: string[]): Promise<ReadonlyMap<string, BrowseEntry> | null> {
  try {
    const { entries } = await bridge.call('server.describe', { serverId, nodeIds })
    return new Map(entries.map((entry) => [entry.nodeId, entry]))
  } catch {
    return null
  }
}

function forget(asked: Set<string>, nodeIds: readonly string[]): void {
  for (const nodeId of nodeIds) asked.delete(nodeId)
}
