export interface Xvfb {
  display: string
  pid: number
  env: NodeJS.ProcessEnv
  stop: () => void
}
export function hasDisplay(): boolean
export function startXvfb(options?: { width?: number; height?: number; oneClient?: boolean }): Promise<Xvfb>
