import { useState } from 'react'
import type { PlantFile } from '../../../shared/domain/plant-file.ts'
import type { BrowseEntry } from '../../../shared/protocol/methods.ts'
import { navigate, useRemembered } from '../../stores/router.ts'
import { Button, Empty, t } from '../../ui/index.ts'
import { Panel } from '../../ui/Page.tsx'
import { AddressSpace } from './AddressSpace.tsx'
import { MapForm } from './MapForm.tsx'

export function BrowseSection({ plant }: { plant: PlantFile }) {
  const [serverId, setServerId] = useRemembered('settings.server', plant.servers[0]?.id ?? '')
  const [node, setNode] = useState<BrowseEntry | null>(null)
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
        <AddressSpace
          key={server.id}
          serverId={server.id}
          mapped={mapped}
          chosen={node?.nodeId ?? null}
          onChoose={setNode}
        />
      </Panel>
      <Panel title={t('settings.mapTitle')} className="browse-map">
        {node === null ? (
          <Empty title={t('settings.noNode')} next={t('settings.noNodeNext')} />
        ) : (
          <MapForm
            key={node.nodeId}
            plant={plant}
            serverId={server.id}
            entry={node}
            mappedTo={mapped.get(node.nodeId) ?? null}
          />
        )}
      </Panel>
    </div>
  )
}
