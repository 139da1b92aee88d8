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
import { NodePlots } from './NodePlots.tsx'
import { FoundList, SearchField } from './NodeSearch.tsx'
import { WatchList } from './WatchList.tsx'

/** What fits under the tree; the protocol reads up to a hundred at once. */
const mostWatched = 12
/** Each is a hundred pixels of the panel and a read a second. */
const mostPlotted = 3

/** Nodes kept by server for as long as the page is in the history; the oldest goes when there are too many. */
function useKept(name: string, serverId: string, most: number) {
  const [all, setAll] = useRemembered<Readonly<Record<string, readonly DraggedNode[]>>>(name, {})
  const nodes = all[serverId] ?? []
  const without = (nodeId: string): DraggedNode[] => nodes.filter((other) => other.nodeId !== nodeId)
  return {
    nodes,
    has: (nodeId: string) => nodes.some((other) => other.nodeId === nodeId),
    add: (added: DraggedNode) => setAll({ ...all, [serverId]: [...without(added.nodeId), added].slice(-most) }),
    remove: (nodeId: string) => setAll({ ...all, [serverId]: without(nodeId) }),
  }
}

export function BrowseSection({ plant }: { plant: PlantFile }) {
  const [serverId, setServerId] = useRemembered('settings.server', plant.servers[0]?.id ?? '')
  const [node, setNode] = useState<BrowseEntry | null>(null)
  const [text, setText] = useState('')
  const server = plant.servers.find((candidate) => candidate.id === serverId) ?? plant.servers[0]
  const watch = useKept('settings.watch', server?.id ?? '', mostWatched)
  const plots = useKept('settings.plots', server?.id ?? '', mostPlotted)
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
        <WatchList serverId={server.id} watched={watch.nodes} onAdd={watch.add} onRemove={watch.remove} />
      </Panel>
      <Panel
        title={t(node !== null && node.nodeClass !== 'variable' ? 'browse.folderTitle' : 'settings.mapTitle')}
        className="browse-map"
      >
        <NodePlots serverId={server.id} plotted={plots.nodes} onAdd={plots.add} onRemove={plots.remove} />
        {node === null ? (
          <Empty title={t('settings.noNode')} next={t('settings.noNodeNext')} />
        ) : (
          <div className="stack" key={node.nodeId}>
            <NodePanel
              serverId={server.id}
              entry={node}
              isWatched={watch.has(node.nodeId)}
              onWatch={() => watch.add({ nodeId: node.nodeId, name: node.displayName })}
              isPlotted={plots.has(node.nodeId)}
              onPlot={() => plots.add({ nodeId: node.nodeId, name: node.displayName })}
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
