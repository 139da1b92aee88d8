import { EventEmitter } from 'node:events'
import { plantToHostSchema, type HostToPlant, type PlantScenario, type PlantState } from '../../shared/protocol/host.ts'
import { Child, describeEnding } from './child.ts'
import type { Launch } from './launch.ts'
import type { Log } from './log.ts'
import { RestartPolicy } from './restart-policy.ts'

export interface PlantReady {
  endpointUrl: string
  plant: Record<string, unknown> | undefined
}

export interface PlantSupervisorOptions {
  /** `port` is 0 at first and the port it then had at each restart, so that its clients find it again. */
  launch: (port: number) => Launch
  log: Log
  readyMs?: number
  delaysMs?: readonly number[]
}

interface Events {
  state: [PlantState]
  ready: [PlantReady]
}

/** Keeps the simulated plant running beside the engine, as a real plant would be: it does not go when the engine goes. */
export class PlantSupervisor extends EventEmitter<Events> {
  readonly #options: PlantSupervisorOptions
  readonly #policy: RestartPolicy
  #state: PlantState = { state: 'none' }
  #child: Child | undefined
  #runs = 0
  #port = 0
  #wanOn = true
  #wanted = false
  #reason: string | undefined
  #timer: NodeJS.Timeout | undefined

  constructor(options: PlantSupervisorOptions) {
    super()
    this.#options = options
    this.#policy = new RestartPolicy(options.delaysMs ?? [500, 1000, 2000, 5000], 6, 10 * 60_000)
  }

  get state(): PlantState {
    return this.#state
  }

  get pid(): number | undefined {
    return this.#child?.pid
  }

  start(): void {
    if (this.#wanted) return
    this.#wanted = true
    this.#run()
  }

  setWan(on: boolean): void {
    this.#wanOn = on
    this.#send({ type: 'wan', on })
    if (this.#state.state === 'ready') this.#become({ ...this.#state, wanOn: on })
  }

  setScenario(scenario: PlantScenario): void {
    this.#send({ type: 'scenario', ...scenario })
  }

  async stop(deadlineMs = 5000): Promise<void> {
    this.#wanted = false
    clearTimeout(this.#timer)
    await this.#child?.stop({ type: 'stop' } satisfies HostToPlant, deadlineMs)
    this.#become({ state: 'none' })
  }

  #send(message: HostToPlant): void {
    if (!this.#child?.send(message)) throw new Error('The simulated plant is not running.')
  }

  #become(state: PlantState): void {
    this.#state = state
    this.emit('state', state)
  }

  #run(): void {
    this.#runs += 1
    this.#become({ state: 'starting' })
    this.#reason = undefined
    let child: Child
    try {
      child = new Child(`plant#${this.#runs}`, this.#options.launch(this.#port), this.#options.log, (message) => {
        if (this.#child === child) this.#receive(message)
      })
    } catch (error) {
      this.#next(error instanceof Error ? error.message : String(error))
      return
    }
    this.#child = child
    const readyMs = this.#options.readyMs ?? 60_000
    this.#timer = setTimeout(() => {
      this.#reason = `The simulated plant was not ready after ${readyMs / 1000} s.`
      child.kill()
    }, readyMs)
    void this.#outlive(child)
  }

  async #outlive(child: Child): Promise<void> {
    const ending = await child.ended
    clearTimeout(this.#timer)
    this.#child = undefined
    this.#next(this.#reason ?? describeEnding('The simulated plant', ending))
  }

  #receive(message: unknown): void {
    const parsed = plantToHostSchema.safeParse(message)
    // Newer plants may say more; what is not known here is not needed here.
    if (!parsed.success) return
    if (parsed.data.type === 'ready') this.#ready(parsed.data.endpointUrl, parsed.data.plant)
    else if (parsed.data.type === 'refused') this.#options.log('plant', `refused: ${parsed.data.message}`)
    else if (this.#state.state === 'ready') {
      const { wan, scenario, speedUp, hours, severity } = parsed.data
      this.#become({ ...this.#state, wanOn: wan, story: { scenario, speedUp, hours, severity } })
    }
  }

  #ready(endpointUrl: string, plant: Record<string, unknown> | undefined): void {
    clearTimeout(this.#timer)
    this.#port = Number(new URL(endpointUrl.replace(/^opc\.tcp:/, 'http:')).port)
    this.#become({ state: 'ready', endpointUrl, wanOn: this.#wanOn })
    // A plant that came back has its WAN up again; the switch stays where the operator put it.
    if (!this.#wanOn) this.#send({ type: 'wan', on: false })
    this.emit('ready', { endpointUrl, plant })
  }

  #next(reason: string): void {
    if (!this.#wanted) return
    const next = this.#policy.next(Date.now())
    if (!next) {
      this.#wanted = false
      this.#become({ state: 'failed', reason })
      return
    }
    this.#options.log('main', `${reason} Starting it again in ${next.delayMs} ms.`)
    this.#timer = setTimeout(() => this.#run(), next.delayMs)
  }
}
