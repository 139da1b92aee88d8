import type { AlarmsState } from '../../shared/domain/condition.ts'
import type { IntakeSink, LinkPhase, LinkRefusal, LinkState } from '../../shared/domain/intake.ts'
import type { PlantServer } from '../../shared/domain/plant-file.ts'
import type { Clock } from '../../shared/domain/time.ts'

/** Keeps the link's state and tells the sink of each change; counts of items and data times are told with the next one. */
export class LinkTracker {
  #state: LinkState
  #everConnected = false
  readonly #sink: IntakeSink
  readonly #clock: Clock
  readonly #security: string

  constructor(server: PlantServer, sink: IntakeSink, clock: Clock) {
    this.#sink = sink
    this.#clock = clock
    const { mode, policy } = server.security
    this.#security = mode === 'None' ? 'None' : `${mode}, ${policy}`
    this.#state = {
      serverId: server.id,
      endpointUrl: server.endpointUrl,
      phase: 'stopped',
      sinceUs: clock.nowUs(),
      message: '',
      security: this.#security,
      reconnects: 0,
      lastDataUs: null,
      itemsGood: 0,
      itemsBad: 0,
      alarms: { phase: 'off', message: '' },
    }
  }

  get state(): LinkState {
    return { ...this.#state }
  }

  get phase(): LinkPhase {
    return this.#state.phase
  }

  set(phase: LinkPhase, message: string, refusal: LinkRefusal | null = null): void {
    const before = this.#state
    if (before.phase === phase && before.message === message) return
    const again = phase === 'connected' && before.phase !== 'connected' && this.#everConnected
    if (phase === 'connected') this.#everConnected = true
    this.#state = {
      ...before,
      phase,
      message,
      refusal,
      sinceUs: before.phase === phase ? before.sinceUs : this.#clock.nowUs(),
      reconnects: before.reconnects + (again ? 1 : 0),
    }
    this.#sink.link(this.state)
  }

  /** What the link lives on by exception, in words; shown as insecure wherever the link is. */
  insecure(words: string): void {
    const security = words === '' ? this.#security : `Insecure: ${words} [${this.#security}]`
    if (security === this.#state.security) return
    this.#state = { ...this.#state, security }
    this.#sink.link(this.state)
  }

  alarms(alarms: AlarmsState): void {
    const before = this.#state.alarms
    if (before?.phase === alarms.phase && before.message === alarms.message) return
    this.#state = { ...this.#state, alarms }
    this.#sink.link(this.state)
  }

  items(good: number, bad: number): void {
    if (this.#state.itemsGood === good && this.#state.itemsBad === bad) return
    this.#state = { ...this.#state, itemsGood: good, itemsBad: bad }
    this.#sink.link(this.state)
  }

  /** On the hot path: no copy, no call. */
  data(lastUs: number): void {
    const before = this.#state.lastDataUs
    if (before === null || lastUs > before) this.#state.lastDataUs = lastUs
  }
}
