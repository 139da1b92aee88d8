import type { PlantFile } from '../../shared/domain/plant-file.ts'
import { isScenarioName, type ScenarioName } from './scenarios.ts'
import type { PlantState } from './simulated-plant.ts'

/** What Electron main may ask of the simulated plant over the ipc channel. */
export type ParentRequest =
  | { type: 'wan'; on: boolean }
  | { type: 'scenario'; name: ScenarioName; speedUp?: number }
  | { type: 'stop' }

/** What the plant tells its parent: `ready` once, `state` every second and after each change, `refused` for nonsense. */
export type PlantMessage =
  | { type: 'ready'; endpointUrl: string; plant: PlantFile }
  | ({ type: 'state' } & PlantState)
  | { type: 'refused'; message: string }

/** The ipc channel as this room sees it; tests drive it without a process. */
export interface ParentChannel {
  send(message: PlantMessage): void
  onMessage(listener: (message: unknown) => void): void
  onDisconnect(listener: () => void): void
}

/** The request, or a sentence that says what is wrong with it. */
export function readParentRequest(message: unknown): ParentRequest | string {
  if (typeof message !== 'object' || message === null || !('type' in message))
    return 'a request is an object with a type'
  switch (message.type) {
    case 'stop':
      return { type: 'stop' }
    case 'wan':
      return 'on' in message && typeof message.on === 'boolean'
        ? { type: 'wan', on: message.on }
        : 'wan takes on: true or false'
    case 'scenario':
      return scenarioRequest(message)
    default:
      return `the plant knows wan, scenario and stop, not ${String(message.type)}`
  }
}

function scenarioRequest(message: object): ParentRequest | string {
  const name = 'name' in message ? message.name : undefined
  if (typeof name !== 'string' || !isScenarioName(name)) return `there is no scenario ${String(name)}`
  const speedUp = 'speedUp' in message ? message.speedUp : undefined
  if (speedUp === undefined) return { type: 'scenario', name }
  if (typeof speedUp !== 'number' || !(speedUp >= 0.001 && speedUp <= 1e6))
    return 'speedUp takes a number from 0.001 to 1000000'
  return { type: 'scenario', name, speedUp }
}
