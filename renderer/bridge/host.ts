import {
  portMessageType,
  type HostFacts,
  type HostState,
  type MillwrightBridge,
  type PlantScenario,
  type ReportDocument,
} from '../../shared/protocol/host.ts'

declare global {
  interface Window {
    /** Exposed by preload; absent when the page is opened in an ordinary browser. */
    readonly millwright?: MillwrightBridge
  }
}

const portTimeoutMs = 10_000

function preload(): MillwrightBridge {
  if (!window.millwright)
    throw new Error('The preload bridge is missing: this page runs in the Millwright application only.')
  return window.millwright
}

export const host = {
  facts: (): Promise<HostFacts> => preload().host.facts(),
  state: (): Promise<HostState> => preload().host.state(),
  onState: (callback: (state: HostState) => void): (() => void) => preload().host.onState(callback),
  setWan: (on: boolean): Promise<void> => preload().host.setWan(on),
  setScenario: (scenario: PlantScenario): Promise<void> => preload().host.setScenario(scenario),
  retryEngine: (): Promise<void> => preload().host.retryEngine(),
  saveFile: (name: string, bytes: Uint8Array): Promise<string | null> => preload().host.saveFile(name, bytes),
  quit: (): Promise<void> => preload().host.quit(),
  saveReport: (document: ReportDocument): Promise<string | null> => preload().host.saveReport(document),
}

/** A fresh port to the engine. The nonce ties the port to this request, so that another frame's message is not taken for it. */
export async function openEnginePort(): Promise<MessagePort> {
  const nonce = crypto.randomUUID()
  const arrived = new Promise<MessagePort>((resolve, reject) => {
    const timer = setTimeout(() => {
      window.removeEventListener('message', listen)
      reject(new Error('The port to the engine did not arrive within 10 s.'))
    }, portTimeoutMs)
    const listen = (event: MessageEvent<unknown>): void => {
      const { data } = event
      const [port] = event.ports
      if (event.source !== window || !port || typeof data !== 'object' || data === null) return
      if (!('type' in data && data.type === portMessageType && 'nonce' in data && data.nonce === nonce)) return
      clearTimeout(timer)
      window.removeEventListener('message', listen)
      resolve(port)
    }
    window.addEventListener('message', listen)
  })
  await Promise.all([preload().connect(nonce), arrived])
  return arrived
}
