import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { findBearing, type BearingCatalogue } from '../../shared/domain/bearings.ts'
import { isFeatureName } from '../../shared/domain/features.ts'
import { plantFileSchema } from '../../shared/domain/plant-file.ts'
import { findUnit } from '../../shared/domain/units.ts'
import { catalogued, counterContent, machineContent, waveContent } from './content.ts'
import { machines } from './machines.ts'
import { generatePlantFile } from './plant-file.ts'

const endpointUrl = 'opc.tcp://127.0.0.1:4840'
const file = generatePlantFile([machineContent(null)], { endpointUrl, brokerUrl: 'mqtt://127.0.0.1:1', cloudDir: '/c' })

describe('generated plant file', () => {
  it('is a valid plant file with at least six machines on two or three lines and eight waveform points', () => {
    expect(plantFileSchema.safeParse(file).success).toBe(true)
    expect(file.assets.length).toBeGreaterThanOrEqual(6)
    expect(file.lines.length).toBeGreaterThanOrEqual(2)
    expect(file.points.filter((point) => point.kind === 'waveform').length).toBe(8)
    const families = new Set(file.assets.map((asset) => asset.family))
    for (const family of ['pump', 'motor', 'compressor', 'conveyor', 'fan'] as const) expect(families).toContain(family)
  })

  it('gives every asset its eight facts and a bearing', () => {
    for (const asset of file.assets) {
      for (const key of ['id', 'lineId', 'manufacturer', 'model', 'commissionedOn', 'criticality'] as const)
        expect(asset[key], `${asset.id}.${key}`).toBeTruthy()
      expect(asset.failureModes?.length).toBeGreaterThan(0)
      expect(asset.components?.some((component) => component.bearing !== undefined)).toBe(true)
      expect(asset.runState?.evidences.length).toBeGreaterThanOrEqual(2)
    }
    expect(file.plant.id).toBeTruthy()
  })

  it('refers only to what is there, once', () => {
    const points = new Set(file.points.map((point) => point.id))
    const assets = new Set(file.assets.map((asset) => asset.id))
    const lines = new Set(file.lines.map((line) => line.id))
    expect(points.size).toBe(file.points.length)
    expect(new Set(file.alerts.map((alert) => alert.id)).size).toBe(file.alerts.length)
    for (const asset of file.assets) {
      expect(lines).toContain(asset.lineId)
      for (const evidence of asset.runState?.evidences ?? []) expect(points).toContain(evidence.pointId)
    }
    for (const point of file.points) {
      expect(assets).toContain(point.assetId)
      if (point.tachoPointId) expect(points).toContain(point.tachoPointId)
      expect(point.source.nodeId).toBe(`nsu=urn:millwright:plant;s=${point.id}`)
    }
    for (const alert of file.alerts) expect(points).toContain(alert.pointId)
  })

  it('has known units, sane ranges, cadence equal to block over rate', () => {
    for (const { id, contract } of file.points) {
      if (!contract) throw new Error(`${id} has no contract`)
      expect(findUnit(contract.quantity, contract.unit), `${id} ${contract.unit}`).toBeDefined()
      expect(contract.expectedRange[0]).toBeLessThan(contract.expectedRange[1])
      if (contract.blockSize !== undefined)
        expect(contract.updateCadenceMs).toBeCloseTo((contract.blockSize / contract.sampleRateHz) * 1000, 2)
    }
  })

  it('puts rms-high and both race alerts with rising limits and a whole contract on every waveform point', () => {
    for (const point of file.points.filter((p) => p.kind === 'waveform')) {
      const features = file.alerts.filter((alert) => alert.pointId === point.id).map((alert) => alert.feature)
      for (const feature of ['rms', 'bpfo', 'bpfi']) expect(features, point.id).toContain(feature)
    }
    for (const alert of file.alerts) {
      expect(alert.feature === 'value' || isFeatureName(alert.feature)).toBe(true)
      expect(alert.limits.warning).toBeLessThan(alert.limits.alarm ?? 0)
      expect(alert.deadband).toBeLessThan(alert.limits.warning ?? 0)
    }
  })

  it('names broker and folder as destinations, and no broker where there is none', () => {
    expect(file.sync).toEqual([
      { id: 'bulk', kind: 'folder', path: '/c', lane: 'later' },
      { id: 'now', kind: 'mqtt', url: 'mqtt://127.0.0.1:1', lane: 'now' },
    ])
    const alone = generatePlantFile([machineContent(null)], { endpointUrl, brokerUrl: null })
    expect(alone.sync).toEqual([{ id: 'bulk', kind: 'folder', path: 'cloud', lane: 'later' }])
  })

  it('covers load runs: counters and plain channels', () => {
    const load = generatePlantFile([counterContent(300, 20), waveContent(3)], { endpointUrl, brokerUrl: null })
    expect(load.points.length).toBe(303)
    expect(load.points[299]?.id).toBe('load.00300')
    expect(load.points[299]?.contract?.updateCadenceMs).toBe(50)
    expect(load.points[300]?.source.nodeId).toBe('nsu=urn:millwright:plant;s=wave.001')
    expect(load.lines.length).toBe(1)
  })
})

describe('bearings', () => {
  const file = join(import.meta.dirname, '../../resources/bearings.json')
  const catalogue = JSON.parse(readFileSync(file, 'utf8')) as BearingCatalogue

  it('are in the shipped catalogue with the same geometry, so that faults strike where the engine looks', () => {
    for (const machine of machines)
      expect(findBearing(catalogue, machine.bearingName)?.geometry, machine.bearingName).toEqual(machine.bearing)
    for (const name of catalogued) expect(findBearing(catalogue, name), name).not.toBeNull()
  })
})
