import { writeFileSync } from 'node:fs'
import { plantFileSchema, type PlantFile } from '../../shared/domain/plant-file.ts'
import { serverId, type PlantContent } from './content.ts'

export interface PlantFileOptions {
  endpointUrl: string
  /** The WAN proxy before the broker; without one there is no broker destination. */
  brokerUrl: string | null
  /** Folder destination; `cloud` beside the twin when not given. */
  cloudDir?: string | undefined
}

/** The `millwright/plant@1` of what this server serves, checked against the schema. */
export function generatePlantFile(contents: readonly PlantContent[], options: PlantFileOptions): PlantFile {
  const lines = new Map(contents.flatMap((content) => content.lines).map((line) => [line.id, line]))
  return plantFileSchema.parse({
    schema: 'millwright/plant@1',
    plant: { id: 'simulated-plant', name: 'Simulated plant', timeZone: 'Europe/Berlin' },
    lines: [...lines.values()],
    servers: [
      {
        id: serverId,
        name: 'Built-in simulated plant',
        endpointUrl: options.endpointUrl,
        security: {
          mode: 'None',
          policy: 'None',
          reason: 'simulated plant on this machine, reachable on 127.0.0.1 only',
        },
        user: { type: 'anonymous' },
      },
    ],
    assets: contents.flatMap((content) => content.assets),
    points: contents.flatMap((content) => content.points),
    alerts: contents.flatMap((content) => content.alerts),
    sync: [
      { id: 'bulk', kind: 'folder', path: options.cloudDir ?? 'cloud', lane: 'later' },
      ...(options.brokerUrl === null ? [] : [{ id: 'now', kind: 'mqtt', url: options.brokerUrl, lane: 'now' }]),
    ],
  })
}

export function writePlantFile(file: string, plant: PlantFile): void {
  writeFileSync(file, `${JSON.stringify(plant, null, 2)}\n`)
}
