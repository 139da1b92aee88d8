import type { CDPSession, Page } from '@playwright/test'

export interface StepTasks {
  /** From the first key or click to the awaited state. */
  stepMs: number
  /** Longest task of the window's main thread, and the processor time of that one. */
  longestTaskMs: number
  longestTaskCpuMs: number
  /** Most processor time that one task took; another one, where the thread had to wait for a core. */
  mostCpuMs: number
  /** Tasks over 50 ms. */
  longTasks: number
  tasks: number
}

interface TraceEvent {
  name: string
  ph: string
  pid: number
  tid: number
  dur?: number
  tdur?: number
  args?: { name?: string }
}

const longUs = 50_000

/** Tasks of the renderer's main thread, as Chromium itself traces them: with wall and with processor time. */
export class TaskWatch {
  readonly #page: Page
  readonly #session: CDPSession

  private constructor(page: Page, session: CDPSession) {
    this.#page = page
    this.#session = session
  }

  static async open(page: Page): Promise<TaskWatch> {
    return new TaskWatch(page, await page.context().newCDPSession(page))
  }

  /** Runs a step under the trace. What is still on its way when it ends gets half a second more. */
  async step(body: () => Promise<void>): Promise<StepTasks> {
    const events: TraceEvent[] = []
    const take = ({ value }: { value: unknown[] }): void => void events.push(...(value as TraceEvent[]))
    this.#session.on('Tracing.dataCollected', take)
    await this.#session.send('Tracing.start', {
      transferMode: 'ReportEvents',
      traceConfig: { includedCategories: ['toplevel', '__metadata'], excludedCategories: ['*'] },
    })
    const began = performance.now()
    await body()
    const stepMs = performance.now() - began
    await this.#page.waitForTimeout(500)
    const complete = new Promise<void>((resolve) => this.#session.once('Tracing.tracingComplete', () => resolve()))
    await this.#session.send('Tracing.end')
    await complete
    this.#session.off('Tracing.dataCollected', take)
    return { stepMs, ...summary(events) }
  }
}

function summary(events: readonly TraceEvent[]): Omit<StepTasks, 'stepMs'> {
  const main = new Set(
    events.filter(({ name, args }) => name === 'thread_name' && args?.name === 'CrRendererMain').map(placeOf),
  )
  const tasks = events.filter((event) => event.ph === 'X' && /RunTask/.test(event.name) && main.has(placeOf(event)))
  const longest = tasks.reduce<TraceEvent | null>((a, b) => ((a?.dur ?? -1) >= (b.dur ?? 0) ? a : b), null)
  return {
    longestTaskMs: (longest?.dur ?? Number.NaN) / 1000,
    longestTaskCpuMs: (longest?.tdur ?? Number.NaN) / 1000,
    mostCpuMs: tasks.reduce((most, { tdur = 0 }) => Math.max(most, tdur), 0) / 1000,
    longTasks: tasks.filter(({ dur = 0 }) => dur > longUs).length,
    tasks: tasks.length,
  }
}

const placeOf = ({ pid, tid }: TraceEvent): string => `${pid}/${tid}`
