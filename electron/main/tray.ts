import { Menu, Tray, nativeImage } from 'electron'
import type { EngineState } from '../../shared/protocol/host.ts'
import type { Log } from './log.ts'
import { text } from './text.ts'

export interface TrayActions {
  icon: string
  open: () => void
  quit: () => void
}

function tooltip(state: EngineState): string {
  if (state.state === 'ready') return text('tray.acquiring')
  if (state.state === 'starting') return text('tray.starting')
  return state.state === 'restarting' ? text('tray.restarting') : text('tray.failed')
}

/** Where a desktop has no tray, starting Millwright again brings its window back (single instance). */
export function createTray({ icon, open, quit }: TrayActions, log: Log): (state: EngineState) => void {
  try {
    const tray = new Tray(nativeImage.createFromPath(icon))
    tray.setContextMenu(
      Menu.buildFromTemplate([
        { label: text('tray.open'), click: open },
        { type: 'separator' },
        { label: text('tray.quit'), click: quit },
      ]),
    )
    tray.on('click', open)
    return (state) => tray.setToolTip(tooltip(state))
  } catch (error) {
    log('main', `no tray: ${error instanceof Error ? error.message : String(error)}`)
    return () => undefined
  }
}
