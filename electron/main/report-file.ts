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

/** One page is what was asked for: a full one is printed smaller, down to what can still be read. */
const scales = [1, 0.93, 0.86, 0.8, 0.74, 0.68]

/** Chromium writes its page objects in clear. */
function pagesOf(pdf: Buffer): number {
  return pdf.toString('latin1').match(/\/Type\s*\/Page\b(?!s)/g)?.length ?? 0
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
    let printed: Buffer = Buffer.alloc(0)
    for (const scale of scales) {
      const options = { pageSize: 'A4', printBackground: true, preferCSSPageSize: true, scale } as const
      printed = await window.webContents.printToPDF(options)
      if (pagesOf(printed) === 1) break
    }
    return printed
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
