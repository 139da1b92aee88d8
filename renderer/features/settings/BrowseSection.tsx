import { useState } from 'react'
import type { PlantFile } from '../../../shared/domain/plant-file.ts'
import type { BrowseEntry } from '../../../shared/protocol/methods.ts'
import { navigate, useRemembered } from '../../stores/router.ts'
import { Button, Empty, t } from '../../ui/index.ts'
import { Panel } from '../../ui/Page.tsx'
import { AddressSpace } from './AddressSpace.tsx'
import { FolderMap } from './FolderMap.tsx'
import { MapForm } from './MapForm.tsx'
import type { DraggedNode } from './node-drag.ts'
import { NodePanel } from './NodePanel.tsx'
import { FoundList, SearchField } from './NodeSearch.tsx'
import { WatchList } from './WatchList.tsx'

/** What fits under the tree; the protocol reads up to a hundred at once. */
const mostWatched = 12

export function BrowseSection({ plant }: { plant: PlantFile }) {
  const [serverId, setServerId] = useRemembered('settings.server', plant.servers[0]?.id ?? '')
  const [node, setNode] = useState<BrowseEntry | null>(null)
  const [text, setText] = useState('')
  const [watches, setWatches] = useRemembered<Readonly<Record<string, readonly DraggedNode[]>>>('settings.watch', {})
  const server = plant.servers.find((candidate) => candidate.id === serverId) ?? plant.servers[0]
  if (!server)
    return (
      <Empty title={t('settings.noServers')} next={t('settings.noServersNext')}>
        <Button kind="primary" onClick={() => navigate({ page: 'settings', section: 'add' })}>
          {t('settings.addServer')}
        </Button>
      </Empty>
    )
  const mapped = new Map(
    plant.points.filter((point) => point.source.serverId === server.id).map((point) => [point.source.nodeId, point.id]),
  )
  const watched = watches[server.id] ?? []
  const unwatch = (nodeId: string): void =>
    setWatches({ ...watches, [server.id]: watched.filter((other) => other.nodeId !== nodeId) })
  const watch = (added: DraggedNode): void => {
    const others = watched.filter(({ nodeId }) => nodeId !== added.nodeId)
    setWatches({ ...watches, [server.id]: [...others, added].slice(-mostWatched) })
  }
  return (
    <div className="browse">
      <Panel
        title={t('settings.addressSpace')}
        className="browse-tree"
        tools={
          <select
            className="input"
            aria-label={t('settings.col.server')}
            value={server.id}
            onChange={(event) => {
              setNode(null)
              setText('')
              setServerId(event.target.value)
            }}
          >
            {plant.servers.map((candidate) => (
              <option key={candidate.id} value={candidate.id}>
                {candidate.name ?? candidate.id}
              </option>
            ))}
          </select>
        }
      >
        <SearchField text={text} onText={setText} />
        {text.trim() === '' ? (
          <AddressSpace
            key={server.id}
            serverId={server.id}
            mapped={mapped}
            chosen={node?.nodeId ?? null}
            onChoose={setNode}
          />
        ) : (
          <FoundList serverId={server.id} text={text} chosen={node?.nodeId ?? null} onChoose={setNode} />
        )}
        <WatchList serverId={server.id} watched={watched} onAdd={watch} onRemove={unwatch} />
      </Panel>
      <Panel
        title={t(node !== null && node.nodeClass !== 'variable' ? 'browse.folderTitle' : 'settings.mapTitle')}
        className="browse-map"
      >
        {node === null ? (
          <Empty title={t('settings.noNode')} next={t('settings.noNodeNext')} />
        ) : (
          <div className="stack" key={node.nodeId}>
            <NodePanel
              serverId={server.id}
              entry={node}
              isWatched={watched.some(({ nodeId }) => nodeId === node.nodeId)}
              onWatch={() => watch({ nodeId: node.nodeId, name: node.displayName })}
            />
            {node.nodeClass === 'variable' ? (
              <MapForm plant={plant} serverId={server.id} entry={node} mappedTo={mapped.get(node.nodeId) ?? null} />
            ) : (
              <FolderMap plant={plant} serverId={server.id} folder={node} mapped={mapped} />
            )}
          </div>
        )}
      </Panel>
    </div>
  )
}
