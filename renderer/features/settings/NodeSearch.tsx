import { useEffect, useState } from 'react'
import type { BrowseEntry } from '../../../shared/protocol/methods.ts'
import type { Failure } from '../../../shared/domain/problem.ts'
import { bridge } from '../../bridge/bridge.ts'
import { failureOf, useCall } from '../../stores/topic.ts'
import { Button, t } from '../../ui/index.ts'

interface NodeSearchProps {
  serverId: string
  text: string
  onText: (text: string) => void
}

const restMs = 200
const shown = 200

/** Nothing is asked while somebody types. */
function useRested(text: string): string {
  const [rested, setRested] = useState(text)
  useEffect(() => {
    const timer = setTimeout(() => setRested(text), restMs)
    return () => clearTimeout(timer)
  }, [text])
  return rested
}

export function SearchField({ text, onText }: Omit<NodeSearchProps, 'serverId'>) {
  return (
    <input
      type="search"
      className="input tree-search"
      aria-label={t('browse.search')}
      placeholder={t('browse.searchHint')}
      spellCheck={false}
      value={text}
      onChange={(event) => onText(event.target.value)}
    />
  )
}

interface FoundListProps {
  serverId: string
  text: string
  chosen: string | null
  onChoose: (entry: BrowseEntry) => void
}

/** Names of the whole server that hold the text; the server is walked once, at the first search. */
export function FoundList({ serverId, text, chosen, onChoose }: FoundListProps) {
  const wanted = useRested(text.trim())
  const params = wanted === '' ? null : { serverId, text: wanted, limit: shown, again: false }
  const { value: found, failure: searchFailure, again } = useCall('server.search', params)
  const [nodeFailure, setNodeFailure] = useState<Failure | null>(null)
  const failure = searchFailure ?? nodeFailure
  const choose = async (nodeId: string): Promise<void> => {
    try {
      onChoose((await bridge.call('server.node', { serverId, nodeId })).node)
      setNodeFailure(null)
    } catch (error) {
      setNodeFailure(failureOf(error))
    }
  }
  /** The names were read at the first search; a server may have others by now. */
  const readAnew = async (): Promise<void> => {
    if (params === null) return
    try {
      await bridge.call('server.search', { ...params, again: true })
      setNodeFailure(null)
      again()
    } catch (error) {
      setNodeFailure(failureOf(error))
    }
  }
  return (
    <div className="found">
      <Button kind="quiet" onClick={() => void readAnew()}>
        {t('browse.readAnew')}
      </Button>
      <p role="status" className="small muted">
        {failure
          ? failure.message
          : found
            ? t(found.complete ? 'browse.found' : 'browse.foundPartly', {
                count: found.matches,
                searched: found.searched,
              })
            : t('browse.searching')}
      </p>
      <ul className="found-list">
        {found?.nodes.map((node) => (
          <li key={node.nodeId}>
            <button
              type="button"
              className={`found-node${node.nodeId === chosen ? ' chosen' : ''}`}
              title={node.nodeId}
              onClick={() => void choose(node.nodeId)}
            >
              <span>{node.displayName}</span>
              <span className="small muted">{node.path.join(t('browse.pathJoint'))}</span>
            </button>
          </li>
        ))}
      </ul>
      {found && found.matches > found.nodes.length && (
        <p className="small muted">{t('browse.more', { shown: found.nodes.length })}</p>
      )}
    </div>
  )
}
