import { limits } from '../../../shared/domain/limits.ts'
import { AskedThread } from '../asked-thread.ts'
import type { PlotTaskName, PlotTasks, PlotThreadData } from './plot-messages.ts'

/** What windows draw of captures, on a thread of its own that is started when somebody asks. */
export class PlotDesk {
  readonly #thread: AskedThread<{ task: PlotTaskName; ask: unknown }, unknown>

  constructor(data: PlotThreadData) {
    const most = limits.plotTasks
    const busy = `${most} plots are being computed already; try again in a moment.`
    this.#thread = new AskedThread({ entry: 'plot-worker', name: 'plots', data, most, busy })
  }

  get queue(): { depth: number; limit: number; hits: number } {
    return this.#thread.queue
  }

  /** Rejects with RequestError. What a cancelled task answers is dropped; each takes some tenths of a second at most. */
  ask<T extends PlotTaskName>(
    task: T,
    ask: PlotTasks[T]['ask'],
    options: { signal?: AbortSignal; transfer?: ArrayBuffer[] } = {},
  ): Promise<PlotTasks[T]['answer']> {
    // The thread answers a task with the answer of its own kind.
    return this.#thread.ask({ task, ask }, { ...options, cancelled: 'The plot is not wanted any more.' }) as Promise<
      PlotTasks[T]['answer']
    >
  }

  close(): Promise<void> {
    return this.#thread.close()
  }
}
