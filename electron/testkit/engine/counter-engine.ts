import { spawn, type ChildProcess } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { engineCommand } from '../../engine/launch.ts'
import { plainServer, testPoints } from '../opcua/plant-parts.ts'

export const engineKey = new Uint8Array(32).fill(7)

/** A plant file of counters `c0`, `c1`, ... on one server; each counts once in `cadenceMs`. Returns where it lies. */
export function writeCounterPlant(folder: string, port: number, counters: number, cadenceMs: number): string {
  const names = Array.from({ length: counters }, (_, i) => `c${i}`)
  const contract = {
    updateCadenceMs: cadenceMs,
    sampleRateHz: 1000 / cadenceMs,
    expectedRange: [0, 1e9] as [number, number],
  }
  const plant = {
    schema: 'millwright/plant@1',
    plant: { id: 'counters', name: 'Counters', timeZone: 'UTC' },
    lines: [{ id: 'l', name: 'L' }],
    servers: [plainServer(port)],
    assets: [{ id: 'a', lineId: 'l', family: 'pump', name: 'A' }],
    points: testPoints(names, contract).map(({ point }) => {
      const { blockSize: _, ...scalar } = point.contract ?? {}
      return { ...point, assetId: 'a', contract: scalar }
    }),
    alerts: [],
    sync: [],
  }
  const file = path.join(folder, 'plant.json')
  fs.writeFileSync(file, JSON.stringify(plant))
  return file
}

/** The engine as a process of its own that sends a receipt for each commit. */
export function spawnEngine(dataDir: string, plantFile: string): ChildProcess {
  const child = spawn(process.execPath, engineCommand(dataDir, plantFile, []), {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    serialization: 'advanced',
  })
  child.send({ t: 'start', dataDir, plantFile, key: engineKey, appVersion: 'test', receipts: true })
  return child
}
