export interface ElectronRuntime {
  kind: 'installed' | 'fallback'
  version: string
  executable: string
}
export function findElectron(): ElectronRuntime | undefined
export function describeElectron(runtime: ElectronRuntime): string
