import { ipcMain, type IpcMainInvokeEvent, type WebContents } from 'electron'
import type { z } from 'zod'
import { appOrigin } from './app-file.ts'

export class RefusedError extends Error {
  override name = 'RefusedError'
}

/**
 * The only place that touches ipcMain. A message is heard only from the top frame of a window of ours that shows our
 * own origin, and only with the arguments its schema allows.
 */
export class GuardedIpc {
  readonly #isOurWindow: (contents: WebContents) => boolean
  readonly #refused: (channel: string, why: string) => void

  constructor(isOurWindow: (contents: WebContents) => boolean, refused: (channel: string, why: string) => void) {
    this.#isOurWindow = isOurWindow
    this.#refused = refused
  }

  handle<A extends unknown[], R>(
    channel: string,
    args: z.ZodType<A>,
    handler: (sender: WebContents, ...args: A) => R | Promise<R>,
  ): void {
    ipcMain.handle(channel, async (event, ...given: unknown[]) => {
      const why = this.#objection(event)
      if (why !== undefined) {
        this.#refused(channel, why)
        throw new RefusedError(`${channel}: refused`)
      }
      const parsed = args.safeParse(given)
      if (!parsed.success) {
        const issue = parsed.error.issues[0]
        this.#refused(channel, `argument ${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'not valid'}`)
        throw new RefusedError(`${channel}: arguments refused`)
      }
      return handler(event.sender, ...parsed.data)
    })
  }

  #objection(event: IpcMainInvokeEvent): string | undefined {
    const frame = event.senderFrame
    if (!this.#isOurWindow(event.sender)) return 'the sender is no window of this application'
    if (!frame || frame !== event.sender.mainFrame) return 'the sender is not the top frame'
    // `origin` of a custom scheme is "app://millwright"; a frame that navigated elsewhere has another.
    if (new URL(frame.url).protocol !== 'app:' || !frame.url.startsWith(`${appOrigin}/`))
      return `the sender shows ${frame.url}`
    return undefined
  }
}
