import { portMessageType, type HostState, type MillwrightBridge, type PlantState } from '../../shared/protocol/host.ts'
import { FakeEngine } from './fake-engine.ts'
import type { FakeState } from './fake-views.ts'

const restartAfterMs = 2500
const awayMs = 3000

/** Puts a `window.millwright` in place that leads to a FakeEngine. `restarting` loses it once and stays away. */
export function installFakeHost(state: FakeState, comesBack: boolean): void {
  const listeners = new Set<(state: HostState) => void>()
  const engine = new FakeEngine(state)
  let wanOn = true
  let current: HostState['engine'] = { state: 'ready', pid: 4242, restarts: 0 }
  const plant = (): PlantState => ({ state: 'ready', endpointUrl: 'opc.tcp://127.0.0.1:40555', wanOn })
  const host = (): HostState => ({ t: 'engine', engine: current, plant: plant() })
  const tell = (): void => {
    for (const listener of listeners) listener(host())
  }
  const millwright: MillwrightBridge = {
    connect: (nonce) => {
      const { port1, port2 } = new MessageChannel()
      engine.serve(port1)
      window.postMessage({ type: portMessageType, nonce }, '*', [port2])
      return Promise.resolve()
    },
    host: {
      facts: () =>
        Promise.resolve({
          user: 'operator',
          appVersion: '0.1.0',
          runtime: { electron: '25.1.1', chrome: '114', node: '18.15', fallback: true },
          platform: 'linux',
          packaged: false,
          dataDir: '/home/operator/.local/share/millwright',
          plantFile: '/home/operator/plant.json',
          simulated: true,
          key: { protection: 'key-file', note: 'The key is kept in a file that only you can read.' },
          chromiumSandbox: true,
          sandboxNote: undefined,
        }),
      state: () => Promise.resolve(host()),
      onState: (callback) => {
        listeners.add(callback)
        return () => listeners.delete(callback)
      },
      setWan: (on) => {
        wanOn = on
        tell()
        return Promise.resolve()
      },
      setScenario: () => Promise.resolve(),
      retryEngine: () => Promise.resolve(),
      saveFile: (name) => Promise.resolve(name),
      quit: () => Promise.resolve(),
      saveReport: ({ name, format }) => Promise.resolve(`/home/operator/Documents/${name}.${format}`),
    },
  }
  Object.defineProperty(window, 'millwright', { value: millwright })
  if (state !== 'restarting') return
  setTimeout(() => {
    current = { state: 'restarting', reason: 'it was ended from outside (SIGKILL)', attempt: 1, retryInMs: 1000 }
    tell()
    if (!comesBack) return
    setTimeout(() => {
      current = { state: 'ready', pid: 4243, restarts: 1 }
      tell()
    }, awayMs)
  }, restartAfterMs)
}
