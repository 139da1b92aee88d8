import { configParams, type ConfigResults } from '../../shared/protocol/config.ts'
import type { MethodName } from '../../shared/protocol/methods.ts'

const nothing = { changes: [], faults: [] }

export const fakeConfig: ConfigResults = {
  'config.preview': nothing,
  'config.change': nothing,
  'template.list': { templates: [], upgrades: [] },
  'template.preview': { needs: [], ...nothing },
  'template.instantiate': nothing,
}

export function isConfigMethod(method: MethodName): method is keyof ConfigResults {
  return Object.hasOwn(configParams, method)
}
