import { randomUUID } from 'node:crypto'
import { type DoctorReport, type DoctorStep, sameEndpoint } from '../../shared/domain/doctor.ts'
import type { PlantFile, PlantServer } from '../../shared/domain/plant-file.ts'
import { RequestError } from '../live/window-session.ts'
import { type PkiStore, type ReverseCalls, runConnectionDoctor } from '../opcua/index.ts'

/** What the desk needs of the engine. */
export interface DoctorDeskParts {
  plant(): PlantFile
  pki: PkiStore
  reverseCalls: ReverseCalls
  secret(ref: string): string | null
  nowUs(): number
  report(error: unknown): void
}

export interface DoctorProgress {
  steps: DoctorStep[]
  done: boolean
}

interface Run {
  steps: DoctorStep[]
  done: boolean
  stop: AbortController
  /** Readers that wait for news. */
  waiting: (() => void)[]
}

/** Runs kept for a window that asks for them once more. */
const keptRuns = 8

/** Checks of connections that windows start and read as they fill in. Each run opens a session of its own. */
export class DoctorDesk {
  readonly #parts: DoctorDeskParts
  readonly #runs = new Map<string, Run>()

  constructor(parts: DoctorDeskParts) {
    this.#parts = parts
  }

  /** One check of the server with this id, or of an address the plant file may not know. */
  start(wanted: { serverId: string } | { endpointUrl: string }): { runId: string } {
    const { servers } = this.#parts.plant()
    const server =
      'serverId' in wanted
        ? servers.find(({ id }) => id === wanted.serverId)
        : servers.find((candidate) => sameEndpoint(candidate.endpointUrl, wanted.endpointUrl))
    if (!server && 'serverId' in wanted)
      throw new RequestError({
        code: 'not-found',
        message: `The plant file has no server "${wanted.serverId}".`,
        retryable: false,
      })
    const runId = randomUUID()
    const run: Run = { steps: [], done: false, stop: new AbortController(), waiting: [] }
    this.#forgetOldest()
    this.#runs.set(runId, run)
    const endpointUrl = server?.endpointUrl ?? ('endpointUrl' in wanted ? wanted.endpointUrl : '')
    void this.#check(endpointUrl, server ?? null, run)
    return { runId }
  }

  /** The steps so far, as soon as there are more than `known` or the run is done. */
  async read(runId: string, known: number): Promise<DoctorProgress> {
    const run = this.#runs.get(runId)
    if (!run)
      throw new RequestError({
        code: 'not-found',
        message: 'This check is not known any more; start it again.',
        retryable: false,
      })
    while (!run.done && run.steps.length <= known) await new Promise<void>((resolve) => run.waiting.push(resolve))
    return { steps: [...run.steps], done: run.done }
  }

  stop(runId: string): void {
    this.#runs.get(runId)?.stop.abort()
  }

  /** A whole check, for the local door. */
  whole(endpointUrl: string, onStep: (step: DoctorStep) => void): Promise<DoctorReport> {
    const server = this.#parts.plant().servers.find((candidate) => sameEndpoint(candidate.endpointUrl, endpointUrl))
    return this.#report(endpointUrl, server ?? null, onStep)
  }

  async #check(endpointUrl: string, server: PlantServer | null, run: Run): Promise<void> {
    const tell = (): void => {
      for (const resolve of run.waiting.splice(0)) resolve()
    }
    try {
      await this.#report(
        endpointUrl,
        server,
        (step) => {
          run.steps.push(step)
          tell()
        },
        run.stop.signal,
      )
    } catch (error) {
      this.#parts.report(error)
    } finally {
      run.done = true
      tell()
    }
  }

  #report(
    endpointUrl: string,
    server: PlantServer | null,
    onStep: (step: DoctorStep) => void,
    signal?: AbortSignal,
  ): Promise<DoctorReport> {
    return runConnectionDoctor({
      endpointUrl,
      security: server?.security ?? null,
      user: server?.user ?? { type: 'anonymous' },
      ...(server ? { serverId: server.id } : {}),
      ...(server?.reverse ? { reverse: { ...server.reverse, calls: this.#parts.reverseCalls } } : {}),
      exceptions: this.#parts.plant().exceptions ?? [],
      points: this.#parts.plant().points.filter(({ source }) => source.serverId === server?.id),
      pki: this.#parts.pki,
      undecided: false,
      secrets: async (ref) => this.#parts.secret(ref),
      nowUs: () => this.#parts.nowUs(),
      onStep,
      ...(signal ? { signal } : {}),
    })
  }

  #forgetOldest(): void {
    for (const [runId, run] of this.#runs) {
      if (this.#runs.size < keptRuns) return
      run.stop.abort()
      this.#runs.delete(runId)
    }
  }
}
