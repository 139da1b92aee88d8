import { contextBridge, ipcRenderer } from 'electron'
import type {
  HostFacts,
  HostState,
  MillwrightBridge,
  PlantScenario,
  PortMessage,
  ReportDocument,
} from '../../shared/protocol/host.ts'

// The page's own window; the shell's compiler project knows no DOM, and this is all of it that preload uses.
declare const window: {
  location: { origin: string }
  postMessage: (message: PortMessage, targetOrigin: string, transfer: readonly unknown[]) => void
}

/**
 * Names are written out, not imported: a sandboxed preload is one file, and importing the schemas would bring the whole
 * schema library into it. A test holds them equal to hostChannels.
 */
const channels = {
  connect: 'host:connect',
  port: 'host:port',
  facts: 'host:facts',
  getState: 'host:get-state',
  state: 'host:state',
  setWan: 'host:set-wan',
  setScenario: 'host:set-scenario',
  retryEngine: 'host:retry-engine',
  saveFile: 'host:save-file',
  quit: 'host:quit',
  saveReport: 'host:save-report',
} as const

// A MessagePort cannot cross the context bridge; a window message carries it, to our own origin only.
ipcRenderer.on(channels.port, (event, { nonce }: { nonce: string }) => {
  const message: PortMessage = { type: 'millwright:port', nonce }
  window.postMessage(message, window.location.origin, [...event.ports])
})

const invoke = ipcRenderer.invoke.bind(ipcRenderer)

const bridge: MillwrightBridge = {
  connect: async (nonce: string) => {
    await invoke(channels.connect, nonce)
  },
  host: {
    facts: async (): Promise<HostFacts> => invoke(channels.facts),
    state: async (): Promise<HostState> => invoke(channels.getState),
    onState: (callback: (state: HostState) => void) => {
      // The event itself, which carries the sender, stays on this side.
      const listener = (_event: unknown, state: HostState): void => callback(state)
      ipcRenderer.on(channels.state, listener)
      return () => {
        ipcRenderer.off(channels.state, listener)
      }
    },
    setWan: async (on: boolean) => {
      await invoke(channels.setWan, on)
    },
    setScenario: async (scenario: PlantScenario) => {
      await invoke(channels.setScenario, scenario)
    },
    retryEngine: async () => {
      await invoke(channels.retryEngine)
    },
    saveFile: async (name: string, bytes: Uint8Array): Promise<string | null> => invoke(channels.saveFile, name, bytes),
    quit: async () => {
      await invoke(channels.quit)
    },
    saveReport: async (document: ReportDocument): Promise<string | null> => invoke(channels.saveReport, document),
  },
}

contextBridge.exposeInMainWorld('millwright', bridge)
