import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { app, BrowserWindow, dialog, session, type Session } from 'electron'
import type { ReportDocument } from '../../shared/protocol/host.ts'
import type { Log } from './log.ts'
import { text } from './text.ts'

/** A session of its own, in memory: nothing but the page itself is ever loaded in it. */
function closedSession(log: Log): Session {
  const own = session.fromPartition('report')
  own.setPermissionRequestHandler((_contents, _permission, answer) => answer(false))
  own.setPermissionCheckHandler(() => false)
  own.webRequest.onBeforeRequest((details, answer) => {
    const allowed = details.url.startsWith('data:')
    if (!allowed) log('main', `a report asked for ${details.url.slice(0, 200)}; denied`)
    answer({ cancel: !allowed })
  })
  return own
}

/** A4 by Chromium's own printer, in a hidden window without script, preload or network. */
export async function pdfOf(html: string, log: Log): Promise<Buffer> {
  const window = new BrowserWindow({
    show: false,
    width: 794,
    height: 1123,
    webPreferences: {
      session: closedSession(log),
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      webSecurity: true,
      javascript: false,
      images: true,
      webviewTag: false,
      devTools: false,
    },
  })
  try {
    await window.loadURL(`data:text/html;charset=utf-8;base64,${Buffer.from(html, 'utf8').toString('base64')}`)
    return await window.webContents.printToPDF({ pageSize: 'A4', printBackground: true, preferCSSPageSize: true })
  } finally {
    window.destroy()
  }
}

/** Asks where to, then writes the document. Null: the person thought better of it. */
export async function saveReport(
  parent: BrowserWindow | undefined,
  { html, name, format }: ReportDocument,
  log: Log,
): Promise<string | null> {
  const options = {
    title: text('report.saveTitle'),
    defaultPath: join(app.getPath('documents'), `${name}.${format}`),
    filters: [{ name: text(format === 'pdf' ? 'report.pdf' : 'report.html'), extensions: [format] }],
  }
  const { canceled, filePath } = parent
    ? await dialog.showSaveDialog(parent, options)
    : await dialog.showSaveDialog(options)
  if (canceled || filePath === undefined || filePath === '') return null
  await writeFile(filePath, format === 'pdf' ? await pdfOf(html, log) : html)
  log('main', `report written: ${filePath}`)
  return filePath
}
